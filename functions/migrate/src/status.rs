//! `status`: how the files and the database stand to each other. Changes nothing.

use tokio_postgres::Client;

use crate::deployment;
use crate::drift::{self, Drift};
use crate::error::MigrateError;
use crate::failures;
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
    let mut failures = failures::read(client).await?;
    let drift = drift::find(client).await?;
    let failed = standings.iter().any(|one| one.state == State::Pending && failures.contains_key(&one.version));
    let verdict = match (&problem, waiting) {
        (Some(_), _) => Verdict::Diverged,
        (None, _) if failed => Verdict::Failed,
        (None, _) if matches!(drift, Drift::Found { .. }) => Verdict::Drift,
        (None, 0) => Verdict::UpToDate,
        (None, _) => Verdict::Pending,
    };
    let migrations = standings
        .into_iter()
        .map(|standing| (failures.remove(&standing.version).filter(|_| standing.state == State::Pending), standing))
        .map(|(failure, standing)| MigrationState {
            version: standing.version,
            name: standing
                .migration
                .map(|migration| migration.name.clone())
                .or_else(|| Some(standing.applied.as_ref()?.name.clone()))
                .unwrap_or_default(),
            state: if failure.is_some() { State::Failed } else { standing.state },
            applied_at: standing.applied.as_ref().map(|row| row.applied_at.clone()),
            duration_ms: standing.applied.as_ref().map(|row| row.duration_ms),
            failure,
        })
        .collect();
    Ok(StatusReport { verdict, environment, pending: waiting, problem, drift, migrations })
}
