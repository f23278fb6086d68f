//! The read replica: reports are read there, so that they take nothing from those who buy and spend. It is a help and never a
//! need: without one, and while it is away or behind, the primary answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;
use tokio_postgres::Row;

use super::connection::application;
use super::{
    BEGIN_READING, Database, DatabaseError, Statement, UrlSource, enclosed, sized, within_deadline, without_ends,
};
use crate::clock::Clock;
use crate::limits;
use crate::telemetry::write_metrics;

/// How far the server that answers this is behind: 0 for a primary, and for a replica that has replayed all it was sent and
/// is still being sent more. Null when nobody can say.
pub(crate) const SECONDS_BEHIND: &str = "
select case
           when not pg_is_in_recovery() then 0
           when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                and exists (select from pg_stat_wal_receiver)
               then 0
           else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())
       end::float8 as seconds_behind";

/// A replica, and whether it is left alone for now.
pub(super) struct Replica {
    database: Database,
    clock: Clock,
    /// In milliseconds since 1970, by the wall clock.
    rests_until: AtomicI64,
}

impl Replica {
    /// Connects nowhere yet.
    pub(super) fn new(source: UrlSource, clock: Clock) -> Arc<Self> {
        let database = Database::new(source, clock.clone());
        Arc::new(Replica { database, clock, rests_until: AtomicI64::new(i64::MIN) })
    }

    /// What it answers, unless it is away or behind; then it is not asked again for a while.
    async fn answer(&self, all: &[Statement]) -> Option<Result<Vec<Vec<Row>>, DatabaseError>> {
        let now = self.clock.now();
        if now.as_millisecond() < self.rests_until.load(Ordering::Relaxed) {
            return None;
        }
        let reason = match within_deadline(self.database.enclosed_exchange(all)).await {
            Ok(rows) => match seconds_behind(&rows) {
                Some(behind) if behind <= limits::REPLICA_LAG.as_secs_f64() => return Some(Ok(rows)),
                Some(behind) => format!("it is {behind:.0} s behind"),
                None => "nobody knows how far it is behind".to_owned(),
            },
            // It would take the primary as long, and others wait there.
            Err(DatabaseError::Busy(message)) => return Some(Err(DatabaseError::Busy(message))),
            Err(error) => error.to_string(),
        };
        tracing::warn!(reason, "the read replica is of no use now, the primary is asked");
        write_metrics(application(), &[("ReplicaFallbacks", "Count", 1.0)], now);
        let rest = SignedDuration::try_from(limits::REPLICA_REST).unwrap_or_default();
        self.rests_until.store((now + rest).as_millisecond(), Ordering::Relaxed);
        None
    }
}

/// The answer to [`SECONDS_BEHIND`], which stands behind that to `begin`.
fn seconds_behind(rows: &[Vec<Row>]) -> Option<f64> {
    rows.get(1)?.first()?.try_get::<_, Option<f64>>("seconds_behind").ok()?
}

impl Database {
    /// Whether reports may come from another server than this one.
    pub(crate) fn has_replica(&self) -> bool {
        self.inner.replica.is_some()
    }

    /// Runs `statements` in one read-only transaction and one exchange, on the replica if there is one that is not behind,
    /// else here. What was written a moment ago may be missing: for figures over many people, not for what somebody changed.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn report<const N: usize>(&self, statements: [Statement; N]) -> Result<[Vec<Row>; N], DatabaseError> {
        let opening = vec![BEGIN_READING, Statement::new(SECONDS_BEHIND)];
        let opened = opening.len();
        let all = enclosed(opening, Vec::from(statements));
        let by_replica = match &self.inner.replica {
            Some(replica) => replica.answer(&all).await,
            None => None,
        };
        let rows = match by_replica {
            Some(answer) => answer?,
            None => within_deadline(self.enclosed_exchange(&all)).await?,
        };
        sized(without_ends(rows, opened))
    }
}
