//! What was applied: the table `schema_migrations`, and how it compares with the files.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::migration::Migration;
use crate::{drift, failures};

const CREATE: &str = "
    create table if not exists schema_migrations (
        version integer primary key check (version > 0),
        name text not null,
        checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
        applied_at timestamptz not null default clock_timestamp(),
        applied_by text not null default current_user,
        duration_ms bigint not null check (duration_ms >= 0),
        schema_fingerprint text check (schema_fingerprint ~ '^[0-9a-f]{64}$'),
        schema_objects jsonb,
        server_version integer
    );
    comment on table schema_migrations is 'One row per applied file of migrations/, written by the migrate function.';
    comment on column schema_migrations.checksum is 'SHA-256 of the file as it was applied.'";

/// For a table that an older build made.
const COMPLETE: &str = "
    alter table schema_migrations
        add column if not exists schema_fingerprint text check (schema_fingerprint ~ '^[0-9a-f]{64}$'),
        add column if not exists schema_objects jsonb,
        add column if not exists server_version integer";

/// What the table needs: to be made, to be completed, or nothing.
const LOOK: &str = "
    select to_regclass('schema_migrations') is not null,
           exists (select from pg_attribute
                    where attrelid = to_regclass('schema_migrations') and attname = 'server_version'),
           to_regclass('schema_migration_failures') is not null";

const READ: &str = "
    select version, name, checksum,
           to_char(applied_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), duration_ms
      from schema_migrations
     order by version";

const RECORD: &str = "insert into schema_migrations (version, name, checksum, duration_ms) values ($1, $2, $3, $4)";

/// One row of `schema_migrations`.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The migration's version.
    pub version: i32,
    /// The migration's name.
    pub name: String,
    /// SHA-256 of the file in hex as it was then.
    pub checksum: String,
    /// When, as ISO 8601 in UTC.
    pub applied_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Applied as the file says.
    Applied,
    /// Not applied yet.
    Pending,
    /// Applied, and the file was changed since.
    Edited,
    /// Applied, and there is no such file: the database is newer than this build.
    Missing,
    /// Not applied: the last try failed. Only `status` tells it from pending.
    Failed,
}

impl State {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }
}

/// A migration of the files, of the database, or of both.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// The version.
    pub version: i32,
    /// How it stands.
    pub state: State,
    /// The file, if there is one.
    pub migration: Option<&'a Migration>,
    /// The row, if there is one.
    pub applied: Option<Applied>,
}

/// Makes the table if it isn't there. Called under the lock: two `create table if not exists` at once may collide.
pub(crate) async fn ensure(client: &Client) -> Result<(), MigrateError> {
    let row = client.query_typed_one(LOOK, &[]).await?;
    let (made, complete, failures): (bool, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if !made {
        client.batch_execute(CREATE).await?;
    } else if !complete {
        client.batch_execute(COMPLETE).await?;
    }
    if !failures {
        client.batch_execute(failures::CREATE).await?;
    }
    Ok(())
}

/// The rows, in order; none if the table doesn't exist.
pub(crate) async fn read(client: &Client) -> Result<Vec<Applied>, MigrateError> {
    if !exists(client).await? {
        return Ok(Vec::new());
    }
    let rows = client.query_typed(READ, &[]).await?;
    let applied = |row: tokio_postgres::Row| -> Result<Applied, MigrateError> {
        Ok(Applied {
            version: row.try_get(0)?,
            name: row.try_get(1)?,
            checksum: row.try_get(2)?,
            applied_at: row.try_get(3)?,
            duration_ms: row.try_get(4)?,
        })
    };
    rows.into_iter().map(applied).collect()
}

/// Writes the row of a migration, with the schema as it is now. A failure before is forgotten.
pub(crate) async fn record(
    client: &Client,
    migration: &Migration,
    duration: Duration,
) -> Result<(), tokio_postgres::Error> {
    let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[
        (&migration.version, Type::INT4),
        (&migration.name, Type::TEXT),
        (&migration.checksum, Type::TEXT),
        (&milliseconds(duration), Type::INT8),
    ];
    client.execute_typed(RECORD, parameters).await?;
    failures::forget(client, migration.version).await?;
    drift::record(client, migration.version).await
}

/// A duration as the table keeps it.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Files and rows side by side, in the order of versions.
pub fn compare(migrations: &[Migration], applied: Vec<Applied>) -> Vec<Standing<'_>> {
    let mut rows: BTreeMap<i32, Applied> = applied.into_iter().map(|row| (row.version, row)).collect();
    let mut standings: Vec<Standing<'_>> = migrations
        .iter()
        .map(|migration| {
            let row = rows.remove(&migration.version);
            let state = match &row {
                None => State::Pending,
                Some(row) if row.checksum == migration.checksum && row.name == migration.name => State::Applied,
                Some(_) => State::Edited,
            };
            Standing { version: migration.version, state, migration: Some(migration), applied: row }
        })
        .collect();
    standings.extend(rows.into_values().map(|row| Standing {
        version: row.version,
        state: State::Missing,
        migration: None,
        applied: Some(row),
    }));
    standings.sort_by_key(|standing| standing.version);
    standings
}

/// The migrations to apply, in order.
///
/// # Errors
/// Applied files were edited, the database has versions that this build doesn't know, or an older one is not applied
/// though a newer one is: then nothing may run.
pub fn pending<'a>(standings: &[Standing<'a>]) -> Result<Vec<&'a Migration>, MigrateError> {
    let in_state = |state: State| standings.iter().filter(move |standing| standing.state == state);
    let edited: Vec<String> = in_state(State::Edited).map(|standing| label(standing)).collect();
    if !edited.is_empty() {
        return Err(MigrateError::Edited { files: edited });
    }
    let unknown: Vec<String> = in_state(State::Missing).map(|standing| label(standing)).collect();
    if !unknown.is_empty() {
        return Err(MigrateError::NewerDatabase { versions: unknown });
    }
    let newest_applied = in_state(State::Applied).map(|standing| standing.version).max().unwrap_or(0);
    let skipped: Vec<String> = in_state(State::Pending)
        .filter(|standing| standing.version < newest_applied)
        .map(|standing| label(standing))
        .collect();
    if !skipped.is_empty() {
        return Err(MigrateError::OutOfOrder { files: skipped, newest: newest_applied });
    }
    Ok(in_state(State::Pending).filter_map(|standing| standing.migration).collect())
}

/// The file's name, and the name that it was applied under where that differs.
fn label(standing: &Standing<'_>) -> String {
    match (standing.migration, &standing.applied) {
        (Some(migration), Some(row)) if row.name != migration.name => {
            format!("{} (applied as V{:04}__{}.sql)", migration.file, row.version, row.name)
        }
        (Some(migration), _) => migration.file.clone(),
        (None, Some(row)) => format!("V{:04}__{}", row.version, row.name),
        (None, None) => format!("V{:04}", standing.version),
    }
}

/// Whether the table is there.
pub(crate) async fn exists(client: &Client) -> Result<bool, MigrateError> {
    let row = client.query_typed_one("select to_regclass('schema_migrations') is not null", &[]).await?;
    Ok(row.try_get(0)?)
}

#[cfg(test)]
mod tests {
    use super::{Applied, compare, pending};
    use crate::migration::Migration;

    fn files() -> Vec<Migration> {
        ["V0001__a.sql", "V0002__b.sql", "V0003__c.sql"]
            .iter()
            .map(|file| Migration::parse(file, "select 1").unwrap())
            .collect()
    }

    fn row(migration: &Migration) -> Applied {
        Applied {
            version: migration.version,
            name: migration.name.clone(),
            checksum: migration.checksum.clone(),
            applied_at: String::new(),
            duration_ms: 1,
        }
    }

    #[test]
    fn what_is_not_applied_is_pending() {
        let files = files();
        let standings = compare(&files, vec![row(&files[0])]);
        let pending: Vec<_> = pending(&standings).unwrap().into_iter().map(|migration| migration.version).collect();
        assert_eq!(pending, [2, 3]);
    }

    #[test]
    fn an_edited_or_renamed_file_is_refused_by_name() {
        let files = files();
        let edited = Applied { checksum: "0".repeat(64), ..row(&files[0]) };
        let renamed = Applied { name: "old".to_owned(), ..row(&files[1]) };
        let said = pending(&compare(&files, vec![edited, renamed])).unwrap_err().to_string();
        assert!(said.contains("V0001__a.sql") && said.contains("V0002__b.sql (applied as V0002__old.sql)"), "{said}");
    }

    #[test]
    fn a_newer_database_is_refused() {
        let files = files();
        let said = pending(&compare(&files[..1], files.iter().map(row).collect())).unwrap_err().to_string();
        assert!(said.contains("V0002__b, V0003__c"), "{said}");
    }

    #[test]
    fn a_hole_in_the_history_is_refused() {
        let files = files();
        let said = pending(&compare(&files, vec![row(&files[0]), row(&files[2])])).unwrap_err().to_string();
        assert!(said.contains("V0002__b.sql"), "{said}");
    }
}
