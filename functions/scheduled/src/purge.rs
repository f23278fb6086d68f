//! `purge.…`: rows that nobody needs any more, deleted in small batches.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{ApiError, Statement, limits};

use crate::work::{Budget, Work};

/// What is deleted, and when.
pub struct Purge {
    /// One batch: $1 until when, $2 how many; answers the count.
    pub sql: &'static str,
    /// How long the rows are kept after their time.
    kept: Duration,
}

/// Deletes batch by batch until there is nothing more or the time is used. Rows that others have locked are left for later.
pub(crate) async fn purge(purge: &Purge, work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let until = work.now() - SignedDuration::try_from(purge.kept).unwrap_or_default();
    let (mut deleted, mut clean) = (0, false);
    while !clean && !budget.is_used() {
        let batch = Statement::new(purge.sql).bind(until).bind(limits::PURGE_BATCH);
        let [rows] = work.database.write([batch]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>("deleted"))?;
        deleted += count;
        clean = count < limits::PURGE_BATCH;
    }
    Ok(json!({ "deleted": deleted, "clean": clean }))
}

/// Sessions that ended. Kept for a while: where people have been before, and how many are active, is read from them.
pub const SESSIONS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id from sessions where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from sessions s using doomed d where s.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::SESSIONS_KEPT,
};

/// Answers to repeated requests.
pub const IDEMPOTENCY_KEYS: Purge = Purge {
    sql: "
with doomed as materialized (
    select user_id, key from idempotency_keys where created_at < $1 order by created_at limit $2 for update skip locked
),
gone as (
    delete from idempotency_keys i using doomed d where i.user_id = d.user_id and i.key = d.key returning 1
)
select count(*) as deleted from gone",
    kept: limits::IDEMPOTENCY_KEYS_KEPT,
};

/// Windows that have closed.
pub const RATE_LIMITS: Purge = Purge {
    sql: "
with doomed as materialized (
    select key from rate_limits where window_ends_at < $1 order by window_ends_at limit $2 for update skip locked
),
gone as (delete from rate_limits r using doomed d where r.key = d.key returning 1)
select count(*) as deleted from gone",
    kept: limits::RATE_LIMITS_KEPT,
};

/// Sign-ins that never came back from their provider.
pub const OAUTH_ATTEMPTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select state_hash from oauth_attempts where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from oauth_attempts o using doomed d where o.state_hash = d.state_hash returning 1)
select count(*) as deleted from gone",
    kept: limits::OAUTH_ATTEMPTS_KEPT,
};

/// Mailed links that no longer work.
pub const VERIFICATION_TOKENS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id from verification_tokens where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from verification_tokens v using doomed d where v.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::VERIFICATION_TOKENS_KEPT,
};

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

/// Those that find their rows by an index; of the errors, whole months are left out.
pub const INDEXED: [&Purge; 7] =
    [&SESSIONS, &IDEMPOTENCY_KEYS, &RATE_LIMITS, &OAUTH_ATTEMPTS, &VERIFICATION_TOKENS, &JOB_RUNS, &ALERT_OUTBOX];
