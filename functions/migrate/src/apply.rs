//! Applies one migration.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::concurrent_index::ConcurrentIndex;
use crate::error::{FailedStatement, MigrateError};
use crate::history;
use crate::migration::Migration;
use crate::settings::Settings;
use crate::statements::Statement;
use crate::{ownership, transaction};

const STEPS_KEPT: &str = "The statements before it stay, as the file has no transaction. \
     Correct the cause and run this again: the file starts over, and each of its statements may run twice.";

/// The oldest transactions of others: who a migration most likely waits for.
const OPEN_TRANSACTIONS: &str = "
    select string_agg(format('pid %s (%s, %s, open for %s s)', pid, name, state, seconds), ', ' order by seconds desc)
      from (select pid, coalesce(nullif(application_name, ''), 'no name') as name, state,
                   extract(epoch from clock_timestamp() - xact_start)::bigint as seconds
              from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
             order by xact_start
             limit 3) as oldest";

/// Applies a migration and records it. Says how long it took.
pub(crate) async fn apply(
    client: &Client,
    migration: &Migration,
    settings: &Settings,
) -> Result<Duration, MigrateError> {
    tracing::info!("applying {}", migration.file);
    if migration.transaction {
        with_retries(client, migration, settings).await
    } else {
        step_by_step(client, migration, settings).await
    }
}

async fn with_retries(client: &Client, migration: &Migration, settings: &Settings) -> Result<Duration, MigrateError> {
    let mut attempt = 1;
    loop {
        match in_transaction(client, migration, settings).await {
            Err(error) if error.is_contention() && attempt < settings.attempts => {
                tracing::info!("{} waits for its tables: {error}; trying again", migration.file);
                attempt += 1;
                tokio::time::sleep(settings.pause).await;
            }
            Err(error) if error.is_contention() => {
                let transactions = open_transactions(client).await;
                return Err(MigrateError::Busy { file: migration.file.clone(), attempts: attempt, transactions });
            }
            outcome => return outcome,
        }
    }
}

async fn in_transaction(client: &Client, migration: &Migration, settings: &Settings) -> Result<Duration, MigrateError> {
    let started = Instant::now();
    transaction::begin(client, settings.table_lock_wait).await?;
    let outcome = async {
        transaction::run(client, &migration.file, &migration.statements).await?;
        ownership::settle(client, &migration.file).await?;
        let duration = started.elapsed();
        // In the same transaction: there is no moment in which the one is done and the other is not.
        history::record(client, migration, duration).await?;
        Ok(duration)
    };
    let outcome = outcome.await;
    transaction::finish(client, &migration.file, outcome).await
}

async fn step_by_step(client: &Client, migration: &Migration, settings: &Settings) -> Result<Duration, MigrateError> {
    let started = Instant::now();
    client.batch_execute(&format!("set lock_timeout = {}", settings.concurrent_wait.as_millis())).await?;
    for statement in &migration.statements {
        step(client, &migration.file, statement).await?;
    }
    ownership::settle(client, &migration.file).await?;
    client.batch_execute("set lock_timeout = 0").await?;
    let duration = started.elapsed();
    history::record(client, migration, duration).await?;
    Ok(duration)
}

async fn step(client: &Client, file: &str, statement: &Statement) -> Result<(), MigrateError> {
    let index = ConcurrentIndex::of(statement);
    if let Some(index) = &index
        && !index.prepare(client, file).await?
    {
        return Ok(());
    }
    let Err(cause) = client.batch_execute(&statement.sql).await else { return Ok(()) };
    if let Some(index) = &index {
        index.clean_up(client).await;
    }
    Err(MigrateError::Failed(Box::new(FailedStatement::at(file, statement, STEPS_KEPT, cause))))
}

async fn open_transactions(client: &Client) -> String {
    let row = client.query_typed_one(OPEN_TRANSACTIONS, &[]).await;
    match row.ok().and_then(|row| row.try_get::<_, Option<String>>(0).ok()).flatten() {
        Some(oldest) => format!(" Open for the longest: {oldest}."),
        None => String::new(),
    }
}
