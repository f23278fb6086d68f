//! The server's own figures: slow statements, dead rows, statistics, bloat, sizes and how they grew, indexes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::Database;
use shared::monitoring::{IndexUse, Monitor, MonitorError, Sizes, SlowStatements, TableHealth};
use tokio_postgres::Client;

use crate::error::BackupError;
use crate::settings::Settings;

/// Statistics are stale when more rows have changed since than this,
const STALE_ROWS: i64 = 1_000;
/// and more than this part of the table.
const STALE_PART: i64 = 5;

/// The server's own figures, as of now.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// The ten slowest by mean time, or why they are not counted.
    pub slow_statements: SlowStatements,
    /// Tables by dead rows; those with `isBloated` are flagged.
    pub tables: Vec<TableHealth>,
    /// Tables whose statistics are older than their content.
    pub stale_statistics: Vec<String>,
    /// Room that tables take and would not if they were written anew; estimated, from a megabyte on.
    pub bloat: Vec<Bloat>,
    /// How large everything is.
    pub sizes: Sizes,
    /// Since when uses of indexes are counted, ISO 8601.
    pub index_uses_since: String,
    /// Whether that is long enough ago to drop what was not used since.
    pub index_uses_are_conclusive: bool,
    /// Indexes that were never used and that nothing else needs. Replicas count for themselves.
    pub unused_indexes: Vec<IndexUse>,
}

/// Room that is not needed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bloat {
    /// The table, or one month of it.
    pub table: String,
    /// Its size without indexes.
    pub bytes: i64,
    /// Of that, what its rows don't need.
    pub wasted_bytes: i64,
}

/// How much more there is than at the report before.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Growth {
    /// When that was made, ISO 8601.
    pub since: String,
    /// Of the whole database.
    pub database_bytes: i64,
    /// Tables that changed, the most grown first.
    pub tables: Vec<TableGrowth>,
}

/// How much a table has grown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableGrowth {
    /// Its name.
    pub table: String,
    /// With its indexes; below 0 when it shrank. A new table counts whole.
    pub bytes: i64,
}

/// Sizes as an earlier report has them; further fields don't matter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownSizes {
    database_bytes: i64,
    tables: Vec<KnownSize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownSize {
    name: String,
    total_bytes: i64,
}

/// The figures, or why the role may not see them.
pub(super) async fn look(
    client: &Client,
    settings: &Settings,
) -> Result<(Option<Server>, Option<String>), BackupError> {
    let monitor = Monitor::new(Database::new(settings.url.clone(), settings.clock.clone()));
    match figures(client, &monitor).await {
        Ok(server) => Ok((Some(server), None)),
        Err(Unseen::Monitor(MonitorError::NotSetUp(_))) => {
            let note = "The role of DIRECT_URL does not see the server's figures: have an administrator of the database \
                        grant it pg_monitor";
            Ok((None, Some(note.to_owned())))
        }
        Err(Unseen::Monitor(MonitorError::Database(error))) => Err(BackupError::Figures(error)),
        Err(Unseen::Own(error)) => Err(error.into()),
    }
}

/// Why there are no figures.
enum Unseen {
    Monitor(MonitorError),
    Own(tokio_postgres::Error),
}

impl From<MonitorError> for Unseen {
    fn from(error: MonitorError) -> Self {
        Unseen::Monitor(error)
    }
}

impl From<tokio_postgres::Error> for Unseen {
    fn from(error: tokio_postgres::Error) -> Self {
        Unseen::Own(error)
    }
}

async fn figures(client: &Client, monitor: &Monitor) -> Result<Server, Unseen> {
    let tables = monitor.tables().await?.tables;
    let indexes = monitor.indexes().await?;
    let rows = client.query_typed(BLOAT, &[]).await?;
    let bloat = rows.iter().map(|row| {
        Ok(Bloat { table: row.try_get("name")?, bytes: row.try_get("bytes")?, wasted_bytes: row.try_get("wasted")? })
    });
    Ok(Server {
        slow_statements: monitor.slow_statements().await?,
        stale_statistics: tables.iter().filter(|table| is_stale(table)).map(|table| table.name.clone()).collect(),
        bloat: bloat.collect::<Result<_, tokio_postgres::Error>>()?,
        tables,
        sizes: monitor.sizes().await?,
        index_uses_since: indexes.counted_since,
        index_uses_are_conclusive: indexes.is_conclusive,
        unused_indexes: indexes.indexes.into_iter().filter(|index| index.is_unused).collect(),
    })
}

fn is_stale(table: &TableHealth) -> bool {
    table.changed_since_analyze > STALE_ROWS && table.changed_since_analyze > table.live_rows / STALE_PART
}

pub(super) fn growth(now: &Sizes, before: &KnownSizes, since: String) -> Growth {
    let mut known: BTreeMap<&str, i64> = before.tables.iter().map(|t| (t.name.as_str(), t.total_bytes)).collect();
    let mut tables: Vec<TableGrowth> = now
        .tables
        .iter()
        .map(|table| TableGrowth {
            table: table.name.clone(),
            bytes: table.total_bytes - known.remove(table.name.as_str()).unwrap_or(0),
        })
        .collect();
    // What is left was dropped.
    tables.extend(known.into_iter().map(|(name, bytes)| TableGrowth { table: name.to_owned(), bytes: -bytes }));
    tables.retain(|table| table.bytes != 0);
    tables.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.table.cmp(&b.table)));
    Growth { since, database_bytes: now.database_bytes - before.database_bytes, tables }
}

/// A row takes its columns' average width, 28 bytes of head and up to 7 of padding; a page has 24 bytes of head.
const BLOAT: &str = "
select name, bytes, (bytes - least(needed, bytes))::bigint as wasted
  from (
        select c.oid::regclass::text as name,
               c.relpages::bigint * current_setting('block_size')::bigint as bytes,
               ceil(c.reltuples * (28 + ceil(w.width / 8) * 8) * 100 / coalesce(
                        (select option_value::int from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'),
                        100)
                    / (current_setting('block_size')::int - 24)) * current_setting('block_size')::bigint as needed
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         cross join lateral (
               select sum((1 - s.null_frac) * s.avg_width) as width
                 from pg_stats s
                where s.schemaname = n.nspname
                  and s.tablename = c.relname
                  and not s.inherited) w
         where n.nspname = 'public'
           and c.relkind = 'r'
           and c.reltuples >= 0
           and w.width is not null
       ) estimated
 where bytes >= 1 << 20
   and bytes > needed
 order by wasted desc, name
 limit 20";

#[cfg(test)]
mod tests {
    use shared::monitoring::TableSize;

    use super::*;

    #[test]
    fn ops_45_growth_counts_new_tables_whole_and_dropped_ones_backwards() {
        let table = |name: &str, total_bytes| TableSize {
            name: name.to_owned(),
            total_bytes,
            index_bytes: 0,
            rows: 0,
            partitions: 0,
        };
        let tables = vec![table("grown", 30), table("same", 5), table("new", 7)];
        let now = Sizes { database_bytes: 100, server_bytes: 0, log_bytes: 0, tables };
        let before = serde_json::json!({
            "databaseBytes": 80, "serverBytes": 1,
            "tables": [{"name": "grown", "totalBytes": 10, "rows": 1}, {"name": "same", "totalBytes": 5},
                       {"name": "gone", "totalBytes": 9}],
        });
        let growth = growth(&now, &serde_json::from_value(before).unwrap(), "then".to_owned());
        let of = |name: &str, bytes| TableGrowth { table: name.to_owned(), bytes };
        assert_eq!(growth.tables, [of("grown", 20), of("new", 7), of("gone", -9)]);
        assert_eq!(growth.database_bytes, 20);
    }
}
