//! Dead rows and stale statistics: what VACUUM and ANALYZE have still to do.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError};
use crate::clock::iso;
use crate::database::Statement;

/// From how many dead rows on a table is worth a look: small ones are read whole anyhow.
const FLAGGED_ROWS: i64 = 1_000;
/// From which share of dead rows on.
const FLAGGED_PERCENT: i64 = 20;

/// Tables by dead rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tables {
    /// The most dead rows first; at most 100.
    pub tables: Vec<TableHealth>,
}

/// A table, or one month of it: VACUUM works on months, too.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableHealth {
    /// Its name.
    pub name: String,
    /// Rows that count, as estimated.
    pub live_rows: i64,
    /// Rows that nobody sees any more and that still take room.
    pub dead_rows: i64,
    /// Of all of them, in percent.
    pub dead_percent: f64,
    /// Rows changed since the planner last looked at the table.
    pub changed_since_analyze: i64,
    /// Last VACUUM, by hand or by the server, ISO 8601.
    pub vacuumed_at: Option<String>,
    /// Last ANALYZE, by hand or by the server, ISO 8601.
    pub analyzed_at: Option<String>,
    /// More than 1,000 dead rows, and they are more than a fifth.
    pub is_bloated: bool,
}

impl Monitor {
    /// Tables by dead rows.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn tables(&self) -> Result<Tables, MonitorError> {
        let [rows] = self.ask([Statement::new(TABLES).bind(FLAGGED_ROWS).bind(FLAGGED_PERCENT)]).await?;
        Ok(Tables { tables: rows.iter().map(table).collect::<Result<_, _>>()? })
    }
}

fn table(row: &Row) -> Result<TableHealth, MonitorError> {
    let moment = |name| Ok::<_, MonitorError>(row.try_get::<_, Option<jiff::Timestamp>>(name)?.map(iso));
    Ok(TableHealth {
        name: row.try_get("name")?,
        live_rows: row.try_get("live_rows")?,
        dead_rows: row.try_get("dead_rows")?,
        dead_percent: row.try_get("dead_percent")?,
        changed_since_analyze: row.try_get("changed")?,
        vacuumed_at: moment("vacuumed_at")?,
        analyzed_at: moment("analyzed_at")?,
        is_bloated: row.try_get("is_bloated")?,
    })
}

/// $1 dead rows and $2 percent from which on a table is flagged.
const TABLES: &str = "
select format('%I', relname) as name,
       n_live_tup as live_rows,
       n_dead_tup as dead_rows,
       coalesce(n_dead_tup * 100.0::float8 / nullif(n_live_tup + n_dead_tup, 0), 0) as dead_percent,
       n_mod_since_analyze as changed,
       greatest(last_vacuum, last_autovacuum) as vacuumed_at,
       greatest(last_analyze, last_autoanalyze) as analyzed_at,
       n_dead_tup > $1 and n_dead_tup * 100 > $2 * (n_live_tup + n_dead_tup) as is_bloated
  from pg_stat_user_tables
 where schemaname = 'public'
 order by n_dead_tup desc, name
 limit 100";
