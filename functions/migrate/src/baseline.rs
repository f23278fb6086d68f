//! `baseline`: adopts a database that was made without this runner, if it is what the migrations would make.

use serde::Serialize;
use tokio_postgres::Client;

use crate::catalogue::{Catalogue, Difference};
use crate::error::MigrateError;
use crate::migration::Migration;
use crate::report::counted;
use crate::settings::Settings;
use crate::{deployment, history, lock, scratch, transaction};

/// The readiness check reads the history; where the migrations ran, the first of them granted it.
const GRANT: &str = "
    do $$ begin
        if exists (select from pg_roles where rolname = 'spike_app') then
            grant select on schema_migrations to spike_app;
        end if;
    end $$";

/// What `baseline` found or did.
#[derive(Debug, Clone, Serialize)]
pub struct BaselineReport {
    /// How many migrations are now recorded as applied: all, or none where something differs.
    pub recorded: usize,
    /// How the database differs from what the migrations make.
    pub differences: Vec<Difference>,
}

/// Compares the database with what `migrations` make in a scratch database, and records them where nothing differs.
///
/// # Errors
/// The database has a history already, belongs to another environment, or no scratch database can be made.
pub async fn baseline(
    client: &Client,
    migrations: &[Migration],
    settings: &Settings,
) -> Result<BaselineReport, MigrateError> {
    lock::acquire(client, settings.lock_wait).await?;
    let outcome = under_lock(client, migrations, settings).await;
    lock::release(client).await;
    outcome
}

async fn under_lock(
    client: &Client,
    migrations: &[Migration],
    settings: &Settings,
) -> Result<BaselineReport, MigrateError> {
    deployment::check(client, settings.environment).await?;
    if !history::read(client).await?.is_empty() {
        let why = "the database has a history of migrations already, so there is nothing to adopt: run `status`";
        return Err(MigrateError::Request(why.to_owned()));
    }
    let expected = scratch::expected_catalogue(settings, migrations).await?;
    let differences = scratch::relevant_differences(&Catalogue::read(client).await?, &expected);
    if !differences.is_empty() {
        return Ok(BaselineReport { recorded: 0, differences });
    }
    transaction::begin(client, settings.table_lock_wait).await?;
    let outcome = async {
        history::ensure(client).await?;
        client.batch_execute(GRANT).await?;
        for migration in migrations {
            history::record(client, migration, std::time::Duration::ZERO).await?;
        }
        deployment::mark(client, settings.environment).await
    };
    let outcome = outcome.await;
    transaction::finish(client, "baseline", outcome).await?;
    Ok(BaselineReport { recorded: migrations.len(), differences })
}

impl BaselineReport {
    pub(crate) fn to_text(&self) -> String {
        if self.differences.is_empty() {
            let recorded = counted(self.recorded, "migration");
            return format!("The database is what the migrations make: {recorded} recorded as applied.");
        }
        let lines: String = self.differences.iter().map(|difference| format!("  {difference}\n")).collect();
        let count = counted(self.differences.len(), "difference");
        format!(
            "{lines}{count} from what the migrations make: nothing was recorded. Change the database until there is none."
        )
    }
}
