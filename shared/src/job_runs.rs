//! The history of what runs by the clock, `job_runs`: a run takes its job's place, and says how it ended. One run of a job
//! has the place at a time; a killed one is marked by the next.

use std::fmt::Display;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::database::{Database, DatabaseError, Statement};
use crate::ids::new_id;
use crate::limits;

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

/// A run that is about to begin.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// `run_…`
    pub id: &'a str,
    /// The job's name.
    pub job: &'a str,
    /// How long its place is kept. One that has not ended by then was killed.
    pub most: Duration,
    /// Whether it goes on while writing is stopped.
    pub in_maintenance: bool,
    /// Whether a lock keeps others out: then whatever is called running was killed, however lately it began.
    pub is_alone: bool,
}

impl Start<'_> {
    /// Takes the job's place, or writes down that the run was skipped. Answers whether it has the place.
    ///
    /// # Errors
    /// The database's; then it has not.
    pub async fn take_place(&self, database: &Database, now: Timestamp) -> Result<bool, DatabaseError> {
        let most = SignedDuration::try_from(self.most).unwrap_or(SignedDuration::MAX);
        let killed = Statement::new(KILLED).bind(self.job).bind(now).bind(self.is_alone);
        let begin = Statement::new(BEGIN).bind(self.id).bind(self.job).bind(now).bind(now + most);
        let begin = begin.bind(self.in_maintenance);
        let [killed, begun, _] = database.write([killed, begin, self.skipped(now)]).await?;
        if !killed.is_empty() {
            tracing::error!(job = self.job, "the run before was killed");
        }
        Ok(!begun.is_empty())
    }

    /// Writes down that the run was skipped.
    ///
    /// # Errors
    /// The database's.
    pub async fn skip(&self, database: &Database, now: Timestamp) -> Result<(), DatabaseError> {
        database.write([self.skipped(now)]).await.map(drop)
    }

    fn skipped(&self, now: Timestamp) -> Statement {
        Statement::new(SKIP).bind(self.id).bind(self.job).bind(now)
    }
}

/// Writes down how a run that has its place ended: what it did, as counts, or why it failed.
///
/// # Errors
/// The database's.
pub async fn end(
    database: &Database,
    id: &str,
    outcome: &Result<Value, String>,
    now: Timestamp,
) -> Result<Status, DatabaseError> {
    let (status, result, error) = match outcome {
        Ok(result) => (Status::Succeeded, Some(result.clone()), None),
        Err(error) => (Status::Failed, None, Some(error.as_str())),
    };
    let end = Statement::new(END).bind(id).bind(status.as_str()).bind(now).bind(result).bind(error);
    database.write([end]).await?;
    Ok(status)
}

/// Does `work` with a row in the history, for work that has a lock of its own or needs none. Where the row can't be written,
/// as in a database that was never migrated, it is done all the same; and so it is beside a run that is under way.
///
/// # Errors
/// Those of `work`.
pub async fn recorded<T, E: Display>(
    job: &str,
    database: &Database,
    clock: &Clock,
    work: impl Future<Output = Result<T, E>>,
    counts: impl FnOnce(&T) -> Value,
) -> Result<T, E> {
    let now = clock.now();
    let id = new_id("run", now);
    let start = Start { id: &id, job, most: limits::LAMBDA_MOST, in_maintenance: true, is_alone: false };
    let has_place = start.take_place(database, now).await;
    let outcome = work.await;
    let told = outcome.as_ref().map(counts).map_err(ToString::to_string);
    let ended = match has_place {
        Ok(false) => Ok(()),
        Ok(true) => end(database, &id, &told, clock.now()).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(job, "the run is not in the history of jobs: {error}");
    }
    outcome
}

const KILLED: &str = "
update job_runs
   set status = 'FAILED',
       finished_at = greatest($2, started_at),
       error = case when ends_by < $2 then 'killed: it had not ended by ' || ends_by else 'killed: it never said how it ended' end
 where job = $1
   and status = 'RUNNING'
   and (ends_by < $2 or $3::boolean)
returning id";

/// Of several at once the first has the place, and the others see it when it is committed. During maintenance nobody has
/// it, but those who are needed then.
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
   set status = $2, finished_at = greatest($3, started_at), result = $4, error = $5
 where id = $1
   and status = 'RUNNING'";
