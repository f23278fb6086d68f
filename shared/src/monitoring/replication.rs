//! How far replicas are behind, and whether the log is archived.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, one};
use crate::clock::iso;
use crate::database::{SECONDS_BEHIND, Statement};

/// Replicas as the primary sees them, or this server as a replica.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replication {
    /// Whether this server is a replica itself.
    pub is_replica: bool,
    /// The longest of all replicas; 0 when all are up to date or there is none.
    pub lag_seconds: f64,
    /// Those that stream from here.
    pub replicas: Vec<Replica>,
    /// The archive of the write-ahead log.
    pub archive: Archive,
}

/// A replica.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replica {
    /// What it calls itself.
    pub name: String,
    /// Where it is.
    pub address: Option<String>,
    /// Such as `streaming`.
    pub state: String,
    /// `sync` loses nothing when the primary dies; `async` may.
    pub synchronous: String,
    /// Log that it has not replayed yet.
    pub behind_bytes: i64,
    /// How long ago that was written which it replays now; 0 when it is up to date.
    pub lag_seconds: f64,
}

/// The archive of the write-ahead log, from which a moment in time can be restored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Archive {
    /// `archive_mode`.
    pub mode: String,
    /// ISO 8601.
    pub last_archived_at: Option<String>,
    /// Since the counters started.
    pub failures: i64,
    /// ISO 8601.
    pub last_failed_at: Option<String>,
}

impl Monitor {
    /// How far replicas are behind.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn replication(&self) -> Result<Replication, MonitorError> {
        let statements = [ITSELF, SECONDS_BEHIND, REPLICAS, ARCHIVE].map(Statement::new);
        let [itself, behind, replicas, archive] = self.ask(statements).await?;
        let (itself, behind, archive) = (one(&itself)?, one(&behind)?, one(&archive)?);
        let replicas = replicas.iter().map(replica).collect::<Result<Vec<_>, _>>()?;
        // A replica that never replayed anything has nothing to compare with.
        let own = behind.try_get::<_, Option<f64>>("seconds_behind")?.unwrap_or_default();
        let moment = |name| Ok::<_, MonitorError>(archive.try_get::<_, Option<jiff::Timestamp>>(name)?.map(iso));
        Ok(Replication {
            is_replica: itself.try_get("is_replica")?,
            lag_seconds: replicas.iter().map(|replica| replica.lag_seconds).fold(own, f64::max),
            archive: Archive {
                mode: archive.try_get("mode")?,
                last_archived_at: moment("last_archived_time")?,
                failures: archive.try_get("failed_count")?,
                last_failed_at: moment("last_failed_time")?,
            },
            replicas,
        })
    }
}

fn replica(row: &Row) -> Result<Replica, MonitorError> {
    Ok(Replica {
        name: row.try_get("name")?,
        address: row.try_get("address")?,
        state: row.try_get("state")?,
        synchronous: row.try_get("synchronous")?,
        behind_bytes: row.try_get("behind_bytes")?,
        lag_seconds: row.try_get("lag_seconds")?,
    })
}

const ITSELF: &str = "select pg_is_in_recovery() as is_replica";

const REPLICAS: &str = "
select application_name as name,
       host(client_addr) as address,
       state,
       sync_state as synchronous,
       greatest(coalesce(pg_wal_lsn_diff(written.lsn, replay_lsn), 0), 0)::bigint as behind_bytes,
       case when replay_lsn >= written.lsn then 0 else coalesce(extract(epoch from replay_lag), 0) end::float8 as lag_seconds
  from pg_stat_replication
 cross join lateral (
        select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn
       ) written
 -- A base backup under way is no replica.
 where state <> 'backup'
 order by lag_seconds desc, name";

const ARCHIVE: &str = "
select current_setting('archive_mode') as mode, last_archived_time, failed_count, last_failed_time
  from pg_stat_archiver";
