//! One run of a job: its place in `job_runs` taken, its work done, its end written down.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use shared::clock::iso;
use shared::ids::new_id;
use shared::{ApiError, DatabaseError, Statement};

use crate::jobs::Job;
use crate::work::{Budget, Work};

/// How much longer than its budget a run takes at the most: the step that it is at.
const LAST_STEP: Duration = Duration::from_secs(15);
/// How much longer than that its place is kept: the end has to be written down.
const LAST_WORDS: Duration = Duration::from_secs(15);
const ERROR_CHARACTERS: usize = 300;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Everything was done, or as much as its time allowed.
    Succeeded,
    /// It was not; what was done before stays done.
    Failed,
    /// Another run was under way, or writing is stopped for maintenance.
    Skipped,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::Skipped => "SKIPPED",
        }
    }
}

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
    let is_ours = (job.is_watch() || !work.stopped) && take(job, work, &id, now).await?;
    let (status, result, error) = match is_ours {
        false => (Status::Skipped, None, None),
        true => match within(job, work).await {
            Ok(result) => (Status::Succeeded, Some(result), None),
            Err(error) => (Status::Failed, None, Some(error)),
        },
    };
    if is_ours {
        let end = Statement::new(END)
            .bind(id.as_str())
            .bind(status.as_str())
            .bind(work.now().max(now))
            .bind(result.clone())
            .bind(error.clone());
        work.database.write([end]).await?;
    }
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Run { job: job.name, run_id: id, status, result, error, started_at: iso(now), milliseconds })
}

/// Takes the job's place, or writes down that another has it.
async fn take(job: &Job, work: &Work, id: &str, now: Timestamp) -> Result<bool, DatabaseError> {
    let most = SignedDuration::try_from(job.budget + LAST_STEP + LAST_WORDS).unwrap_or(SignedDuration::MAX);
    let killed = Statement::new(KILLED).bind(job.name).bind(now);
    let begin = Statement::new(BEGIN).bind(id).bind(job.name).bind(now).bind(now + most).bind(job.is_watch());
    let skip = Statement::new(SKIP).bind(id).bind(job.name).bind(now);
    let [killed, begun, _] = work.database.write([killed, begin, skip]).await?;
    if !killed.is_empty() {
        tracing::error!(job = job.name, "the run before was killed");
    }
    Ok(!begun.is_empty())
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

const KILLED: &str = "
update job_runs
   set status = 'FAILED', finished_at = $2, error = 'killed: it had not ended by ' || ends_by
 where job = $1
   and status = 'RUNNING'
   and ends_by < $2
returning id";

/// Of several at once the first has the place, and the others see it when it is committed. During maintenance nobody has
/// it, but those who watch.
const BEGIN: &str = "
insert into job_runs (id, job, started_at, ends_by)
select $1, $2, $3, $4
 where $5::boolean
    or not exists (select from deployment where maintenance_since is not null)
on conflict (job) where status = 'RUNNING' do nothing
returning id";

const SKIP: &str = "
insert into job_runs (id, job, started_at, ends_by, finished_at, status)
select $1, $2, $3, $3 + interval '1 microsecond', $3, 'SKIPPED'
 where not exists (select from job_runs where id = $1)";

/// One that was thought killed, and was not, stays as it was written down.
const END: &str = "
update job_runs
   set status = $2, finished_at = $3, result = $4, error = $5
 where id = $1
   and status = 'RUNNING'";

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
