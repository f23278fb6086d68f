//! What has been running for long.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, masked};
use crate::database::Statement;

/// From when on a query is worth a look, in seconds.
pub const RUNAWAY_SECONDS: i64 = 5;

/// A query that runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunningQuery {
    /// The server's process.
    pub pid: i32,
    /// When the process started; with `pid` it is that of one connection and no later one.
    pub backend_start: String,
    /// When the query started: a pooled connection serves many.
    pub query_start: String,
    /// The database role.
    pub role: String,
    /// The function's name, or what else the client calls itself.
    pub application: String,
    /// Where the client is; absent for one on the server itself.
    pub address: Option<String>,
    /// Such as `active`.
    pub state: String,
    /// What it waits for, if it does.
    pub waits_for: Option<String>,
    /// How long it has been running.
    pub seconds: f64,
    /// Its text, without values.
    pub text: String,
}

impl Monitor {
    /// The queries that have been running for more than five seconds, the longest first; at most 50.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn runaway_queries(&self) -> Result<Vec<RunningQuery>, MonitorError> {
        let [rows] = self.ask([Statement::new(RUNNING).bind(RUNAWAY_SECONDS)]).await?;
        rows.iter().map(query).collect()
    }
}

fn query(row: &Row) -> Result<RunningQuery, MonitorError> {
    // To the microsecond: it is compared with when one is cancelled.
    let moment = |name| Ok::<_, MonitorError>(row.try_get::<_, jiff::Timestamp>(name)?.to_string());
    Ok(RunningQuery {
        pid: row.try_get("pid")?,
        backend_start: moment("backend_start")?,
        query_start: moment("query_start")?,
        role: row.try_get("role")?,
        application: row.try_get("application")?,
        address: row.try_get("address")?,
        state: row.try_get("state")?,
        waits_for: row.try_get("waits_for")?,
        seconds: row.try_get("seconds")?,
        text: masked(row.try_get("text")?),
    })
}

const RUNNING: &str = "
select pid,
       backend_start,
       query_start,
       coalesce(usename::text, '') as role,
       application_name as application,
       host(client_addr) as address,
       state,
       wait_event_type || ': ' || wait_event as waits_for,
       extract(epoch from clock_timestamp() - query_start)::float8 as seconds,
       left(query, 4000) as text
  from pg_stat_activity
 where state = 'active'
   and clock_timestamp() - query_start > $1 * interval '1 second'
   and pid <> pg_backend_pid()
   and backend_type = 'client backend'
   and datname = current_database()
 order by query_start, pid
 limit 50";
