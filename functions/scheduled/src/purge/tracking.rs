//! What is known of visits, for 90 days. Conversions and what they are owed to are kept: they hold copies of what counts.

use shared::limits;

use super::Purge;

/// Pages, by day what their months would still keep. Nobody changes one, so none is locked, and those of the batch's last
/// moment go with it.
pub const PAGE_VIEWS: Purge = Purge {
    sql: "
with batch as materialized (
    select created_at as ends_at from page_views where created_at < $1 order by created_at limit 1 offset $2 - 1
),
gone as (
    delete from page_views
     where created_at < $1
       and created_at <= coalesce((select ends_at from batch), $1)
    returning 1
)
select count(*) as deleted from gone",
    kept: limits::TRACKING_KEPT,
};

/// What visitors did; as with pages.
pub const ANALYTICS_EVENTS: Purge = Purge {
    sql: "
with batch as materialized (
    select created_at as ends_at from analytics_events where created_at < $1 order by created_at limit 1 offset $2 - 1
),
gone as (
    delete from analytics_events
     where created_at < $1
       and created_at <= coalesce((select ends_at from batch), $1)
    returning 1
)
select count(*) as deleted from gone",
    kept: limits::TRACKING_KEPT,
};

/// Visits that are over. One that goes on, or of which something younger is known, stays whole.
pub const VISITS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id
      from visitor_sessions s
     where started_at < $1
       and last_activity_at < $1
       and not exists (select from page_views p where p.session_id = s.id)
       and not exists (select from analytics_events e where e.session_id = s.id)
     order by started_at
     limit $2
       for update skip locked
),
gone as (delete from visitor_sessions s using doomed d where s.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::TRACKING_KEPT,
};

/// Browsers without a visit.
pub const VISITORS: Purge = Purge {
    sql: "
with doomed as materialized (
    select id
      from visitors v
     where current_session_id is null
       and created_at < $1
       and consented_at < $1
       and not exists (select from visitor_sessions s where s.visitor_id = v.id)
     order by created_at
     limit $2
       for update skip locked
),
gone as (delete from visitors v using doomed d where v.id = d.id returning 1)
select count(*) as deleted from gone",
    kept: limits::TRACKING_KEPT,
};
