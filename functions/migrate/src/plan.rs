//! `plan`: the statements that `deploy` would run, in order. Changes nothing.

use tokio_postgres::Client;

use crate::concurrent_index::{ConcurrentIndex, Found, drop_sql};
use crate::deployment;
use crate::error::MigrateError;
use crate::history::{self, compare, pending};
use crate::migration::Migration;
use crate::report::{PlanReport, PlannedMigration, PlannedStatement};
use crate::settings::Settings;
use crate::statements::Statement;

/// Lists what is pending, statement by statement.
///
/// # Errors
/// The same reasons for which `deploy` would refuse to start.
pub async fn plan(client: &Client, migrations: &[Migration], settings: &Settings) -> Result<PlanReport, MigrateError> {
    deployment::check(client, settings.environment).await?;
    let standings = compare(migrations, history::read(client).await?);
    let mut planned = Vec::new();
    for migration in pending(&standings)? {
        let mut statements = Vec::with_capacity(migration.statements.len());
        for statement in &migration.statements {
            statements.extend(steps(client, statement).await?);
        }
        planned.push(PlannedMigration {
            version: migration.version,
            name: migration.name.clone(),
            file: migration.file.clone(),
            transaction: migration.transaction,
            statements,
        });
    }
    Ok(PlanReport { pending: planned.len(), migrations: planned })
}

/// A statement, and what the runner does before it or instead of it.
async fn steps(client: &Client, statement: &Statement) -> Result<Vec<PlannedStatement>, MigrateError> {
    let planned = |sql: &str| PlannedStatement { number: statement.number, line: statement.line, sql: sql.to_owned() };
    let Some(index) = ConcurrentIndex::of(statement) else { return Ok(vec![planned(&statement.sql)]) };
    Ok(match index.find(client).await? {
        Found::Valid => Vec::new(),
        Found::Invalid(name) => vec![planned(&drop_sql(&name)), planned(&statement.sql)],
        Found::Missing | Found::Taken => vec![planned(&statement.sql)],
    })
}
