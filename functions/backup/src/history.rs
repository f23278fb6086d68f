//! The record in the database itself, all SQL of it. A database that was never migrated so far has no such tables; then
//! the manifests are all the record there is.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use shared::ids::new_id;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::alert;
use crate::error::BackupError;
use crate::key::{Key, Kind};
use crate::manifest::Manifest;
use crate::settings::Settings;
use crate::snapshot::exists;

/// Called under the lock: whoever is still called running was killed.
const BURY: &str = "
    update backup_runs
       set status = 'FAILED', finished_at = greatest($1, started_at), object_key = null,
           error = 'the run was ended before it was done'
     where status = 'RUNNING'";

const BEGIN: &str = "
    insert into backup_runs (id, kind, day, object_key, started_at, promoted_from) values ($1, $2, $3::text::date, $4, $5, $6)";

const SUCCEED: &str = "
    update backup_runs
       set status = 'SUCCEEDED', finished_at = greatest($2, started_at), bytes = $3, sha256 = $4, migration_version = $5,
           table_rows = $6, encrypted_with = $7
     where id = $1";

const UNDER_WAY: &str = "select id from backup_runs where object_key = $1 and status = 'RUNNING'";

/// The name is free again: nothing lies under it.
const FAIL: &str = "
    update backup_runs
       set status = 'FAILED', finished_at = greatest($2, started_at), object_key = null, error = $3
     where id = $1";

const OF_DAY: &str = "
    select id, object_key from backup_runs where kind = $1 and day = $2::text::date and status = 'SUCCEEDED'
     order by started_at desc limit 1";

const ENDED_SINCE: &str = "
    select id, object_key from backup_runs where kind = $1 and finished_at >= $2 and status = 'SUCCEEDED'
     order by started_at desc limit 1";

const PRUNED: &str = "update backup_runs set pruned_at = $2 where object_key = any($1) and kind <> 'pre-migration'";

const VERIFIED: &str = "
    update backup_runs set verified_at = $2 where object_key = $1 and status = 'SUCCEEDED'";

const RESTORE_BEGIN: &str = "
    insert into restore_runs (id, purpose, backup_id, object_key, target_database, started_at)
    values ($1, $2, (select id from backup_runs where object_key = $3), $3, $4, $5)";

const RESTORE_END: &str = "
    update restore_runs
       set status = case when $3::text is null then 'PASSED' else 'FAILED' end, error = $3, finished_at = greatest($2, started_at),
           table_rows = $4, differences = $5, target_dropped_at = case when $6 then $2 end
     where id = $1";

const LEFT_BEHIND: &str = "
    select id, target_database from restore_runs where target_dropped_at is null and purpose = 'VERIFY'";

const DROPPED: &str = "
    update restore_runs
       set target_dropped_at = $2, finished_at = coalesce(finished_at, greatest($2, started_at)),
           error = case status when 'RUNNING' then 'the run was ended before it was done' else error end,
           status = case status when 'RUNNING' then 'FAILED' else status end
     where id = $1";

/// The record of one database.
pub(crate) struct History<'a> {
    client: &'a Client,
    kept: bool,
}

/// A backup that the record knows.
pub(crate) struct Known {
    /// Its id in the record.
    pub(crate) id: String,
    /// Its name.
    pub(crate) key: Key,
}

impl<'a> History<'a> {
    /// The record of the session's database.
    pub(crate) async fn of(client: &'a Client) -> Result<Self, BackupError> {
        Ok(Self { client, kept: exists(client, "backup_runs").await? })
    }

    /// Marks runs that were killed.
    pub(crate) async fn bury(&self, now: Timestamp) -> Result<(), BackupError> {
        self.run(BURY, &[(&now, Type::TIMESTAMPTZ)]).await
    }

    /// The good backup of a kind and day, in UTC.
    pub(crate) async fn of_day(&self, kind: Kind, day: Date) -> Result<Option<Known>, BackupError> {
        self.known(OF_DAY, &[(&kind.as_str(), Type::TEXT), (&day.to_string(), Type::TEXT)]).await
    }

    /// A good backup that ended after `since`.
    pub(crate) async fn ended_since(&self, kind: Kind, since: Timestamp) -> Result<Option<Known>, BackupError> {
        self.known(ENDED_SINCE, &[(&kind.as_str(), Type::TEXT), (&since, Type::TIMESTAMPTZ)]).await
    }

    /// Writes down that a backup begins. Answers the run's id.
    pub(crate) async fn begin(&self, key: &Key, from: Option<&str>, now: Timestamp) -> Result<String, BackupError> {
        let id = new_id("bak", now);
        let parameters: &[Parameter<'_>] = &[
            (&id, Type::TEXT),
            (&key.kind.as_str(), Type::TEXT),
            (&key.taken.date().to_string(), Type::TEXT),
            (&key.object(), Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
            (&from, Type::TEXT),
        ];
        self.run(BEGIN, parameters).await?;
        Ok(id)
    }

    /// Writes down that the backup is good.
    pub(crate) async fn succeed(&self, id: &str, manifest: &Manifest, now: Timestamp) -> Result<(), BackupError> {
        let rows: serde_json::Map<_, _> =
            manifest.tables.iter().map(|(name, content)| (name.clone(), Value::from(content.rows))).collect();
        let parameters: &[Parameter<'_>] = &[
            (&id, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
            (&i64::try_from(manifest.bytes).unwrap_or(i64::MAX), Type::INT8),
            (&manifest.sha256, Type::TEXT),
            (&manifest.migration.as_ref().map_or(0, |mark| mark.version), Type::INT4),
            (&Value::Object(rows), Type::JSONB),
            (&manifest.encrypted_with, Type::TEXT),
        ];
        self.run(SUCCEED, parameters).await
    }

    /// In a restored database: its own backup was under way at the moment that it shows, and turned out well.
    pub(crate) async fn adopt(&self, key: &Key, manifest: &Manifest, now: Timestamp) -> Result<(), BackupError> {
        if !self.kept {
            return Ok(());
        }
        let row = self.client.query_typed_opt(UNDER_WAY, &[(&key.object(), Type::TEXT)]).await?;
        match row {
            Some(row) => self.succeed(row.try_get(0)?, manifest, now).await,
            None => Ok(()),
        }
    }

    /// Writes down that it failed.
    pub(crate) async fn fail(&self, id: &str, error: &BackupError, now: Timestamp) -> Result<(), BackupError> {
        let said = error.to_string();
        self.run(FAIL, &[(&id, Type::TEXT), (&now, Type::TIMESTAMPTZ), (&said, Type::TEXT)]).await
    }

    /// Sets the alert off, or ends it.
    pub(crate) async fn tell(&self, has_failed: bool, settings: &Settings) -> Result<(), BackupError> {
        if self.kept { alert::tell(has_failed, settings).await } else { Ok(()) }
    }

    /// Writes down which objects are gone.
    pub(crate) async fn pruned(&self, keys: &[Key], now: Timestamp) -> Result<(), BackupError> {
        let names: Vec<String> = keys.iter().map(Key::object).collect();
        self.run(PRUNED, &[(&names, Type::TEXT_ARRAY), (&now, Type::TIMESTAMPTZ)]).await
    }

    /// Writes down that loading begins. Answers the run's id.
    pub(crate) async fn restore_begins(
        &self,
        purpose: &str,
        key: &Key,
        database: &str,
        now: Timestamp,
    ) -> Result<String, BackupError> {
        let id = new_id("res", now);
        let parameters: &[Parameter<'_>] = &[
            (&id, Type::TEXT),
            (&purpose, Type::TEXT),
            (&key.object(), Type::TEXT),
            (&database, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        self.run(RESTORE_BEGIN, parameters).await?;
        Ok(id)
    }

    /// Writes down how loading ended; `rows` are those found, null when it did not come that far.
    pub(crate) async fn restore_ends(
        &self,
        id: &str,
        error: Option<&BackupError>,
        rows: Option<Value>,
        dropped: bool,
        now: Timestamp,
    ) -> Result<(), BackupError> {
        let differences = match error {
            Some(BackupError::Differs { differences, .. }) => serde_json::to_value(differences).ok(),
            _ => None,
        };
        let parameters: &[Parameter<'_>] = &[
            (&id, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
            (&error.map(ToString::to_string), Type::TEXT),
            (&rows, Type::JSONB),
            (&differences, Type::JSONB),
            (&dropped, Type::BOOL),
        ];
        self.run(RESTORE_END, parameters).await
    }

    /// Writes down that a backup was loaded and found whole.
    pub(crate) async fn verified(&self, key: &Key, now: Timestamp) -> Result<(), BackupError> {
        self.run(VERIFIED, &[(&key.object(), Type::TEXT), (&now, Type::TIMESTAMPTZ)]).await
    }

    /// Scratch databases that killed runs left: the run's id and the database.
    pub(crate) async fn left_behind(&self) -> Result<Vec<(String, String)>, BackupError> {
        if !self.kept {
            return Ok(Vec::new());
        }
        let rows = self.client.query_typed(LEFT_BEHIND, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// Writes down that a scratch database is gone.
    pub(crate) async fn dropped(&self, id: &str, now: Timestamp) -> Result<(), BackupError> {
        self.run(DROPPED, &[(&id, Type::TEXT), (&now, Type::TIMESTAMPTZ)]).await
    }

    async fn run(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<(), BackupError> {
        if self.kept {
            self.client.execute_typed(sql, parameters).await?;
        }
        Ok(())
    }

    async fn known(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Known>, BackupError> {
        if !self.kept {
            return Ok(None);
        }
        let Some(row) = self.client.query_typed_opt(sql, parameters).await? else { return Ok(None) };
        let key = Key::parse(row.try_get(1)?);
        key.map(|key| Ok(Known { id: row.try_get(0)?, key })).transpose()
    }
}

type Parameter<'a> = (&'a (dyn tokio_postgres::types::ToSql + Sync), Type);
