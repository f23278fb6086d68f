//! One run of a job: its place in `job_runs` taken, its work done, its end written down.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use shared::clock::iso;
use shared::ids::new_id;
use shared::job_runs::{self, Start, Status};
use shared::{ApiError, DatabaseError};

use crate::jobs::Job;
use crate::work::{Budget, Work};

/// How much longer than its budget a run takes at the most: the step that it is at.
const LAST_STEP: Duration = Duration::from_secs(15);
/// How much longer than that its place is kept: the end has to be written down.
const LAST_WORDS: Duration = Duration::from_secs(15);
const ERROR_CHARACTERS: usize = 300;

/// The answer to an event: the run's row in `job_runs`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The job's name.
    pub job: &'static str,
    /// `run_…`
    pub run_id: String,
    /// How it ended.
    pub status: Status,
    /// What it did, as counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// ISO 8601.
    pub started_at: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// Runs `job`, unless it is under way.
///
/// # Errors
/// The run could not be written down. What the job itself fails with is in the answer.
pub async fn run(job: &'static Job, work: &Work) -> Result<Run, DatabaseError> {
    let (started, now) = (Instant::now(), work.now());
    let id = new_id("run", now);
    // Where the database itself is under maintenance not even that is written down.
    let start = Start {
        id: &id,
        job: job.name,
        most: job.budget + LAST_STEP + LAST_WORDS,
        in_maintenance: job.is_watch(),
        is_alone: false,
    };
    let is_ours = (job.is_watch() || !work.stopped) && start.take_place(&work.database, now).await?;
    let outcome = if is_ours { Some(within(job, work).await) } else { None };
    let status = match &outcome {
        None => Status::Skipped,
        Some(outcome) => job_runs::end(&work.database, &id, outcome, work.now()).await?,
    };
    let (result, error) = match outcome {
        None => (None, None),
        Some(Ok(result)) => (Some(result), None),
        Some(Err(error)) => (None, Some(error)),
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Run { job: job.name, run_id: id, status, result, error, started_at: iso(now), milliseconds })
}

async fn within(job: &Job, work: &Work) -> Result<Value, String> {
    let running = (job.run)(work, Budget::of(job.budget));
    match tokio::time::timeout(job.budget + LAST_STEP, running).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(job = job.name, code = error.code(), cause, "a job failed");
            Err(told(&error))
        }
        Err(_) => {
            tracing::error!(job = job.name, "a job did not end in time");
            Err(format!("no end within {:?}", job.budget + LAST_STEP))
        }
    }
}

/// What may be kept of a failure: no values, which a server's message can quote.
fn told(error: &ApiError) -> String {
    let constraint = match error {
        ApiError::Internal(cause) => cause.downcast_ref::<DatabaseError>().and_then(DatabaseError::constraint),
        _ => None,
    };
    let text = match constraint {
        Some(constraint) => format!("{}: constraint {constraint}", error.code()),
        None => format!("{}: {error}", error.code()),
    };
    text.chars().take(ERROR_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_kept_without_what_the_server_quotes() {
        let constraint = "users_email_key".to_owned();
        let message = "duplicate key value (email)=(ada@example.com)".to_owned();
        let error = ApiError::internal(DatabaseError::Constraint { constraint, message });
        assert_eq!(told(&error), "internal: constraint users_email_key");
        let away = ApiError::from(DatabaseError::Unavailable("password=hunter2".to_owned()));
        assert!(told(&away).starts_with("unavailable: ") && !told(&away).contains("hunter2"));
    }
}
