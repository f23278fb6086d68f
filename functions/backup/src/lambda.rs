//! Backups as events of a Lambda function: `{"kind": "daily"}`, `{"kind": "pre-migration"}`, `{"action": "verify"}`,
//! `{"action": "report"}`.

use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Deserialize;
use serde_json::Value;
use shared::{Clock, Database, events, job_runs, telemetry};

use crate::error::BackupError;
use crate::key::Kind;
use crate::report::Report;
use crate::settings::Settings;

/// What may be expected to fit into the 900 s that Lambda gives at most.
const LIMIT: Duration = Duration::from_secs(600);

/// What an event asks for.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Event {
    Take { kind: Kind },
    Verify { action: Verify, from: Option<String> },
    Report { action: MonthlyReport },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verify {
    Verify,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MonthlyReport {
    Report,
}

impl Event {
    /// As the history of jobs has it; a backup before a migration is nobody's by the clock.
    fn job(&self) -> Option<&'static str> {
        match self {
            Event::Take { kind: Kind::Daily } => Some("backup.daily"),
            Event::Take { .. } => None,
            Event::Verify { .. } => Some("backup.verify"),
            Event::Report { .. } => Some("maintenance.report"),
        }
    }
}

/// Serves events until the process is ended.
pub async fn serve() -> ExitCode {
    events::serve("backup", answer).await
}

/// A failure fails the invocation: Lambda repeats a scheduled one, and a pipeline stops before it migrates.
async fn answer(event: LambdaEvent<Value>) -> Result<Report, Diagnostic> {
    let outcome = Box::pin(handle(event.payload)).await;
    write_metric(&outcome);
    outcome.map_err(|error| events::failed(error.code(), &error))
}

/// Answers one event.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn handle(event: Value) -> Result<Report, BackupError> {
    let event: Event = serde_json::from_value(event).map_err(|_| {
        let forms = r#"{"kind": "daily"}, {"kind": "pre-migration"}, {"action": "verify", "from": "<key>"?} or {"action": "report"}"#;
        BackupError::Request(format!("there is no such event: send {forms}"))
    })?;
    // Read for each event: a wrong variable is then an answer, not a function that never starts.
    let settings = Settings::from_env()?;
    match event.job() {
        Some(job) => {
            let database = Database::new(settings.url.clone(), settings.clock.clone());
            let work = Box::pin(act(event, &settings));
            job_runs::recorded(job, &database, &settings.clock, work, Report::counts).await
        }
        None => Box::pin(act(event, &settings)).await,
    }
}

async fn act(event: Event, settings: &Settings) -> Result<Report, BackupError> {
    match event {
        Event::Take { kind } => crate::take(kind, settings, Some(LIMIT)).await.map(Report::Backup),
        Event::Verify { action: Verify::Verify, from } => {
            crate::verify(from.as_deref(), settings).await.map(Report::Verify)
        }
        Event::Report { action: MonthlyReport::Report } => {
            crate::report(settings).await.map(|report| Report::Report(Box::new(report)))
        }
    }
}

/// What an alarm looks at; it needs no database, which may be what failed.
#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn write_metric(outcome: &Result<Report, BackupError>) {
    let mut metrics = vec![("BackupsFailed", "Count", if outcome.is_err() { 1.0 } else { 0.0 })];
    if let Ok(Report::Backup(report)) = outcome {
        metrics.push(("BackupBytes", "Bytes", report.bytes as f64));
    }
    telemetry::write_metrics("backup", &metrics, Clock::default().now());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Event;

    #[test]
    fn ops_18_an_event_is_read_strictly() {
        let read = |event: Value| serde_json::from_value::<Event>(event).is_ok();
        assert!(read(json!({"kind": "daily"})) && read(json!({"kind": "pre-migration"})));
        assert!(read(json!({"action": "report"})) && !read(json!({"action": "report", "from": "latest"})));
        assert!(read(json!({"action": "verify"})) && read(json!({"action": "verify", "from": "latest"})));
        for event in
            [json!({}), json!({"kind": "yearly"}), json!({"kind": "daily", "x": 1}), json!({"action": "restore"})]
        {
            assert!(!read(event.clone()), "{event}");
        }
    }
}
