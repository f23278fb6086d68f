//! Migrations and seeds: plain SQL, built in, run over a direct connection, as a Lambda function and as `cargo db`.
//!
//! No well-kept runner has both a lock and steps outside a transaction, so this is a small one of our own.

mod action;
mod apply;
pub mod command_line;
mod concurrent_index;
mod deploy;
mod deployment;
mod direct;
mod error;
mod file_name;
mod history;
pub mod lambda;
mod lexer;
pub mod lock;
mod migration;
mod plan;
pub mod reconcile;
mod report;
mod rules;
mod seed;
mod settings;
mod statements;
mod status;
mod transaction;
mod users;

pub use action::{Action, Seeding};
pub use deploy::deploy;
pub use direct::{Access, close, connect};
pub use error::{FailedStatement, MigrateError};
pub use history::State;
pub use migration::{Migration, embedded, from_folder};
pub use plan::plan;
pub use report::{
    AppliedMigration, DeployReport, MigrationState, PlanReport, PlannedMigration, PlannedStatement, Report, SeedReport,
    StatusReport, Verdict,
};
pub use seed::{Seed, seed};
pub use settings::Settings;
pub use statements::Statement;
pub use status::status;
pub use users::{SeedUser, UserRow, prepare_users};

/// Does what is asked, over a connection of its own.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn run(action: Action, settings: &Settings) -> Result<Report, MigrateError> {
    // Files first: what can't be read needs no connection to be refused.
    let migrations = match &settings.migrations_folder {
        Some(folder) => from_folder(folder)?,
        None => embedded()?,
    };
    let client = connect(settings, action.access()).await?;
    let outcome = match &action {
        Action::Deploy => deploy(&client, &migrations, settings).await.map(Report::Deploy),
        Action::Status => status(&client, &migrations).await.map(Report::Status),
        Action::Plan => plan(&client, &migrations, settings).await.map(Report::Plan),
        Action::Seed(seeding) => match Seed::embedded(&seeding.name) {
            Ok(file) => seed(&client, &file, seeding, settings).await.map(Report::Seed),
            Err(error) => Err(error),
        },
        Action::Reconcile { fix } => {
            reconcile::reconcile(&client, &migrations, *fix, settings).await.map(Report::Reconcile)
        }
    };
    close(client).await;
    outcome
}
