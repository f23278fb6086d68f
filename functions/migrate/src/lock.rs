//! One run at a time: a session advisory lock.
//!
//! It is polled, not waited for. A session that waits inside `select pg_advisory_lock()` has an open snapshot, and the
//! holder's `create index concurrently` waits for all of those: PostgreSQL ends one of them as a deadlock (seen on 15).

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;

/// The lock's key: "spike" in ASCII. Others of the same database must not use it.
pub const LOCK_KEY: i64 = 0x73_7069_6b65;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

const HOLDER: &str = "
    select format(' (pid %s, %s, connected for %s s)', a.pid, coalesce(nullif(a.application_name, ''), 'no name'),
                  extract(epoch from clock_timestamp() - a.backend_start)::bigint)
      from pg_locks l
      join pg_database d on d.oid = l.database and d.datname = current_database()
      join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and (l.classid::bigint << 32 | l.objid::bigint) = $1";

/// Takes the lock, waiting for at most `wait`. It ends with the session at the latest.
///
/// # Errors
/// Somebody else holds it for longer.
pub async fn acquire(client: &Client, wait: Duration) -> Result<(), MigrateError> {
    let started = Instant::now();
    let mut announced = false;
    loop {
        let row = client.query_typed_one("select pg_try_advisory_lock($1)", &[(&LOCK_KEY, Type::INT8)]).await?;
        if row.try_get(0)? {
            return Ok(());
        }
        if started.elapsed() >= wait {
            return Err(MigrateError::LockHeld { seconds: wait.as_secs(), holder: holder(client).await });
        }
        if !announced {
            announced = true;
            tracing::info!("another migrate is at work{}: waiting up to {} s", holder(client).await, wait.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL.min(wait.saturating_sub(started.elapsed()))).await;
    }
}

/// Gives the lock back. If that fails the connection is gone, and the lock with it.
pub async fn release(client: &Client) {
    if let Err(error) = client.query_typed_one("select pg_advisory_unlock($1)", &[(&LOCK_KEY, Type::INT8)]).await {
        tracing::debug!("the lock went with its session: {error}");
    }
}

/// Who holds the lock; empty when it can't be told.
async fn holder(client: &Client) -> String {
    let row = client.query_typed_opt(HOLDER, &[(&LOCK_KEY, Type::INT8)]).await;
    row.ok().flatten().and_then(|row| row.try_get(0).ok()).unwrap_or_default()
}
