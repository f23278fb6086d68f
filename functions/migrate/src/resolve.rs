//! `resolve`: tells the history what somebody did by hand.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::history::{self, Standing, State, compare};
use crate::migration::Migration;
use crate::settings::Settings;
use crate::{deployment, drift, failures, lock, transaction};

/// What to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Its work is not in the database: a failure is forgotten, an applied one is pending again.
    RolledBack,
    /// Its work is in the database, done by hand; or, for the last one, the schema as it is now is right.
    Applied,
}

/// What `resolve` did.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveReport {
    /// The migration.
    pub migration: String,
    /// What was told.
    pub resolution: Resolution,
    /// What is different now, as a sentence.
    pub done: String,
}

/// Changes the history alone; nothing of the migration runs.
///
/// # Errors
/// There is no such migration, the history would get a hole, or there is nothing to resolve.
pub async fn resolve(
    client: &Client,
    migrations: &[Migration],
    name: &str,
    resolution: Resolution,
    settings: &Settings,
) -> Result<ResolveReport, MigrateError> {
    lock::acquire(client, settings.lock_wait).await?;
    let outcome = async {
        deployment::check(client, settings.environment).await?;
        transaction::begin(client, settings.table_lock_wait).await?;
        let outcome = in_transaction(client, migrations, name, resolution).await;
        transaction::finish(client, "resolve", outcome).await
    };
    let outcome = outcome.await;
    lock::release(client).await;
    outcome
}

async fn in_transaction(
    client: &Client,
    migrations: &[Migration],
    name: &str,
    resolution: Resolution,
) -> Result<ResolveReport, MigrateError> {
    history::ensure(client).await?;
    let standings = compare(migrations, history::read(client).await?);
    let is_applied = |standing: &&Standing<'_>| standing.state != State::Pending;
    let newest = standings.iter().filter(is_applied).map(|standing| standing.version).max().unwrap_or(0);
    let standing = find(&standings, name)?;
    let refuse = |why: String| Err(MigrateError::Request(format!("{}: {why}; nothing was done", label(standing))));
    let done = match (resolution, standing.state) {
        (Resolution::RolledBack, State::Pending) => {
            if !failures::forget(client, standing.version).await? {
                return refuse("it is pending and did not fail, so there is nothing to roll back".to_owned());
            }
            "its failure is forgotten; it is pending and runs with the next deploy"
        }
        (Resolution::RolledBack, _) if standing.version != newest => {
            return refuse(format!("V{newest:04} was applied after it; roll that back first"));
        }
        (Resolution::RolledBack, _) => {
            let sql = "delete from schema_migrations where version = $1";
            client.execute_typed(sql, &[(&standing.version, Type::INT4)]).await?;
            drift::record(client, newest - 1).await?;
            "it is pending again; its objects must be gone from the database, which nothing has checked"
        }
        (Resolution::Applied, State::Pending) => {
            if standing.version != newest + 1 {
                return refuse(format!("migrations are applied in order, and V{:04} is next", newest + 1));
            }
            let Some(migration) = standing.migration else { return refuse("it has no file".to_owned()) };
            history::record(client, migration, Duration::ZERO).await?;
            "it is recorded as applied without having run, with the schema as it is now"
        }
        (Resolution::Applied, _) if standing.version != newest => {
            return refuse("it is applied already".to_owned());
        }
        (Resolution::Applied, _) => {
            drift::record(client, newest).await?;
            "it is applied already; the schema as it is now is recorded as what it left"
        }
    };
    Ok(ResolveReport { migration: label(standing), resolution, done: done.to_owned() })
}

/// `V0007__name.sql`, `V0007__name`, `V0007`, `name`.
fn find<'a, 'b>(standings: &'a [Standing<'b>], name: &str) -> Result<&'a Standing<'b>, MigrateError> {
    let wanted = name.strip_suffix(".sql").unwrap_or(name);
    let is_it = |standing: &&Standing<'_>| {
        let label = label(standing);
        label == wanted || label.split_once("__").is_some_and(|(version, name)| version == wanted || name == wanted)
    };
    let mut found = standings.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(standing), None) => Ok(standing),
        (Some(_), Some(_)) => {
            Err(MigrateError::Request(format!("{name} names several migrations: write its version, too")))
        }
        (None, _) => {
            let newest = standings.last().map(label).unwrap_or_default();
            Err(MigrateError::Request(format!("there is no migration {name:?}; the newest is {newest}")))
        }
    }
}

fn label(standing: &Standing<'_>) -> String {
    let name = standing.migration.map(|migration| &migration.name).or(standing.applied.as_ref().map(|row| &row.name));
    format!("V{:04}__{}", standing.version, name.map_or("", String::as_str))
}

impl ResolveReport {
    pub(crate) fn to_text(&self) -> String {
        format!("{}: {}.", self.migration, self.done)
    }
}
