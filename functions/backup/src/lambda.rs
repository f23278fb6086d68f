//! Backups as events of a Lambda function: `{"kind": "daily"}`, `{"kind": "pre-migration"}`, `{"action": "verify"}`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{Config, telemetry};
use tracing::level_filters::LevelFilter;

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
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verify {
    Verify,
}

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
            tracing::error!("backup lost the Lambda runtime: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A failure fails the invocation: Lambda repeats a scheduled one, and a pipeline stops before it migrates.
async fn answer(event: LambdaEvent<Value>) -> Result<Report, Diagnostic> {
    let outcome = handle(event.payload).await;
    write_metric(&outcome);
    outcome.map_err(|error| {
        tracing::error!(code = error.code(), "{error}");
        Diagnostic { error_type: error.code().to_owned(), error_message: error.to_string() }
    })
}

/// Answers one event.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn handle(event: Value) -> Result<Report, BackupError> {
    let event = serde_json::from_value(event).map_err(|_| {
        let forms = r#"{"kind": "daily"}, {"kind": "pre-migration"} or {"action": "verify", "from": "<key>"?}"#;
        BackupError::Request(format!("there is no such event: send {forms}"))
    })?;
    // Read for each event: a wrong variable is then an answer, not a function that never starts.
    let settings = Settings::from_env()?;
    match event {
        Event::Take { kind } => crate::take(kind, &settings, Some(LIMIT)).await.map(Report::Backup),
        Event::Verify { action: Verify::Verify, from } => {
            crate::verify(from.as_deref(), &settings).await.map(Report::Verify)
        }
    }
}

/// What an alarm looks at, in CloudWatch's embedded metric format: it needs no database, which may be what failed.
fn write_metric(outcome: &Result<Report, BackupError>) {
    let bytes = match outcome {
        Ok(Report::Backup(report)) => Some(report.bytes),
        _ => None,
    };
    let mut line = json!({
        "_aws": {
            "Timestamp": shared::Clock::default().now().as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "SpikeLand",
                "Dimensions": [["Function"]],
                "Metrics": [{ "Name": "BackupsFailed", "Unit": "Count" }],
            }],
        },
        "Function": "backup",
        "BackupsFailed": u8::from(outcome.is_err()),
    });
    if let Some(bytes) = bytes {
        line["BackupBytes"] = json!(bytes);
    }
    // Nobody to tell when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Event;

    #[test]
    fn ops_18_an_event_is_read_strictly() {
        let read = |event: Value| serde_json::from_value::<Event>(event).is_ok();
        assert!(read(json!({"kind": "daily"})) && read(json!({"kind": "pre-migration"})));
        assert!(read(json!({"action": "verify"})) && read(json!({"action": "verify", "from": "latest"})));
        for event in
            [json!({}), json!({"kind": "yearly"}), json!({"kind": "daily", "x": 1}), json!({"action": "restore"})]
        {
            assert!(!read(event.clone()), "{event}");
        }
    }
}
