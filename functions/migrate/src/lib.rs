//! Migrations and seeds: plain SQL, built in, run over a direct connection, as a Lambda function and as `cargo db`.
//!
//! No well-kept runner has both a lock and steps outside a transaction, so this is a small one of our own.

mod action;
mod apply;
mod baseline;
mod canonical;
mod catalogue;
pub mod command_line;
mod concurrent_index;
mod deploy;
mod deployment;
mod direct;
pub mod doctor;
mod drift;
mod effects;
mod error;
pub mod failover;
mod failures;
mod file_name;
mod format;
mod history;
mod incident;
pub mod lambda;
mod lexer;
mod lint;
pub mod lock;
mod maintenance;
mod migration;
mod monitor;
mod new;
mod ownership;
mod plan;
mod plan_report;
pub mod reconcile;
mod rehearse;
mod report;
mod reset;
mod resolve;
mod rules;
mod scratch;
mod seed;
mod settings;
mod sources;
mod statements;
mod status;
mod status_report;
mod transaction;
mod users;
mod vacuum;
mod validate;
mod way_back;

use tokio_postgres::Client;

pub use action::{Action, Seeding};
pub use baseline::BaselineReport;
pub use catalogue::{Catalogue, Change, Difference};
pub use deploy::deploy;
pub use direct::{Access, close, connect};
pub use drift::Drift;
pub use effects::Lock;
pub use error::{FailedStatement, MigrateError};
pub use failures::Failure;
pub use format::FormatReport;
pub use history::State;
pub use incident::{Impact, IncidentReport};
pub use lint::LintReport;
pub use maintenance::MaintenanceReport;
pub use migration::{Migration, embedded, from_folder};
pub use new::NewReport;
pub use plan::plan;
pub use rehearse::RehearseReport;
pub use report::{
    AppliedMigration, DeployReport, MigrationState, PlanReport, PlannedLock, PlannedMigration, PlannedStatement,
    Report, StatusReport, Verdict,
};
pub use reset::ResetReport;
pub use resolve::{Resolution, ResolveReport};
pub use seed::{Seed, SeedReport, Seeded, TableChange, seed};
pub use settings::Settings;
pub use statements::Statement;
pub use status::status;
pub use users::{SeedUser, UserRow, prepare_users};
pub use vacuum::{SkippedTable, VacuumReport, Vacuumed};
pub use validate::ValidateReport;

/// Does what is asked, over a connection of its own.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn run(action: Action, settings: &Settings) -> Result<Report, MigrateError> {
    if let Some(outcome) = run_on_files(&action) {
        return outcome;
    }
    // Files first: what can't be read needs no connection to be refused.
    let migrations = match &settings.migrations_folder {
        Some(folder) => from_folder(folder)?,
        None => embedded()?,
    };
    match &action {
        Action::Doctor => Ok(Report::Doctor(doctor::doctor(settings, &migrations).await)),
        Action::FailoverCheck => failover::failover_check(settings).await.map(Report::FailoverCheck),
        Action::Rehearse => rehearse::rehearse(settings, &migrations).await.map(Report::Rehearse),
        Action::Reset { target } => reset::reset(settings, &migrations, target).await.map(Report::Reset),
        _ => {
            let client = connect(settings, action.access()).await?;
            let outcome = run_on_database(&action, &client, &migrations, settings).await;
            close(client).await;
            outcome
        }
    }
}

/// Does what needs no database; `None` if the action needs one.
pub(crate) fn run_on_files(action: &Action) -> Option<Result<Report, MigrateError>> {
    match action {
        Action::New { name, no_transaction } => Some(new::new(name, *no_transaction).map(Report::New)),
        Action::Lint { from } => Some(lint::lint(*from).map(Report::Lint)),
        Action::Format { write: false } => Some(format::check().map(Report::Format)),
        _ => None,
    }
}

async fn run_on_database(
    action: &Action,
    client: &Client,
    migrations: &[Migration],
    settings: &Settings,
) -> Result<Report, MigrateError> {
    match action {
        Action::Deploy { without_backup: false } => deploy(client, migrations, settings).await.map(Report::Deploy),
        Action::Deploy { without_backup: true } => {
            let settings = Settings { backup_first: false, ..settings.clone() };
            deploy(client, migrations, &settings).await.map(Report::Deploy)
        }
        Action::Status => status(client, migrations).await.map(Report::Status),
        Action::Plan => plan(client, migrations, settings).await.map(Report::Plan),
        Action::Seed(seeding) => {
            let seeds = Seed::embedded(&seeding.name)?;
            seed(client, &seeds, seeding, settings).await.map(Report::Seed)
        }
        Action::CleanupE2e(seeding) => {
            seed(client, &[Seed::cleanup()?], seeding, settings).await.map(Report::CleanupE2e)
        }
        Action::Incident { message, impact, over } => {
            incident::incident(client, message.as_deref(), *impact, *over, settings).await.map(Report::Incident)
        }
        Action::Maintenance { on, message } => {
            maintenance::maintenance(client, *on, message.as_deref()).await.map(Report::Maintenance)
        }
        Action::Reconcile { fix } => {
            reconcile::reconcile(client, migrations, *fix, settings).await.map(Report::Reconcile)
        }
        Action::Vacuum { seconds } => vacuum::vacuum(client, migrations, *seconds, settings).await.map(Report::Vacuum),
        Action::Resolve { name, resolution } => {
            resolve::resolve(client, migrations, name, *resolution, settings).await.map(Report::Resolve)
        }
        Action::Baseline => baseline::baseline(client, migrations, settings).await.map(Report::Baseline),
        Action::Validate => validate::validate(client).await.map(Report::Validate),
        Action::Format { .. } => format::write(client).await.map(Report::Format),
        Action::Doctor
        | Action::FailoverCheck
        | Action::Rehearse
        | Action::Reset { .. }
        | Action::New { .. }
        | Action::Lint { .. } => Err(MigrateError::Request("this action is not done over one session".to_owned())),
    }
}
