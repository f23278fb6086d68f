//! What was meant for a while only: figures, files on their way, what other systems have sent.

use shared::limits;

use super::Purge;

/// Figures of campaigns that are too old to be shown.
pub const METRICS_CACHE: Purge = Purge {
    sql: "
with doomed as materialized (
    select cache_key from campaign_metrics_cache where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from campaign_metrics_cache c using doomed d where c.cache_key = d.cache_key returning 1)
select count(*) as deleted from gone",
    kept: limits::METRICS_CACHE_KEPT,
};

/// Administrators who never came back from an advertising platform.
pub const MARKETING_OAUTH_ATTEMPTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select state_hash from marketing_oauth_attempts where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from marketing_oauth_attempts m using doomed d where m.state_hash = d.state_hash returning 1)
select count(*) as deleted from gone",
    kept: limits::OAUTH_ATTEMPTS_KEPT,
};

/// Files that were sent, or not, and not used in time; the object follows its row.
pub const UPLOADS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id from uploads where expires_at < $1 order by expires_at limit $2 for update skip locked
),
gone as (delete from uploads u using doomed d where u.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::UPLOADS_KEPT,
};

/// Pictures for printing that are in no cart; the object follows its row.
pub const MERCH_PRINTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select user_id, r2_key
      from merch_prints m
     where expires_at < $1
       and not exists (
           select from merch_cart_items i where i.user_id = m.user_id and i.uploaded_image_r2_key = m.r2_key
       )
     order by expires_at
     limit $2
       for update skip locked
),
gone as (delete from merch_prints m using doomed d where m.user_id = d.user_id and m.r2_key = d.r2_key returning 1)
select count(*) as deleted from gone",
    kept: limits::UPLOADS_KEPT,
};

/// What the printer told us and was worked on: its recipients are people.
pub const MERCH_WEBHOOK_EVENTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select provider, event_id
      from merch_webhook_events m
     where received_at < $1
       and outcome is not null
     order by received_at
     limit $2
       for update skip locked
),
gone as (delete from merch_webhook_events m using doomed d where m.provider = d.provider and m.event_id = d.event_id returning 1)
select count(*) as deleted from gone",
    kept: limits::MERCH_WEBHOOK_EVENTS_KEPT,
};

/// What advertising platforms told us and was worked on.
pub const MARKETING_WEBHOOK_EVENTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select provider, event_id
      from marketing_webhook_events m
     where received_at < $1
       and outcome is not null
     order by received_at
     limit $2
       for update skip locked
),
gone as (delete from marketing_webhook_events m using doomed d where m.provider = d.provider and m.event_id = d.event_id returning 1)
select count(*) as deleted from gone",
    kept: limits::MARKETING_WEBHOOK_EVENTS_KEPT,
};

/// What became of mails; the mail itself says how it ended.
pub const EMAIL_EVENTS: Purge = Purge {
    sql: "
with doomed as materialized (
    select event_id from email_events where received_at < $1 order by received_at limit $2 for update skip locked
),
gone as (delete from email_events e using doomed d where e.event_id = d.event_id returning 1)
select count(*) as deleted from gone",
    kept: limits::EMAIL_EVENTS_KEPT,
};
