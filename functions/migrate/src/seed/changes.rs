//! What a transaction has changed so far, as PostgreSQL counts it for its statistics.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Client;

/// A table's months count as the table.
const COUNT: &str = "
    select coalesce(pg_partition_root(relid), relid)::regclass::text,
           sum(n_tup_ins)::bigint, sum(n_tup_upd)::bigint, sum(n_tup_del)::bigint
      from pg_stat_xact_user_tables
     where n_tup_ins + n_tup_upd + n_tup_del > 0
     group by 1";

/// Rows of a table that were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableChange {
    /// The table.
    pub table: String,
    /// How many rows are new.
    pub inserted: i64,
    /// How many rows were written again, also with the values that they had.
    pub updated: i64,
    /// How many rows are gone.
    pub deleted: i64,
}

/// The counts of a moment.
pub(super) struct Counts(BTreeMap<String, [i64; 3]>);

impl Counts {
    /// Those of the present transaction. An earlier one of the session may still be counted in them.
    pub(super) async fn read(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let rows = client.query_typed(COUNT, &[]).await?;
        let count =
            |row: tokio_postgres::Row| Ok((row.try_get(0)?, [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?]));
        rows.into_iter().map(count).collect::<Result<_, _>>().map(Self)
    }

    /// What has come since `before`, by table.
    pub(super) fn since(&self, before: &Self) -> Vec<TableChange> {
        let change = |(table, [inserted, updated, deleted]): (&String, &[i64; 3])| {
            let [earlier_inserted, earlier_updated, earlier_deleted] = before.0.get(table).copied().unwrap_or_default();
            TableChange {
                table: table.clone(),
                inserted: inserted - earlier_inserted,
                updated: updated - earlier_updated,
                deleted: deleted - earlier_deleted,
            }
        };
        self.0.iter().map(change).filter(|change| change.inserted + change.updated + change.deleted > 0).collect()
    }
}
