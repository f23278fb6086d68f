//! The actions as events of a Lambda function. A failure fails the invocation, which stops the pipeline that made it.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use shared::{Database, events, job_runs};

use crate::action::Action;
use crate::doctor;
use crate::error::MigrateError;
use crate::reconcile;
use crate::report::Report;
use crate::settings::Settings;

/// Serves events until the process is ended.
pub async fn serve() -> ExitCode {
    events::serve("migrate", answer).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Report, Diagnostic> {
    let outcome = handle(event.payload).await;
    // Faults are an answer, not a failure: Lambda would repeat a scheduled one that failed. The alarm looks at the metric.
    if let Ok(Report::Reconcile(report)) = &outcome {
        reconcile::write_metric(report);
    }
    outcome.map_err(|error| events::failed(error.code(), &error))
}

/// Answers one event.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn handle(event: Value) -> Result<Report, MigrateError> {
    let action = Action::from_event(event)?;
    if let Some(outcome) = crate::run_on_files(&action) {
        return outcome;
    }
    // Read for each event: a wrong variable is then an answer, not a function that never starts.
    match Settings::from_env() {
        Err(error) if matches!(action, Action::Doctor) => Ok(Report::Doctor(doctor::without_settings(&error))),
        settings => act(action, &settings?).await,
    }
}

/// What the schedule asks for each night has a row in the history of jobs.
async fn act(action: Action, settings: &Settings) -> Result<Report, MigrateError> {
    if !matches!(action, Action::Reconcile { fix: false }) {
        return crate::run(action, settings).await;
    }
    let clock = &settings.config.clock;
    let database = Database::new(settings.url.clone(), clock.clone());
    let work = Box::pin(crate::run(action, settings));
    job_runs::recorded("maintenance.reconcile", &database, clock, work, counts).await
}

fn counts(report: &Report) -> Value {
    match report {
        Report::Reconcile(report) => {
            json!({ "faults": report.faults, "broken": report.broken().map(|check| check.name).collect::<Vec<_>>() })
        }
        _ => json!({}),
    }
}
