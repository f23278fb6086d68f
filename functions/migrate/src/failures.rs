//! Failed migrations: which file failed last, where and why, until it is applied or marked as rolled back.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::migration::Migration;

/// Beside the history, so that a row of the history always means "applied".
pub(crate) const CREATE: &str = "
    create table if not exists schema_migration_failures (
        version integer primary key check (version > 0),
        name text not null,
        failed_at timestamptz not null default clock_timestamp(),
        code text not null,
        message text not null
    );
    comment on table schema_migration_failures is 'Migrations whose last try failed, written by the migrate function.'";

const RECORD: &str = "
    insert into schema_migration_failures (version, name, code, message) values ($1, $2, $3, $4)
    on conflict (version) do update
       set name = excluded.name, failed_at = excluded.failed_at, code = excluded.code, message = excluded.message";

const READ: &str = "
    select version, to_char(failed_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), code, message
      from schema_migration_failures";

/// The last try of a migration, which failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// When, as ISO 8601 in UTC.
    pub at: String,
    /// The kind of error, for programs.
    pub code: String,
    /// What happened, why, and what to do.
    pub message: String,
}

/// Remembers a failure, so far as the database still answers: the failure itself is what counts.
pub(crate) async fn record(client: &Client, migration: &Migration, error: &MigrateError) {
    let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[
        (&migration.version, Type::INT4),
        (&migration.name, Type::TEXT),
        (&error.code(), Type::TEXT),
        (&error.to_string(), Type::TEXT),
    ];
    if let Err(error) = client.execute_typed(RECORD, parameters).await {
        tracing::debug!("the failure could not be recorded: {error}");
    }
}

/// Forgets the failure of a migration. Says whether there was one.
pub(crate) async fn forget(client: &Client, version: i32) -> Result<bool, tokio_postgres::Error> {
    let sql = "delete from schema_migration_failures where version = $1";
    client.execute_typed(sql, &[(&version, Type::INT4)]).await.map(|rows| rows > 0)
}

/// The failures by version; none if the table doesn't exist.
pub(crate) async fn read(client: &Client) -> Result<BTreeMap<i32, Failure>, MigrateError> {
    let row = client.query_typed_one("select to_regclass('schema_migration_failures') is not null", &[]).await?;
    if !row.try_get::<_, bool>(0)? {
        return Ok(BTreeMap::new());
    }
    let failure = |row: tokio_postgres::Row| -> Result<(i32, Failure), MigrateError> {
        Ok((row.try_get(0)?, Failure { at: row.try_get(1)?, code: row.try_get(2)?, message: row.try_get(3)? }))
    };
    client.query_typed(READ, &[]).await?.into_iter().map(failure).collect()
}
