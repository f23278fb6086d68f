//! A database takes the place of another: both get their new names in one transaction, so there is no moment without one.
//! The one before stays beside it under another name.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::{BackupError, says};
use crate::report::PromoteReport;
use crate::restore::{administrator, state};
use crate::session::quoted;
use crate::settings::Settings;

/// Who has no more sessions may be renamed: the first rename shuts the door, this shows out who is inside.
const SHOW_OUT: &str = "
    select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = any($1) and pid <> pg_backend_pid()";
/// PostgreSQL cuts names after 63 bytes.
const LONGEST_NAME: usize = 63 - "_before_20260101_000000".len();
const PAUSE: Duration = Duration::from_millis(50);
/// PostgreSQL itself waits five seconds each time for sessions to end.
const ATTEMPTS: u32 = 5;

/// Gives the database `from` the name `into`. Whoever is connected to one of them is disconnected, and comes back to the
/// new one.
///
/// # Errors
/// There is no such database, or others do not leave it: then both are called as before.
pub async fn promote(from: &str, into: &str, settings: &Settings) -> Result<PromoteReport, BackupError> {
    if from == into {
        return Err(BackupError::Request(format!("{from} and {into} are the same database: name the restored one")));
    }
    if into.len() > LONGEST_NAME {
        return Err(BackupError::Request(format!(
            "{into} is too long a name to add a time to it: at most {LONGEST_NAME}"
        )));
    }
    let (admin, _) = administrator(settings).await?;
    if state(settings, &admin, from).await? != Some(true) {
        return Err(BackupError::Request(format!("there is no database {from} with tables: restore one first")));
    }
    let exists = admin.query_typed_opt("select 1 from pg_database where datname = $1", &[(&into, Type::TEXT)]).await?;
    let kept = exists.is_some().then(|| format!("{into}_before_{}", settings.clock.now().strftime("%Y%m%d_%H%M%S")));
    let (doorman, _) = administrator(settings).await?;
    let names = vec![from.to_owned(), into.to_owned()];
    let mut attempt = 1;
    loop {
        let outcome = tokio::select! {
            outcome = rename(&admin, from, into, kept.as_deref()) => outcome,
            never = show_out(&doorman, &names) => never,
        };
        match outcome {
            Ok(()) => break,
            Err(error) => {
                admin.batch_execute("rollback").await?;
                // The commit may have gone through although nobody heard of it.
                if state(settings, &admin, from).await?.is_none() {
                    break;
                }
                if attempt == ATTEMPTS {
                    let why = says(&error);
                    return Err(BackupError::Connection(format!(
                        "{into} was not replaced, nothing has changed: {why}"
                    )));
                }
                attempt += 1;
            }
        }
    }
    Ok(PromoteReport { from: from.to_owned(), database: into.to_owned(), kept })
}

async fn rename(admin: &Client, from: &str, into: &str, kept: Option<&str>) -> Result<(), tokio_postgres::Error> {
    admin.batch_execute("begin").await?;
    if let Some(kept) = kept {
        admin.batch_execute(&format!("alter database {} rename to {}", quoted(into), quoted(kept))).await?;
    }
    admin.batch_execute(&format!("alter database {} rename to {}", quoted(from), quoted(into))).await?;
    admin.batch_execute("commit").await
}

/// Until the renaming is done.
async fn show_out(doorman: &Client, names: &[String]) -> Result<(), tokio_postgres::Error> {
    loop {
        tokio::time::sleep(PAUSE).await;
        doorman.query_typed(SHOW_OUT, &[(&names, Type::TEXT_ARRAY)]).await?;
    }
}
