//! What signing in and asking leave behind.

use shared::limits;

use super::Purge;

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
