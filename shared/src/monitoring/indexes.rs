//! Which indexes are used, and which never were.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, one};
use crate::clock::iso;
use crate::database::Statement;

/// Counters younger than this say nothing of what is never used: some work is done once a week.
const CONCLUSIVE_AFTER_DAYS: i64 = 7;

/// Indexes, the least used first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Indexes {
    /// Since when it is counted, ISO 8601.
    pub counted_since: String,
    /// Whether that is long enough ago to drop what was not used since.
    pub is_conclusive: bool,
    /// Replicas count for themselves: an index may be used there alone.
    pub note: &'static str,
    /// The least used first; at most 500.
    pub indexes: Vec<IndexUse>,
}

/// An index and how often it was used. The months of a table count as one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexUse {
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// How often it was looked into.
    pub scans: i64,
    /// Entries that were read.
    pub entries_read: i64,
    /// Rows that were fetched by it.
    pub rows_fetched: i64,
    /// On disk.
    pub bytes: i64,
    /// Never looked into, and nothing else needs it: no constraint and no replica identity.
    pub is_unused: bool,
}

impl Monitor {
    /// The indexes by use.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn indexes(&self) -> Result<Indexes, MonitorError> {
        let [since, rows] = self.ask([Statement::new(SINCE), Statement::new(INDEXES)]).await?;
        let since = one(&since)?;
        let days: i64 = since.try_get("days")?;
        let index = |row: &Row| {
            Ok::<_, MonitorError>(IndexUse {
                table: row.try_get("table_name")?,
                name: row.try_get("name")?,
                scans: row.try_get("scans")?,
                entries_read: row.try_get("entries_read")?,
                rows_fetched: row.try_get("rows_fetched")?,
                bytes: row.try_get("bytes")?,
                is_unused: row.try_get("is_unused")?,
            })
        };
        Ok(Indexes {
            counted_since: iso(since.try_get("since")?),
            is_conclusive: days >= CONCLUSIVE_AFTER_DAYS,
            note: "Read replicas count for themselves: look there, too, before you drop an index.",
            indexes: rows.iter().map(index).collect::<Result<_, _>>()?,
        })
    }
}

/// Counters that were never reset began, as far as anybody can say, with the server's start.
const SINCE: &str = "
select since, floor(extract(epoch from clock_timestamp() - since) / 86400)::bigint as days
  from (
        select coalesce(stats_reset, pg_postmaster_start_time()) as since
          from pg_stat_database
         where datname = current_database()
       ) counters";

const INDEXES: &str = "
select format('%I', t.relname) as table_name,
       format('%I', r.relname) as name,
       sum(s.idx_scan)::bigint as scans,
       sum(s.idx_tup_read)::bigint as entries_read,
       sum(s.idx_tup_fetch)::bigint as rows_fetched,
       sum(pg_relation_size(s.indexrelid))::bigint as bytes,
       sum(s.idx_scan) = 0
           and not bool_or(i.indisunique or i.indisprimary or i.indisreplident)
           and not exists (select from pg_constraint c where c.conindid = r.oid) as is_unused
  from pg_stat_user_indexes s
  join pg_index i on i.indexrelid = s.indexrelid
  join pg_class r on r.oid = coalesce(pg_partition_root(s.indexrelid), s.indexrelid)
  join pg_class t on t.oid = coalesce(pg_partition_root(s.relid), s.relid)
 where s.schemaname = 'public'
 group by r.oid, r.relname, t.relname
 order by scans, bytes desc, name
 limit 500";
