//! How large everything is. The months of a table count as one.

use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, one};
use crate::database::Statement;

/// Sizes in bytes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sizes {
    /// This database.
    pub database_bytes: i64,
    /// All databases of the server.
    pub server_bytes: i64,
    /// The write-ahead log.
    pub log_bytes: i64,
    /// The largest first; at most 200.
    pub tables: Vec<TableSize>,
}

/// A table with everything that belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableSize {
    /// Its name, quoted where SQL would need that.
    pub name: String,
    /// With indexes and what is stored beside it.
    pub total_bytes: i64,
    /// Of them, indexes.
    pub index_bytes: i64,
    /// As last estimated.
    pub rows: i64,
    /// Its parts by month; 0 for a table in one piece.
    pub partitions: i64,
}

impl Monitor {
    /// How large everything is.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn sizes(&self) -> Result<Sizes, MonitorError> {
        let [totals, tables] = self.ask([Statement::new(TOTALS), Statement::new(TABLES)]).await?;
        let row = one(&totals)?;
        let table = |row: &Row| {
            Ok::<_, MonitorError>(TableSize {
                name: row.try_get("name")?,
                total_bytes: row.try_get("total_bytes")?,
                index_bytes: row.try_get("index_bytes")?,
                rows: row.try_get("rows")?,
                partitions: row.try_get("partitions")?,
            })
        };
        Ok(Sizes {
            database_bytes: row.try_get("database_bytes")?,
            server_bytes: row.try_get("server_bytes")?,
            log_bytes: row.try_get("log_bytes")?,
            tables: tables.iter().map(table).collect::<Result<_, _>>()?,
        })
    }
}

const TOTALS: &str = "
select pg_database_size(current_database()) as database_bytes,
       (select sum(pg_database_size(oid))::bigint from pg_database where datallowconn) as server_bytes,
       (select coalesce(sum(size), 0)::bigint from pg_ls_waldir()) as log_bytes";

const TABLES: &str = "
select format('%I', r.relname) as name,
       sum(pg_total_relation_size(c.oid))::bigint as total_bytes,
       sum(pg_indexes_size(c.oid))::bigint as index_bytes,
       coalesce(sum(greatest(c.reltuples, 0)) filter (where c.relkind <> 'p'), 0)::bigint as rows,
       count(*) filter (where c.oid <> r.oid and c.relkind <> 'p') as partitions
  from pg_class c
  join pg_class r on r.oid = coalesce(pg_partition_root(c.oid), c.oid)
 where c.relkind in ('r', 'p', 'm')
   and r.relnamespace = 'public'::regnamespace
 group by r.oid, r.relname
 order by total_bytes desc, name
 limit 200";

/// A number of bytes for people, such as `1.5 MiB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
pub fn bytes(count: i64) -> String {
    let mut value = count as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1_024.0 {
            break;
        }
        (value, unit) = (value / 1_024.0, larger);
    }
    format!("{value:.1} {unit}")
}
