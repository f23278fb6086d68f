//! The actions as events of a Lambda function. A failure fails the invocation, which stops the pipeline that made it.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use shared::{Config, telemetry};
use tracing::level_filters::LevelFilter;

use crate::action::Action;
use crate::doctor;
use crate::error::MigrateError;
use crate::reconcile;
use crate::report::Report;
use crate::settings::Settings;

/// Whether Lambda, or the local stack in its place, started this process.
#[must_use]
pub fn started_this() -> bool {
    #[expect(clippy::disallowed_methods, reason = "decides who reads the configuration, so it comes before it")]
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Serves events until the process is ended.
pub async fn serve() -> ExitCode {
    // A wrong configuration is said in the answer to an event; until then the usual level will do.
    telemetry::start(Config::from_env().map_or(LevelFilter::INFO, |config| config.log_level));
    match lambda_runtime::run(service_fn(answer)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("migrate lost the Lambda runtime: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn answer(event: LambdaEvent<Value>) -> Result<Report, Diagnostic> {
    let outcome = handle(event.payload).await;
    if let Err(error) = &outcome {
        tracing::error!(code = error.code(), "{error}");
    }
    // Faults are an answer, not a failure: Lambda would repeat a scheduled one that failed. The alarm looks at the metric.
    if let Ok(Report::Reconcile(report)) = &outcome {
        reconcile::write_metric(report);
    }
    outcome.map_err(Diagnostic::from)
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
        settings => crate::run(action, &settings?).await,
    }
}

impl From<MigrateError> for Diagnostic {
    fn from(error: MigrateError) -> Self {
        Self { error_type: error.code().to_owned(), error_message: error.to_string() }
    }
}
