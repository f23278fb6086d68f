//! Who is connected, against the limit.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, float, one, percent};
use crate::database::Statement;

/// The server's connections.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// Clients of the whole server.
    pub used: i64,
    /// Of them, those of this database.
    pub here: i64,
    /// `max_connections`.
    pub maximum: i64,
    /// Kept back for superusers and the like.
    pub reserved: i64,
    /// What ordinary roles can have.
    pub limit: i64,
    /// `used` in percent of `limit`.
    pub used_percent: f64,
    /// Those of this database, the most numerous first; at most 100.
    pub groups: Vec<ConnectionGroup>,
}

/// Connections that have the same application, role and state.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionGroup {
    /// The function's name, or what else the client calls itself.
    pub application: String,
    /// The database role.
    pub role: String,
    /// Such as `active` or `idle`.
    pub state: String,
    /// How many.
    pub count: i64,
    /// Since when the longest of them has been in this state.
    pub longest_seconds: f64,
}

impl Monitor {
    /// Who is connected.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn connections(&self) -> Result<Connections, MonitorError> {
        let [totals, groups] = self.ask([Statement::new(TOTALS), Statement::new(GROUPS)]).await?;
        let row = one(&totals)?;
        let (used, maximum, reserved): (i64, i64, i64) =
            (row.try_get("used")?, row.try_get("maximum")?, row.try_get("reserved")?);
        let limit = maximum - reserved;
        let group = |row: &tokio_postgres::Row| {
            Ok::<_, MonitorError>(ConnectionGroup {
                application: row.try_get("application")?,
                role: row.try_get("role")?,
                state: row.try_get("state")?,
                count: row.try_get("count")?,
                longest_seconds: row.try_get("longest_seconds")?,
            })
        };
        Ok(Connections {
            used,
            here: row.try_get("here")?,
            maximum,
            reserved,
            limit,
            used_percent: percent(float(used), float(limit)),
            groups: groups.iter().map(group).collect::<Result<_, _>>()?,
        })
    }
}

/// `reserved_connections` came with PostgreSQL 16.
const TOTALS: &str = "
select count(*) as used,
       count(*) filter (where datname = current_database()) as here,
       current_setting('max_connections')::bigint as maximum,
       current_setting('superuser_reserved_connections')::bigint
           + coalesce(current_setting('reserved_connections', true), '0')::bigint as reserved
  from pg_stat_activity
 where backend_type = 'client backend'";

const GROUPS: &str = "
select application_name as application,
       coalesce(usename::text, '') as role,
       coalesce(state, 'unknown') as state,
       count(*) as count,
       coalesce(extract(epoch from max(clock_timestamp() - state_change)), 0)::float8 as longest_seconds
  from pg_stat_activity
 where datname = current_database()
   and backend_type = 'client backend'
 group by 1, 2, 3
 order by count desc, 1, 2, 3
 limit 100";
