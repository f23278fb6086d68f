//! Events of the schedules: `{"job": "mail.deliver"}`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Deserialize;
use serde_json::json;
use shared::database::take_round_trips;
use shared::function::refuse;
use shared::job_runs::Status;
use shared::{Config, DatabaseError, events, telemetry};
use tracing::Instrument;

use crate::jobs;
use crate::run::{Run, run};
use crate::work::Work;

/// What a schedule hands over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    job: String,
}

/// Why an event has no answer. Lambda then repeats it.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("there is no job {0}")]
    NoSuchJob(String),
    #[error("the run could not be written down: {0}")]
    Database(#[from] DatabaseError),
}

impl From<Trouble> for Diagnostic {
    fn from(trouble: Trouble) -> Self {
        let error_type = match &trouble {
            Trouble::NoSuchJob(_) => "no_such_job",
            Trouble::Database(_) => "unavailable",
        };
        Diagnostic { error_type: error_type.to_owned(), error_message: trouble.to_string() }
    }
}

/// Serves events until Lambda ends the process. A wrong configuration is one line on standard error.
pub async fn serve() -> ExitCode {
    shared::database::call_application("scheduled");
    let work = match Config::from_env().and_then(|config| Work::new(&config)) {
        Ok(work) => work,
        Err(error) => return refuse(&error.to_string()),
    };
    if !events::started_this() {
        return refuse("scheduled is a Lambda function: start the whole bundle with `cargo dev up`");
    }
    let work = &work;
    events::serve("scheduled", |event: LambdaEvent<Event>| answer(event, work)).await
}

/// A job that failed is an answer: the next one comes by the clock anyhow, and the alarm looks at the metric.
async fn answer(event: LambdaEvent<Event>, work: &Work) -> Result<Run, Diagnostic> {
    let cold_start = telemetry::take_cold_start();
    take_round_trips();
    let (name, request_id) = (event.payload.job, event.context.request_id);
    let span = tracing::info_span!("job", requestId = request_id, job = name);
    let outcome = async {
        let job = jobs::find(&name).ok_or_else(|| Trouble::NoSuchJob(name.clone()))?;
        Ok::<_, Trouble>(run(job, work).await?)
    };
    let outcome = outcome.instrument(span.clone()).await;
    match &outcome {
        Ok(run) => write_metrics(run, &request_id, cold_start, work.now()),
        Err(trouble) => span.in_scope(|| {
            if let Trouble::Database(_) = trouble {
                shared::alerts::database_unreachable("scheduled", work.now());
            }
            tracing::error!("{trouble}");
        }),
    }
    Ok(outcome?)
}

/// A line in CloudWatch's embedded metric format.
fn write_metrics(run: &Run, request_id: &str, cold_start: bool, now: Timestamp) {
    let line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "SpikeLand",
                "Dimensions": [["Function"], ["Function", "Job"]],
                "Metrics": [
                    { "Name": "Duration", "Unit": "Milliseconds" },
                    { "Name": "RoundTrips", "Unit": "Count" },
                    { "Name": "ColdStart", "Unit": "Count" },
                    { "Name": "JobFailed", "Unit": "Count" },
                    { "Name": "JobSkipped", "Unit": "Count" },
                ],
            }],
        },
        "Function": "scheduled",
        "Job": run.job,
        "RequestId": request_id,
        "Duration": Duration::from_millis(run.milliseconds).as_secs_f64() * 1_000.0,
        "RoundTrips": take_round_trips(),
        "ColdStart": u8::from(cold_start),
        "JobFailed": u8::from(run.status == Status::Failed),
        "JobSkipped": u8::from(run.status == Status::Skipped),
        "Result": run.result,
    });
    // Nobody to tell when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
