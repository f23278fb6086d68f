//! What can go wrong, each as: what happened, why, what to do. No message ever holds a password or a key's secret.

use shared::ConfigError;
use shared::database::chain;
use tokio_postgres::error::SqlState;

use crate::manifest::Difference;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The event or the command's input is not one of ours.
    #[error("{0}")]
    Request(String),
    /// An environment variable is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No session with the database could be opened, or the database is not fit for it.
    #[error("{0}")]
    Connection(String),
    /// `pg_dump` or `pg_restore` is missing, too old, or failed.
    #[error("{0}")]
    Tool(String),
    /// The dump would take longer than a function may run.
    #[error(
        "the database has {megabytes} MB, whose backup would take about {seconds} s; a function has {limit} s. \
         Nothing was done. Take it where nobody sets a limit, such as a container task with the same variables: \
         cargo db backup --kind {kind}"
    )]
    TooLarge {
        /// Its size.
        megabytes: u64,
        /// How long it would take.
        seconds: u64,
        /// How long it may take.
        limit: u64,
        /// What was asked for.
        kind: &'static str,
    },
    /// The object store refused or did not answer.
    #[error("the object store did not {doing}: {says}")]
    Store {
        /// What was wanted, such as `store daily/…`.
        doing: String,
        /// What it says.
        says: String,
    },
    /// Somebody else is at it.
    #[error(
        "another backup has been running for longer than {seconds} s: nothing was done. Run this again when it has ended"
    )]
    Busy {
        /// How long this one waited.
        seconds: u64,
    },
    /// The backup is not what its manifest says, or has none.
    #[error("{key} is refused, nothing was loaded: {reason}")]
    Damaged {
        /// The object's name.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The database to restore into is not empty.
    #[error(
        "the database {name} is not empty: nothing was done. Choose a name that is free, or say --overwrite to replace it"
    )]
    NotEmpty {
        /// Its name.
        name: String,
    },
    /// After loading the tables are not what the manifest says.
    #[error("{key} was loaded and differs from its manifest in {} table(s), first {}: it was dropped again",
            differences.len(), differences.first().map_or("?", |difference| difference.table.as_str()))]
    Differs {
        /// The object's name.
        key: String,
        /// Where.
        differences: Vec<Difference>,
    },
    /// There is nothing to merge, or it doesn't fit.
    #[error("{0}")]
    Recovery(String),
    /// The server lacks roles that the backup grants rights to.
    #[error(
        "the server has no role {names}, to whom the backup grants rights: nothing was loaded. `cargo db bootstrap` makes the \
         roles and then restores; or make them by hand"
    )]
    MissingRoles {
        /// Which, separated by commas.
        names: String,
    },
    /// Pages of the database can't be read.
    #[error(
        "{what} can't be read: {says}. Pages of the database are damaged: `cargo db recover assess` says which. What was \
         taken before is kept; go on with docs/runbook.md, \"Corruption\""
    )]
    Corrupted {
        /// The table, or what was being done.
        what: String,
        /// What the server says.
        says: String,
    },
    /// The backup was taken; what follows it was not all done.
    #[error("the backup was taken, but {0}")]
    Afterwards(String),
    /// What the alerts go by could not be read or written.
    #[error("the alert could not be written down: {0}")]
    Alert(shared::DatabaseError),
    /// The server's figures could not be read.
    #[error("the server's figures could not be read: {0}")]
    Figures(shared::DatabaseError),
    /// A statement failed.
    #[error("a statement failed: {}", says(.0))]
    Database(#[from] tokio_postgres::Error),
}

impl BackupError {
    /// A stable name of the kind of error, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "malformed_request",
            Self::Config(_) => "configuration",
            Self::Connection(_) => "cannot_connect",
            Self::Tool(_) => "tool_failed",
            Self::TooLarge { .. } => "too_large",
            Self::Store { .. } => "object_store",
            Self::Busy { .. } => "busy",
            Self::Damaged { .. } => "damaged",
            Self::NotEmpty { .. } => "not_empty",
            Self::Differs { .. } => "differs",
            Self::Recovery(_) => "recovery",
            Self::MissingRoles { .. } => "missing_roles",
            Self::Corrupted { .. } => "corrupted",
            Self::Afterwards(_) => "afterwards",
            Self::Alert(_) | Self::Figures(_) | Self::Database(_) => "database",
        }
    }
}

/// Whether the server says that what lies on its disk is not what it wrote.
pub(crate) fn is_corruption(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED))
}

/// What PostgreSQL says, or that the connection is gone. No details: they may quote a row.
pub(crate) fn says(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => format!("the connection broke: {}", chain(error)),
    }
}
