//! What running the system leaves behind.

use shared::limits;

use super::Purge;

/// The history of the jobs themselves.
pub const JOB_RUNS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id
      from job_runs
     where started_at < $1
       and status <> 'RUNNING'
     order by started_at
     limit $2
       for update skip locked
),
gone as (delete from job_runs j using doomed d where j.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::JOB_RUNS_KEPT,
};

/// Alerts that arrived, or that were given up. That they were raised stays in `alert_events`.
pub const ALERT_OUTBOX: Purge = Purge {
    sql: "
with doomed as materialized (
    select id
      from alert_outbox
     where created_at < $1
       and status <> 'PENDING'
     order by created_at
     limit $2
       for update skip locked
),
gone as (delete from alert_outbox o using doomed d where o.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::ALERT_OUTBOX_KEPT,
};

/// Errors: by day what their months, which are dropped whole, would still keep. Nobody changes an error, so none is locked,
/// and those of the batch's last moment go with it.
pub const ERROR_LOGS: Purge = Purge {
    sql: "
with batch as materialized (
    select created_at as ends_at from error_logs where created_at < $1 order by created_at limit 1 offset $2 - 1
),
gone as (
    delete from error_logs
     where created_at < $1
       and created_at <= coalesce((select ends_at from batch), $1)
    returning 1
)
select count(*) as deleted from gone",
    kept: limits::ERROR_LOGS_KEPT,
};
