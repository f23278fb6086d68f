//! What can go wrong, each as: what happened, why, what to do. No message ever holds a password or a URL.

use serde_json::{Value, json};
use shared::ConfigError;
use shared::database::chain;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::statements::Statement;

/// Why an action did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The event or the command's input is not one of ours.
    #[error("{0}")]
    Request(String),
    /// An environment variable is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Files are missing, doubled or badly named.
    #[error("{0}")]
    Files(String),
    /// A file can't be used.
    #[error("{file}, line {line}: {reason}")]
    File {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to do.
        reason: String,
    },
    /// No session with the database could be opened.
    #[error("{0}")]
    Connection(String),
    /// The URL leads to a pooler.
    #[error(
        "DIRECT_URL points at a connection pooler ({0}): the lock and the session's settings would not survive there. \
         Set DIRECT_URL to the database itself (most providers call it \"direct\" or \"session\" connection, port 5432)"
    )]
    Pooler(String),
    /// The database can't be migrated: too old, or a standby.
    #[error("{0}")]
    Unsuitable(String),
    /// Somebody else holds the lock for too long.
    #[error(
        "another migrate has held the lock for {seconds} s{holder}: nothing was done. \
         Wait for it to end and run this again; if it hangs, end it first (select pg_terminate_backend(its pid))"
    )]
    LockHeld {
        /// How long this run waited.
        seconds: u64,
        /// Who holds it, as ` (pid …)`; empty when it can't be told.
        holder: String,
    },
    /// Applied files were changed.
    #[error(
        "applied and edited since: {}. A file that a database has applied must stay as it was: \
         restore it (git checkout) and put the change into a new migration", files.join(", ")
    )]
    Edited {
        /// The files.
        files: Vec<String>,
    },
    /// The database was migrated by a newer build.
    #[error(
        "the database has migrations that this build does not know: {}. A newer build was deployed before; \
         deploy that one or a later one", versions.join(", ")
    )]
    NewerDatabase {
        /// The migrations.
        versions: Vec<String>,
    },
    /// An older migration is missing under a newer one.
    #[error(
        "not applied, though V{newest:04} is: {}. Migrations run in order; \
         number the file after V{newest:04}, or restore the row of schema_migrations that was removed", files.join(", ")
    )]
    OutOfOrder {
        /// The files.
        files: Vec<String>,
        /// The newest applied version.
        newest: i32,
    },
    /// The database belongs to another environment.
    #[error(
        "this database is marked {marker}, and ENVIRONMENT says {configured}: nothing was done. \
         Point DIRECT_URL at the database of {configured}, or set ENVIRONMENT to {marker} if you mean this one"
    )]
    OtherEnvironment {
        /// The database's marker.
        marker: String,
        /// What `ENVIRONMENT` says.
        configured: &'static str,
    },
    /// A seed may not run there.
    #[error("{0}")]
    SeedRefused(String),
    /// No such seed.
    #[error("there is no seed \"{name}\"; there are: {known}")]
    UnknownSeed {
        /// What was asked for.
        name: String,
        /// The seeds, separated by commas.
        known: String,
    },
    /// A relation other than the index of that table has its name.
    #[error("{file}: something else than an index of {table} is called \"{name}\"; rename one of them")]
    NameTaken {
        /// The file's name.
        file: String,
        /// The index's name.
        name: String,
        /// The table of the statement.
        table: String,
    },
    /// Others held a table or row for too long, each time.
    #[error(
        "{file} did not get its locks: others worked on its tables, and waiting longer would have stopped all traffic. \
         Tried {attempts} times; nothing of the file was kept.{transactions} \
         End the long transaction (select pg_terminate_backend(pid)) or wait, then run this again"
    )]
    Busy {
        /// The file's name.
        file: String,
        /// How often it was tried.
        attempts: u32,
        /// The oldest open transactions as a sentence, or nothing.
        transactions: String,
    },
    /// A statement failed.
    #[error(transparent)]
    Failed(Box<FailedStatement>),
    /// The connection broke while a transaction was being committed.
    #[error(
        "the connection broke while {file} was being committed, so whether it is applied is unknown. \
         Run this again: what is applied is not run twice"
    )]
    OutcomeUnknown {
        /// The file's name.
        file: String,
    },
    /// What is to be checked needs newer tables.
    #[error("{pending} migrations are not applied yet, and the checks need them: run `deploy` first")]
    NotMigrated {
        /// How many migrations wait.
        pending: usize,
    },
    /// A migration fails on the copy.
    #[error("in the rehearsal, so the database itself is as it was: {0}")]
    Rehearsal(Box<MigrateError>),
    /// The data of this database may not go.
    #[error("{0}")]
    ResetRefused(String),
    /// Nothing to go back to.
    #[error(
        "there is no backup from before these migrations: nothing was done. Take one and run this again within the hour: \
         invoke the function `backup` with {{\"kind\": \"pre-migration\"}}, or `cargo db backup --kind pre-migration`"
    )]
    NoWayBack,
    /// The role lacks a right that the work needs.
    #[error("nothing was done: {0}")]
    NoRight(String),
    /// A table is not as it should be.
    #[error("{0} The other tables were done as far as the time allowed")]
    NotVacuumed(String),
    /// What the run is told by, the history of jobs, could not be read or written.
    #[error("the run could not be written down: {0}")]
    History(#[from] shared::DatabaseError),
    /// A check could not be made.
    #[error("the check {name} could not be made, so nothing is known. {} Run this again, or look into it", says(.cause))]
    NotChecked {
        /// The check's name.
        name: String,
        /// What the driver says.
        #[source]
        cause: tokio_postgres::Error,
    },
    /// The runner's own statement failed.
    #[error("{}", own_statement(.0))]
    Database(#[from] tokio_postgres::Error),
}

/// A statement of a file that PostgreSQL refused, or during which the connection broke.
#[derive(Debug, thiserror::Error)]
#[error("{file} failed at {}: {first_line}\n{}\n{kept}", self.place(), says(.cause))]
pub struct FailedStatement {
    /// The file's name.
    pub file: String,
    /// The statement's number in the file, from 1; `None` for the final commit.
    pub statement: Option<usize>,
    /// The line of the file, as near as PostgreSQL tells.
    pub line: usize,
    /// The statement's first line.
    pub first_line: String,
    /// What is left of the file's work, and what to do.
    pub kept: &'static str,
    /// What the driver says.
    #[source]
    pub cause: tokio_postgres::Error,
}

impl FailedStatement {
    /// Says where `cause` happened.
    pub(crate) fn at(file: &str, statement: &Statement, kept: &'static str, cause: tokio_postgres::Error) -> Self {
        let line = match cause.as_db_error().and_then(DbError::position) {
            Some(ErrorPosition::Original(position)) => statement.line_of(*position),
            _ => statement.line,
        };
        let first_line = statement.first_line().to_owned();
        Self { file: file.to_owned(), statement: Some(statement.number), line, first_line, kept, cause }
    }

    fn place(&self) -> String {
        match self.statement {
            Some(number) => format!("statement {number}, line {}", self.line),
            None => "its end".to_owned(),
        }
    }
}

impl MigrateError {
    /// A stable name of the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "malformed_request",
            Self::Config(_) => "configuration",
            Self::Files(_) | Self::File { .. } => "malformed_file",
            Self::Connection(_) => "cannot_connect",
            Self::Pooler(_) => "pooler_refused",
            Self::Unsuitable(_) => "unsuitable_server",
            Self::LockHeld { .. } => "lock_held",
            Self::Edited { .. } => "edited_migration",
            Self::NewerDatabase { .. } => "newer_database",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::OtherEnvironment { .. } => "other_environment",
            Self::SeedRefused(_) => "seed_refused",
            Self::UnknownSeed { .. } => "unknown_seed",
            Self::NameTaken { .. } => "name_taken",
            Self::Busy { .. } => "database_busy",
            Self::Failed(_) => "statement_failed",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::NotMigrated { .. } => "not_migrated",
            Self::Rehearsal(_) => "rehearsal_failed",
            Self::ResetRefused(_) => "reset_refused",
            Self::NoWayBack => "no_backup",
            Self::NoRight(_) => "no_right",
            Self::NotVacuumed(_) => "not_vacuumed",
            Self::History(_) => "not_written_down",
            Self::NotChecked { .. } => "not_checked",
            Self::Database(_) => "database",
        }
    }

    /// The error as JSON: `error` and `code`, and for a failed statement where it stands.
    pub fn to_json(&self) -> Value {
        let mut body = json!({"error": self.to_string(), "code": self.code()});
        if let Self::Failed(failed) = self {
            body["file"] = json!(failed.file);
            body["statement"] = json!(failed.statement);
            body["line"] = json!(failed.line);
            body["sqlstate"] = json!(failed.cause.code().map(SqlState::code));
        }
        body
    }

    /// Whether another try may succeed: others held a lock, or both waited for each other.
    pub(crate) fn is_contention(&self) -> bool {
        let Self::Failed(failed) = self else { return false };
        matches!(failed.cause.code(), Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED))
    }
}

/// What PostgreSQL says, in one line, or that the connection is gone.
pub(crate) fn says(error: &tokio_postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        return format!("The connection broke: {}.", chain(error));
    };
    let mut text = format!("PostgreSQL says: {} ({}).", db.message(), db.code().code());
    // With these two PostgreSQL quotes the whole row, and a row may hold what no log should.
    let quotes_row = matches!(db.code(), &SqlState::NOT_NULL_VIOLATION | &SqlState::CHECK_VIOLATION);
    for (label, part) in [("Detail", db.detail().filter(|_| !quotes_row)), ("Hint", db.hint()), ("Where", db.where_())]
    {
        if let Some(part) = part {
            text += &format!(" {label}: {}", part.replace('\n', " "));
        }
    }
    text
}

fn own_statement(error: &tokio_postgres::Error) -> String {
    let remedy = match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => "DIRECT_URL must name the role that owns the database",
        Some(_) => "Run `status` to see how far it came",
        None => "Check that the database runs and run this again: what is applied is not run twice",
    };
    format!("the migration's own bookkeeping failed. {} {remedy}", says(error))
}
