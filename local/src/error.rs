//! What can go wrong on one machine. The text of an error is one sentence for a person: what happened and what to do.

use std::{fmt::Display, io};

/// An error of the local stack.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A complete sentence for the person at the keyboard.
    #[error("{0}")]
    Said(String),
    /// An operation on a file, socket or process failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried, such as `write /tmp/x`.
        doing: String,
        /// What the system answered.
        source: io::Error,
    },
    /// PostgreSQL or PgBouncer answered with an error, or was not there.
    #[error("database: {}", database_text(.0))]
    Database(#[from] tokio_postgres::Error),
    /// An HTTP request failed before it had an answer.
    #[error("HTTP request: {0}")]
    Http(#[from] reqwest::Error),
    /// Text that should be JSON is not.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl LocalError {
    /// An error that is told with this sentence.
    pub fn said(sentence: impl Into<String>) -> Self {
        Self::Said(sentence.into())
    }
}

impl From<io::Error> for LocalError {
    fn from(source: io::Error) -> Self {
        Self::Io { doing: "system call".into(), source }
    }
}

/// Says what was tried when it failed: `fs::read(path).doing(|| format!("read {path}"))?`.
pub trait Doing<T> {
    /// Turns the error into a [`LocalError`] that starts with `what`.
    fn doing<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, LocalError>;
}

impl<T> Doing<T> for Result<T, io::Error> {
    fn doing<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, LocalError> {
        self.map_err(|source| LocalError::Io { doing: what().to_string(), source })
    }
}

impl<T> Doing<T> for Result<T, nix::Error> {
    fn doing<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, LocalError> {
        self.map_err(io::Error::from).doing(what)
    }
}

/// The driver's own text says only `db error`; the server's message is one level deeper.
fn database_text(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(answer) => format!("{} ({})", answer.message(), answer.code().code()),
        None => error.to_string(),
    }
}
