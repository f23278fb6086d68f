//! `deploy`: applies what is pending, in order, alone.

use tokio_postgres::Client;

use crate::apply::apply;
use crate::drift::{self, Drift};
use crate::error::MigrateError;
use crate::history::{self, Standing, compare, milliseconds, pending};
use crate::migration::Migration;
use crate::report::{AppliedMigration, DeployReport};
use crate::settings::Settings;
use crate::{deployment, failures, lock, ownership, way_back};

/// Applies the pending ones of `migrations`. Run again it finds nothing to do.
///
/// # Errors
/// Another run doesn't end, the history doesn't fit the files, the database belongs to another environment, or a
/// migration fails; then those before it stay applied.
pub async fn deploy(
    client: &Client,
    migrations: &[Migration],
    settings: &Settings,
) -> Result<DeployReport, MigrateError> {
    lock::acquire(client, settings.lock_wait).await?;
    let outcome = under_lock(client, migrations, settings).await;
    lock::release(client).await;
    outcome
}

async fn under_lock(
    client: &Client,
    migrations: &[Migration],
    settings: &Settings,
) -> Result<DeployReport, MigrateError> {
    deployment::check(client, settings.environment).await?;
    history::ensure(client).await?;
    let standings = compare(migrations, history::read(client).await?);
    let pending = pending(&standings)?;
    if settings.backup_first && !pending.is_empty() {
        way_back::check(client, &standings).await?;
    }
    let drift = if pending.is_empty() {
        settle(client, &standings).await?;
        Drift::None
    } else {
        drift::find(client).await?
    };
    for difference in drift.differences() {
        tracing::warn!("changed by hand since the last migration: {difference}");
    }
    let mut applied = Vec::with_capacity(pending.len());
    for migration in &pending {
        let duration = match apply(client, migration, settings).await {
            Ok(duration) => duration,
            Err(error) => {
                failures::record(client, migration, &error).await;
                return Err(error);
            }
        };
        // As soon as the table is there: a later failure must not leave the database unmarked.
        deployment::mark(client, settings.environment).await?;
        applied.push(AppliedMigration {
            version: migration.version,
            name: migration.name.clone(),
            duration_ms: milliseconds(duration),
        });
    }
    let already_applied = migrations.len() - pending.len();
    Ok(DeployReport { applied, already_applied, pending: 0, drift: drift.differences().to_vec() })
}

/// Months made since belong to the owner too. What this changes is the schema's right state, unless somebody else had
/// changed it before.
async fn settle(client: &Client, standings: &[Standing<'_>]) -> Result<(), MigrateError> {
    let Some(newest) = standings.last() else { return Ok(()) };
    let as_recorded = matches!(drift::find(client).await?, Drift::None);
    ownership::settle(client, "the end of deploy").await?;
    if as_recorded && !matches!(drift::find(client).await?, Drift::None) {
        drift::record(client, newest.version).await?;
    }
    Ok(())
}
