//! `plan`: the statements that `deploy` would run, in order, and what each does to the traffic. Changes nothing.

use std::collections::BTreeSet;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::concurrent_index::{ConcurrentIndex, Found, drop_sql};
use crate::deployment;
use crate::drift;
use crate::effects::{Amount, Effects};
use crate::error::MigrateError;
use crate::history::{self, compare, pending};
use crate::migration::Migration;
use crate::plan_report::{PlanReport, PlannedLock, PlannedMigration, PlannedStatement};
use crate::settings::Settings;
use crate::statements::Statement;

/// From so many rows on a lock that lasts as long as the work is felt by others.
const MANY: i64 = 100_000;

/// The planner's estimate, months included; it needs no reading of the table. -1 means "never counted".
const ROWS: &str = "
    select coalesce((select sum(greatest(c.reltuples, 0))
                       from pg_partition_tree(t.oid) p
                       join pg_class c on c.oid = p.relid
                      where p.isleaf),
                    case when t.reltuples < 0 and pg_relation_size(t.oid) = 0 then 0 else t.reltuples end)::bigint
      from pg_class t
     where t.oid = to_regclass($1)";

/// What locks an index to drop it locks its table.
const TABLE: &str = "select indrelid::regclass::text from pg_index where indexrelid = to_regclass($1)";

/// Lists what is pending, statement by statement.
///
/// # Errors
/// The same reasons for which `deploy` would refuse to start.
pub async fn plan(client: &Client, migrations: &[Migration], settings: &Settings) -> Result<PlanReport, MigrateError> {
    deployment::check(client, settings.environment).await?;
    let standings = compare(migrations, history::read(client).await?);
    let mut planned = Vec::new();
    let mut made = BTreeSet::new();
    for migration in pending(&standings)? {
        let mut statements = Vec::with_capacity(migration.statements.len());
        for statement in &migration.statements {
            statements.extend(steps(client, statement, &mut made).await?);
        }
        planned.push(PlannedMigration {
            version: migration.version,
            name: migration.name.clone(),
            file: migration.file.clone(),
            transaction: migration.transaction,
            statements,
        });
    }
    let drift = drift::find(client).await?.differences().to_vec();
    Ok(PlanReport { pending: planned.len(), migrations: planned, drift })
}

/// A statement, and what the runner does before it or instead of it.
async fn steps(
    client: &Client,
    statement: &Statement,
    made: &mut BTreeSet<String>,
) -> Result<Vec<PlannedStatement>, MigrateError> {
    let effects = Effects::of(statement);
    made.extend(effects.creates.clone());
    let mut locks = Vec::new();
    for (table, lock) in &effects.locks {
        let table = table_of(client, table).await?;
        let rows = if made.contains(&table) { None } else { rows(client, &table).await? };
        locks.push(PlannedLock { table, lock: *lock, stops: lock.stops(), rows });
    }
    let mut warnings = Vec::new();
    for danger in &effects.dangers {
        let rows = if made.contains(&danger.table) { Some(0) } else { rows(client, &danger.table).await? };
        // A domain has no rows, and neither has a table that isn't there yet.
        let real = match danger.rows {
            Amount::None => !made.contains(&danger.table),
            Amount::One => rows.is_some_and(|rows| rows != 0),
            Amount::Many => rows.is_some_and(|rows| !(0..MANY).contains(&rows)),
        };
        if real {
            warnings.push(format!("{}: {}", danger.table, danger.says));
        }
    }
    let planned = |sql: &str, locks: Vec<PlannedLock>| PlannedStatement {
        number: statement.number,
        line: statement.line,
        sql: sql.to_owned(),
        locks,
        runs_code: effects.opaque,
        warnings: warnings.clone(),
    };
    let Some(index) = ConcurrentIndex::of(statement) else { return Ok(vec![planned(&statement.sql, locks)]) };
    Ok(match index.find(client).await? {
        Found::Valid => Vec::new(),
        Found::Invalid(name) => vec![planned(&drop_sql(&name), locks.clone()), planned(&statement.sql, locks)],
        Found::Missing | Found::Taken => vec![planned(&statement.sql, locks)],
    })
}

/// How many rows a table has, about; negative when nobody has counted, nothing when there is no such table.
async fn rows(client: &Client, table: &str) -> Result<Option<i64>, MigrateError> {
    let row = client.query_typed_opt(ROWS, &[(&table, Type::TEXT)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

async fn table_of(client: &Client, relation: &str) -> Result<String, MigrateError> {
    let row = client.query_typed_opt(TABLE, &[(&relation, Type::TEXT)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or_else(|| relation.to_owned()))
}
