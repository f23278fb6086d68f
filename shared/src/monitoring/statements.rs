//! Which statements are slow, as `pg_stat_statements` counts them.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, masked, one};
use crate::clock::iso;
use crate::database::Statement;

const NO_EXTENSION: &str = "The extension pg_stat_statements is not installed in this database: have an administrator run \
                            \"create extension pg_stat_statements\"";
const NOT_LOADED: &str = "The server does not count statements: add pg_stat_statements to shared_preload_libraries and \
                          restart it";

/// Not every server has this view, so nothing that names it can be prepared everywhere.
macro_rules! counted_statements {
    () => {
        "pg_stat_statements"
    };
}

/// The slowest statements.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlowStatements {
    /// Why there are none, if the server does not count them.
    pub note: Option<String>,
    /// Since when they are counted, ISO 8601.
    pub since: Option<String>,
    /// By mean time, the slowest first; at most 10.
    pub statements: Vec<SlowStatement>,
}

/// A statement and its times.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlowStatement {
    /// PostgreSQL's name for it.
    pub query_id: String,
    /// The role that runs it.
    pub role: String,
    /// Its text, without values.
    pub text: String,
    /// How often it ran.
    pub calls: i64,
    /// Milliseconds of one run, on average.
    pub mean_milliseconds: f64,
    /// Of the longest run.
    pub longest_milliseconds: f64,
    /// Of all runs.
    pub total_milliseconds: f64,
    /// Rows of all runs.
    pub rows: i64,
    /// How much of what it read was in memory, in percent.
    pub cached_percent: Option<f64>,
}

/// How often a statement has run of which a run was slow.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementCount {
    /// Which one.
    pub query_id: String,
    /// Ever since the counters started.
    pub calls: f64,
    /// Of all runs.
    pub total_milliseconds: f64,
}

impl Monitor {
    /// The slowest statements of this database by mean time.
    ///
    /// # Errors
    /// [`MonitorError`]. A server that does not count is no error.
    pub async fn slow_statements(&self) -> Result<SlowStatements, MonitorError> {
        if let Some(note) = self.why_uncounted().await? {
            return Ok(SlowStatements { note: Some(note.to_owned()), since: None, statements: Vec::new() });
        }
        let [rows, since] = self.ask([Statement::new(SLOWEST), Statement::new(SINCE)]).await?;
        Ok(SlowStatements {
            note: None,
            since: one(&since)?.try_get::<_, Option<jiff::Timestamp>>("since")?.map(iso),
            statements: rows.iter().map(statement).collect::<Result<_, _>>()?,
        })
    }

    /// The statements of which a run has taken longer than `milliseconds`; none if the server does not count.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn statement_counts(&self, milliseconds: i64) -> Result<Option<Vec<StatementCount>>, MonitorError> {
        if self.why_uncounted().await?.is_some() {
            return Ok(None);
        }
        let [rows] = self.ask([Statement::new(COUNTS).bind(milliseconds)]).await?;
        let count = |row: &Row| {
            Ok::<_, MonitorError>(StatementCount {
                query_id: row.try_get("query_id")?,
                calls: row.try_get("calls")?,
                total_milliseconds: row.try_get("total")?,
            })
        };
        Ok(Some(rows.iter().map(count).collect::<Result<_, _>>()?))
    }

    async fn why_uncounted(&self) -> Result<Option<&'static str>, MonitorError> {
        let [rows] = self.ask([Statement::new(COUNTED)]).await?;
        let row = one(&rows)?;
        Ok(match (row.try_get("loaded")?, row.try_get("installed")?) {
            (false, _) => Some(NOT_LOADED),
            (true, false) => Some(NO_EXTENSION),
            (true, true) => None,
        })
    }
}

fn statement(row: &Row) -> Result<SlowStatement, MonitorError> {
    // Utility statements keep their values, such as passwords.
    let text = masked(row.try_get("text")?);
    Ok(SlowStatement {
        query_id: row.try_get("query_id")?,
        role: row.try_get("role")?,
        text,
        calls: row.try_get("calls")?,
        mean_milliseconds: row.try_get("mean")?,
        longest_milliseconds: row.try_get("longest")?,
        total_milliseconds: row.try_get("total")?,
        rows: row.try_get("rows")?,
        cached_percent: row.try_get("cached_percent")?,
    })
}

const COUNTED: &str = "
select current_setting('shared_preload_libraries') like '%pg_stat_statements%' as loaded,
       to_regclass('pg_stat_statements') is not null as installed";

const SLOWEST: &str = concat!(
    "select coalesce(s.queryid::text, '') as query_id, coalesce(r.rolname::text, '') as role,
            left(s.query, 4000) as text, s.calls, s.mean_exec_time as mean, s.max_exec_time as longest,
            s.total_exec_time as total, s.rows,
            s.shared_blks_hit * 100.0::float8 / nullif(s.shared_blks_hit + s.shared_blks_read, 0) as cached_percent
       from ",
    counted_statements!(),
    " s
       left join pg_roles r on r.oid = s.userid
      where s.dbid = (select oid from pg_database where datname = current_database())
      order by s.mean_exec_time desc, s.queryid
      limit 10"
);

const SINCE: &str = concat!("select stats_reset as since from ", counted_statements!(), "_info");

/// $1 milliseconds. The most that can matter: more slow statements than this are an alert in any case.
const COUNTS: &str = concat!(
    "select s.queryid::text || ':' || s.userid::text as query_id,
            sum(s.calls)::float8 as calls, sum(s.total_exec_time)::float8 as total
       from ",
    counted_statements!(),
    " s
      where s.dbid = (select oid from pg_database where datname = current_database())
        and s.queryid is not null
        and s.max_exec_time > $1
      group by 1
      order by max(s.max_exec_time) desc
      limit 200"
);
