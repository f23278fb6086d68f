//! One moment of the database, which several sessions can read: what the tables hold, and what `pg_dump` writes.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::{BackupError, is_corruption, says};
use crate::manifest::{MigrationMark, TableContent, Tables};

const BEGIN: &str = "begin isolation level repeatable read read only";

const EXPORT: &str = "
    select pg_export_snapshot(),
           (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text,
           pg_database_size(current_database())";

/// Partitions, not their parents; nothing of an extension's and nothing that no dump holds.
const TABLES: &str = "
    select case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end,
           format('%I.%I', n.nspname, c.relname)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence <> 't'
       and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
       and not exists (select from pg_depend d
                        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     order by 1";

/// `pg_dump` would leave their content out unless it is told to, and nothing of ours needs them.
const LARGE_OBJECTS: &str = "select count(*) from pg_largeobject_metadata";

const MIGRATION: &str = "select version, checksum from schema_migrations order by version desc limit 1";

/// A snapshot that lasts as long as its session's transaction.
pub(crate) struct Snapshot {
    client: Client,
    /// Its name, for other sessions.
    pub(crate) name: String,
    /// The place in the write-ahead log.
    pub(crate) lsn: String,
    /// The size of the database, indexes included.
    pub(crate) database_bytes: u64,
}

impl Snapshot {
    /// Takes one.
    ///
    /// # Errors
    /// The server's.
    pub(crate) async fn take(client: Client) -> Result<Self, BackupError> {
        client.batch_execute(BEGIN).await?;
        let row = client.query_typed_one(EXPORT, &[]).await?;
        let (name, lsn, bytes): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Self { client, name, lsn, database_bytes: u64::try_from(bytes).unwrap_or(0) })
    }

    /// The newest migration; `None` of a database that was never migrated.
    ///
    /// # Errors
    /// The server's.
    pub(crate) async fn migration(&self) -> Result<Option<MigrationMark>, BackupError> {
        if !exists(&self.client, "schema_migrations").await? {
            return Ok(None);
        }
        let Some(row) = self.client.query_typed_opt(MIGRATION, &[]).await? else { return Ok(None) };
        Ok(Some(MigrationMark { version: row.try_get(0)?, checksum: row.try_get(1)? }))
    }

    /// What every table holds.
    ///
    /// # Errors
    /// The server's.
    pub(crate) async fn tables(&self) -> Result<Tables, BackupError> {
        contents(&self.client).await
    }
}

/// What every table holds, as this session sees it. Each is read once.
///
/// # Errors
/// The server's.
pub(crate) async fn contents(client: &Client) -> Result<Tables, BackupError> {
    let large: i64 = client.query_typed_one(LARGE_OBJECTS, &[]).await?.try_get(0)?;
    if large > 0 {
        let reason =
            format!("the database holds {large} large objects, which nothing here makes or compares: remove them");
        return Err(BackupError::Connection(reason));
    }
    let mut tables = Tables::new();
    for row in client.query_typed(TABLES, &[]).await? {
        let (name, quoted): (String, &str) = (row.try_get(0)?, row.try_get(1)?);
        // md5 is the same on every version and processor, which PostgreSQL's own hashes need not be; this is no secret.
        let sql =
            format!("select count(*), sum(('x' || left(md5(t::text), 16))::bit(64)::bigint)::text from {quoted} as t");
        let row = client.query_typed_one(&sql, &[]).await.map_err(|error| match is_corruption(&error) {
            true => BackupError::Corrupted { what: format!("the table {name}"), says: says(&error) },
            false => error.into(),
        })?;
        tables.insert(name, TableContent { rows: row.try_get(0)?, checksum: row.try_get(1)? });
    }
    Ok(tables)
}

/// Whether there is such a table.
///
/// # Errors
/// The server's.
pub(crate) async fn exists(client: &Client, table: &str) -> Result<bool, BackupError> {
    let row = client.query_typed_one("select to_regclass($1) is not null", &[(&table, Type::TEXT)]).await?;
    Ok(row.try_get(0)?)
}
