//! `status`: how the files and the database stand to each other. Changes nothing.

use tokio_postgres::Client;

use crate::deployment;
use crate::error::MigrateError;
use crate::history::{self, State, compare, pending};
use crate::migration::Migration;
use crate::report::{MigrationState, StatusReport, Verdict};

/// Compares `migrations` with the database.
///
/// # Errors
/// The database can't be read.
pub async fn status(client: &Client, migrations: &[Migration]) -> Result<StatusReport, MigrateError> {
    let environment = deployment::marker(client).await?;
    let standings = compare(migrations, history::read(client).await?);
    let problem = pending(&standings).err().map(|error| error.to_string());
    let waiting = standings.iter().filter(|standing| standing.state == State::Pending).count();
    let verdict = match (&problem, waiting) {
        (Some(_), _) => Verdict::Diverged,
        (None, 0) => Verdict::UpToDate,
        (None, _) => Verdict::Pending,
    };
    let migrations = standings
        .into_iter()
        .map(|standing| MigrationState {
            version: standing.version,
            name: standing
                .migration
                .map(|migration| migration.name.clone())
                .or_else(|| Some(standing.applied.as_ref()?.name.clone()))
                .unwrap_or_default(),
            state: standing.state,
            applied_at: standing.applied.as_ref().map(|row| row.applied_at.clone()),
            duration_ms: standing.applied.as_ref().map(|row| row.duration_ms),
        })
        .collect();
    Ok(StatusReport { verdict, environment, pending: waiting, problem, migrations })
}
