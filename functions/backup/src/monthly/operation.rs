//! What the database has written down of the month: backups, jobs, alerts.

use jiff::Timestamp;
use serde::Serialize;
use shared::clock::iso;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::Month;
use crate::error::BackupError;

/// How the month went.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Backups.
    pub backups: Backups,
    /// Scheduled work that failed.
    pub jobs: Jobs,
    /// Alerts that fired.
    pub alerts: Alerts,
    /// The disk, where it is watched.
    pub disk: Disk,
}

/// Backups of the month.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backups {
    /// Good ones, copies included.
    pub taken: i64,
    /// Those that failed.
    pub failed: i64,
    /// Why the last one did.
    pub last_error: Option<String>,
    /// Days without a good daily one, from the first migration on.
    pub missing_days: Vec<String>,
    /// The size of the newest good one.
    pub newest_bytes: Option<i64>,
    /// When one was last restored and compared, ISO 8601; of any month.
    pub last_proven_at: Option<String>,
    /// Restores for proof that failed.
    pub failed_proofs: i64,
}

/// Scheduled work of the month.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// The oldest run that is known, ISO 8601: the history is kept for 30 days.
    pub known_since: Option<String>,
    /// How many runs there were.
    pub runs: i64,
    /// Jobs of which a run failed, the most often first.
    pub failed: Vec<FailedJob>,
}

/// A job of which a run failed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedJob {
    /// Its name.
    pub job: String,
    /// How many runs failed.
    pub times: i64,
    /// Why the last one did.
    pub last_error: String,
}

/// Alerts of the month.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alerts {
    /// Rules that fired, the most often first.
    pub fired: Vec<Rule>,
    /// Letters that nobody took.
    pub undelivered: i64,
}

/// A rule that fired.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its name.
    pub rule: String,
    /// How often.
    pub times: i64,
    /// How it stands now.
    pub state: String,
}

/// How full the disk was, in percent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// At the month's fullest; absent where `DATABASE_DISK_BYTES` is not set.
    pub most_percent: Option<f64>,
    /// At the last look.
    pub last_percent: Option<f64>,
}

pub(super) async fn of(client: &Client, month: &Month) -> Result<Operation, BackupError> {
    let span: &[(&(dyn ToSql + Sync), Type)] = &[(&month.from, Type::TIMESTAMPTZ), (&month.until, Type::TIMESTAMPTZ)];
    let moment = |row: &Row, name| Ok::<_, BackupError>(row.try_get::<_, Option<Timestamp>>(name)?.map(iso));
    let backups = client.query_typed_one(BACKUPS, span).await?;
    let jobs = client.query_typed_one(JOBS, span).await?;
    let failed = client.query_typed(FAILED_JOBS, span).await?;
    let fired = client.query_typed(FIRED, span).await?;
    let undelivered = client.query_typed_one(UNDELIVERED, span).await?;
    let disk = client.query_typed_one(DISK, span).await?;
    let job = |row: &Row| {
        Ok(FailedJob { job: row.try_get("job")?, times: row.try_get("times")?, last_error: row.try_get("last_error")? })
    };
    let rule =
        |row: &Row| Ok(Rule { rule: row.try_get("rule")?, times: row.try_get("times")?, state: row.try_get("state")? });
    Ok(Operation {
        backups: Backups {
            taken: backups.try_get("taken")?,
            failed: backups.try_get("failed")?,
            last_error: backups.try_get("last_error")?,
            missing_days: backups.try_get("missing_days")?,
            newest_bytes: backups.try_get("newest_bytes")?,
            last_proven_at: moment(&backups, "last_proven_at")?,
            failed_proofs: backups.try_get("failed_proofs")?,
        },
        jobs: Jobs {
            known_since: moment(&jobs, "known_since")?,
            runs: jobs.try_get("runs")?,
            failed: failed.iter().map(job).collect::<Result<_, BackupError>>()?,
        },
        alerts: Alerts {
            fired: fired.iter().map(rule).collect::<Result<_, BackupError>>()?,
            undelivered: undelivered.try_get("undelivered")?,
        },
        disk: Disk { most_percent: disk.try_get("most")?, last_percent: disk.try_get("last")? },
    })
}

/// Of all: $1 from when, $2 until when. The day of the first migration owes no backup yet.
const BACKUPS: &str = "
select count(*) filter (where status = 'SUCCEEDED') as taken,
       count(*) filter (where status = 'FAILED') as failed,
       (array_agg(error order by started_at desc) filter (where status = 'FAILED'))[1] as last_error,
       (
           select coalesce(array_agg(due::date::text order by due), '{}')
             from generate_series(
                      date_trunc('day', greatest($1, (select min(applied_at) from schema_migrations) + interval '1 day')
                                        at time zone 'UTC'),
                      $2 at time zone 'UTC' - interval '1 day', interval '1 day') due
            where not exists (
                select from backup_runs b where b.kind = 'daily' and b.status = 'SUCCEEDED' and b.day = due::date)
       ) as missing_days,
       (
           select bytes from backup_runs
            where status = 'SUCCEEDED' and kind in ('daily', 'pre-migration') order by started_at desc limit 1
       ) as newest_bytes,
       (select max(finished_at) from restore_runs where purpose = 'VERIFY' and status = 'PASSED') as last_proven_at,
       (
           select count(*) from restore_runs
            where purpose = 'VERIFY' and status = 'FAILED' and started_at >= $1 and started_at < $2
       ) as failed_proofs
  from backup_runs
 where started_at >= $1
   and started_at < $2";

const JOBS: &str = "
select min(started_at) as known_since, count(*) as runs from job_runs where started_at >= $1 and started_at < $2";

const FAILED_JOBS: &str = "
select job, count(*) as times, (array_agg(error order by started_at desc))[1] as last_error
  from job_runs
 where status = 'FAILED'
   and started_at >= $1
   and started_at < $2
 group by job
 order by times desc, job";

const FIRED: &str = "
select e.rule, count(*) as times, s.state::text as state
  from alert_events e
  join alert_states s on s.rule = e.rule
 where e.to_state = 'FIRING'
   and e.created_at >= $1
   and e.created_at < $2
 group by e.rule, s.state
 order by times desc, e.rule";

const UNDELIVERED: &str = "
select count(*) as undelivered from alert_outbox where status = 'FAILED' and created_at >= $1 and created_at < $2";

const DISK: &str = "
select max(value) as most, (array_agg(value order by created_at desc))[1] as last
  from metric_samples
 where metric = 'disk.percent'
   and created_at >= $1
   and created_at < $2";
