//! One transaction around statements of a file: all of it stays, or nothing.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::error::{FailedStatement, MigrateError};
use crate::statements::Statement;

const NOTHING_KEPT: &str = "Nothing of this file was kept. Correct it and run this again.";
const INTERRUPTED: &str = "Nothing of this file was kept. Check that the database runs, then run this again.";
const NO_TRANSACTION_NEEDED: &str = "Nothing of this file was kept. The statement can't run inside a transaction: \
     move it to a file whose first line is \"-- migrate: no-transaction\".";

/// Begins one in which no statement waits longer than `lock_wait` for a table or row.
pub(crate) async fn begin(client: &Client, lock_wait: Duration) -> Result<(), MigrateError> {
    client.batch_execute(&format!("begin; set local lock_timeout = {}", lock_wait.as_millis())).await?;
    Ok(())
}

/// Runs the statements and says how many rows they changed or found.
pub(crate) async fn run(client: &Client, file: &str, statements: &[Statement]) -> Result<u64, MigrateError> {
    let mut rows = 0;
    for statement in statements {
        let messages = client.simple_query(&statement.sql).await.map_err(|cause| {
            let kept = remedy(&cause);
            MigrateError::Failed(Box::new(FailedStatement::at(file, statement, kept, cause)))
        })?;
        rows += messages
            .iter()
            .map(|message| if let SimpleQueryMessage::CommandComplete(count) = message { *count } else { 0 })
            .sum::<u64>();
    }
    Ok(rows)
}

fn remedy(cause: &tokio_postgres::Error) -> &'static str {
    match cause.code() {
        Some(&SqlState::ACTIVE_SQL_TRANSACTION) => NO_TRANSACTION_NEEDED,
        Some(code) if !code.code().starts_with("57P") => NOTHING_KEPT,
        _ => INTERRUPTED,
    }
}

/// Commits after success, rolls back after failure.
pub(crate) async fn finish<T>(
    client: &Client,
    file: &str,
    outcome: Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let value = match outcome {
        Ok(value) => value,
        Err(error) => {
            // If this fails the connection is gone, and the server has rolled back by itself.
            drop(client.batch_execute("rollback").await);
            return Err(error);
        }
    };
    match client.batch_execute("commit").await {
        Ok(()) => Ok(value),
        // A deferred constraint says no at the end.
        Err(cause) if cause.as_db_error().is_some() => Err(MigrateError::Failed(Box::new(FailedStatement {
            file: file.to_owned(),
            statement: None,
            line: 0,
            first_line: "commit".to_owned(),
            kept: NOTHING_KEPT,
            cause,
        }))),
        Err(_) => Err(MigrateError::OutcomeUnknown { file: file.to_owned() }),
    }
}
