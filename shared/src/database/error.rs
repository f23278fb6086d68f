//! What can go wrong with the database, told apart by what a caller can do about it.

use tokio_postgres::error::SqlState;

/// A failed exchange.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Not reachable, not ready, or full: nothing was changed, try again shortly.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke after a commit was sent: it happened or it did not.
    #[error("the outcome of a transaction is unknown: {0}")]
    OutcomeUnknown(Box<DatabaseError>),
    /// The connection broke while statements were under way that change nothing by themselves.
    #[error("the connection to the database broke: {0}")]
    ConnectionLost(String),
    /// The server has become a replica: nothing was changed, and another one takes writes.
    #[error("the server takes no writes: {0}")]
    ReadOnlyServer(String),
    /// A row was locked by others for too long: nothing was changed.
    #[error("a row was locked for too long: {0}")]
    Locked(String),
    /// The statement took too long, or two waited for each other: nothing was changed.
    #[error("the database was busy: {0}")]
    Busy(String),
    /// A constraint of this name said no.
    #[error("constraint {constraint} refused the statement: {message}")]
    Constraint {
        /// The constraint's name.
        constraint: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// The database's own check of the caller said no.
    #[error("the caller was refused: {0}")]
    CallerRefused(CallerRefusal),
    /// User ids in this database were made with another salt.
    #[error(
        "USER_ID_SALT (or AUTH_SECRET in its place) is not the one that the user ids of this database were made with: \
         set it back; with another one everybody would become somebody else"
    )]
    OtherSalt,
    /// Nothing is written for now; a sentence for the public.
    #[error("writing is stopped for maintenance")]
    Maintenance(String),
    /// A text held what PostgreSQL cannot store, such as a NUL character.
    #[error("the database cannot store a text: {0}")]
    UnstorableText(String),
    /// The database lacks what this build needs: it is not migrated, or rights are missing.
    #[error("the database is not set up for this build: {0}")]
    NotMigrated(String),
    /// Any other refusal: a defect of ours.
    #[error("a statement failed: {0}")]
    Statement(String),
    /// The driver and this code disagree: a defect of ours.
    #[error("unexpected answer: {0}")]
    Protocol(&'static str),
}

/// Why `require_caller` raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerRefusal {
    /// No session or key like this, or not any more.
    #[error("nobody is calling")]
    Nobody,
    /// An API key that existed.
    #[error("the API key was revoked")]
    RevokedKey,
    /// Somebody, without the role.
    #[error("the role is too low")]
    RoleTooLow,
}

impl DatabaseError {
    /// Whether the connection that carried the exchange is gone.
    pub fn is_connection_lost(&self) -> bool {
        matches!(self, DatabaseError::ConnectionLost(_) | DatabaseError::Unavailable(_))
    }

    /// Whether another connection, maybe to another server, may succeed at once.
    pub(super) fn is_of_the_server(&self) -> bool {
        self.is_connection_lost() || matches!(self, DatabaseError::ReadOnlyServer(_))
    }

    /// The name of the constraint that said no.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            DatabaseError::Constraint { constraint, .. } => Some(constraint),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // Without an answer of the server it is the connection, unless we failed to encode or decode a value.
            return match error.is_closed() || has_io_source(&error) {
                true => DatabaseError::ConnectionLost(chain(&error)),
                false => DatabaseError::Statement(chain(&error)),
            };
        };
        let message = format!("{} ({})", db.message(), db.code().code());
        if let Some(constraint) = db.constraint().filter(|_| db.code().code().starts_with("23")) {
            return DatabaseError::Constraint { constraint: constraint.to_owned(), message };
        }
        if db.code().code() == "SL503" {
            return DatabaseError::Maintenance(super::maintenance::sentence(db.detail()));
        }
        if db.code().code() == "SL500" {
            return DatabaseError::OtherSalt;
        }
        let refusal = match db.code().code() {
            "SL401" => Some(CallerRefusal::Nobody),
            "SL410" => Some(CallerRefusal::RevokedKey),
            "SL403" => Some(CallerRefusal::RoleTooLow),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return DatabaseError::CallerRefused(refusal);
        }
        match db.code() {
            &SqlState::LOCK_NOT_AVAILABLE => DatabaseError::Locked(message),
            &SqlState::QUERY_CANCELED | &SqlState::T_R_DEADLOCK_DETECTED => DatabaseError::Busy(message),
            &SqlState::READ_ONLY_SQL_TRANSACTION => DatabaseError::ReadOnlyServer(message),
            &SqlState::CHARACTER_NOT_IN_REPERTOIRE | &SqlState::UNTRANSLATABLE_CHARACTER => {
                DatabaseError::UnstorableText(message)
            }
            &SqlState::UNDEFINED_TABLE
            | &SqlState::UNDEFINED_COLUMN
            | &SqlState::UNDEFINED_FUNCTION
            | &SqlState::INSUFFICIENT_PRIVILEGE => DatabaseError::NotMigrated(message),
            // 08 connection (PgBouncer says all it has to say with it), 28 and 3D log-in, 53 resources, 57 shutting down.
            code if ["08", "28", "3D", "53", "57"].iter().any(|class| code.code().starts_with(class)) => {
                DatabaseError::Unavailable(message)
            }
            _ => DatabaseError::Statement(message),
        }
    }
}

/// The error and what caused it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn has_io_source(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}
