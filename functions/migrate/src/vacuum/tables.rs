//! Which tables there are, and what was done to each: `table_maintenance` is how far the week has come. It is written after
//! each table, so a killed run repeats one table at the most. PostgreSQL's own statistics would do for neither: a crash
//! resets them, and they don't tell our work from autovacuum's.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::history::milliseconds;

/// A table that this week has not seen to yet.
pub(super) struct Table {
    /// As people write it.
    pub(super) name: String,
    /// As SQL needs it.
    quoted: String,
    /// Whether it is cut into partitions: those are vacuumed one by one, it has only statistics of its own.
    is_parent: bool,
    /// Whether the role may.
    pub(super) may: bool,
    /// Its size by the last statistics: asking for the present one would wait for whoever has locked the table.
    pub(super) bytes: i64,
    /// Rows that nobody sees any more.
    pub(super) dead_rows: i64,
}

impl Table {
    /// What is to be done to it.
    pub(super) fn statement(&self) -> String {
        match self.is_parent {
            true => format!("analyze {}", self.quoted),
            false => format!("vacuum (analyze) {}", self.quoted),
        }
    }
}

/// Those that are not done since `since`: first where most is to be won, last those that failed before.
pub(super) async fn waiting(client: &Client, since: Timestamp) -> Result<Vec<Table>, MigrateError> {
    let rows = client.query_typed(WAITING, &[(&since, Type::TIMESTAMPTZ)]).await?;
    let tables = rows.iter().map(|row| {
        Ok(Table {
            name: row.try_get("name")?,
            quoted: row.try_get("quoted")?,
            is_parent: row.try_get("is_parent")?,
            may: row.try_get("may")?,
            bytes: row.try_get("bytes")?,
            dead_rows: row.try_get("dead_rows")?,
        })
    });
    tables.collect()
}

/// Writes down that a table is done, or why it is not.
pub(super) async fn done(
    client: &Client,
    table: &Table,
    took: Duration,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), MigrateError> {
    let (took, error) = (milliseconds(took), error.map(|text| text.chars().take(ERROR_CHARACTERS).collect::<String>()));
    let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[
        (&table.name, Type::TEXT),
        (&now, Type::TIMESTAMPTZ),
        (&took, Type::INT8),
        (&table.bytes, Type::INT8),
        (&table.dead_rows, Type::INT8),
        (&error, Type::TEXT),
    ];
    client.execute_typed(DONE, parameters).await?;
    Ok(())
}

/// Forgets tables that are gone, such as months.
pub(super) async fn forget_dropped(client: &Client) -> Result<(), MigrateError> {
    client.execute_typed(FORGET, &[]).await?;
    Ok(())
}

/// As the column's own constraint.
const ERROR_CHARACTERS: usize = 1_000;

/// $1 since when. Whoever owns the database may vacuum all of it, and PostgreSQL 17 has a right for just that.
const WAITING: &str = "
select c.oid::regclass::text as name,
       format('%I.%I', n.nspname, c.relname) as quoted,
       c.relkind = 'p' as is_parent,
       pg_has_role(d.datdba, 'usage')
           or case
                  when current_setting('server_version_num')::int >= 170000 then has_table_privilege(c.oid, 'MAINTAIN')
                  else pg_has_role(c.relowner, 'usage')
              end as may,
       greatest(c.relpages, 0)::bigint * current_setting('block_size')::bigint as bytes,
       pg_stat_get_dead_tuples(c.oid) as dead_rows
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_database d on d.datname = current_database()
  left join table_maintenance m on m.table_name = c.oid::regclass::text and m.vacuumed_at >= $1
 where c.relkind in ('r', 'm', 'p')
   and c.relpersistence <> 't'
   and n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'
   and (m.table_name is null or m.error is not null)
 order by m.error is not null,
          c.relkind = 'p',
          pg_stat_get_dead_tuples(c.oid)::float8 * greatest(c.relpages, 0)
              / greatest(pg_stat_get_dead_tuples(c.oid) + pg_stat_get_live_tuples(c.oid), 1) desc,
          c.relpages desc,
          c.oid::regclass::text";

const DONE: &str = "
insert into table_maintenance (table_name, vacuumed_at, duration_ms, bytes, dead_rows, error)
values ($1, $2, $3, $4, $5, $6)
on conflict (table_name) do update
   set vacuumed_at = excluded.vacuumed_at,
       duration_ms = excluded.duration_ms,
       bytes = excluded.bytes,
       dead_rows = excluded.dead_rows,
       error = excluded.error";

const FORGET: &str = "delete from table_maintenance where to_regclass(table_name) is null";
