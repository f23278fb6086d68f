//! `GET /api/admin/analytics/users`: how many people come, how they sign in, and who stays.

use axum::Json;
use serde::Serialize;
use shared::error::ErrorBody;
use shared::{Admin, ApiError, Statement};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::only;

/// Figures about people. Days are UTC; deleted people are not counted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleFigures {
    /// The last 30 days, today included, the oldest first.
    daily_registrations: Vec<Registrations>,
    /// How people can sign in, `credentials` for a password; somebody with two ways is counted in both.
    auth_providers: Vec<ProviderFigure>,
    /// People with a request in that time.
    active_users: Lately,
    total_users: i64,
    /// People who came in that time.
    growth: Lately,
}

#[derive(Serialize, ToSchema)]
struct Registrations {
    /// `YYYY-MM-DD`
    date: String,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct ProviderFigure {
    name: String,
    count: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Lately {
    last7_days: i64,
    last30_days: i64,
}

/// Figures about people.
#[utoipa::path(
    get, path = "/api/admin/analytics/users", tag = "admin", security(("session" = [])),
    responses((status = 200, body = PeopleFigures), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
pub async fn show(who: Admin) -> Result<Json<PeopleFigures>, ApiError> {
    let dated = |sql| Statement::new(sql).bind(who.now());
    let (_, [days, providers, active, people]) =
        who.report([dated(DAYS), Statement::new(PROVIDERS), dated(ACTIVE), dated(PEOPLE)]).await?;
    let (active, people) = (only(&active)?, only(&people)?);
    Ok(Json(PeopleFigures {
        daily_registrations: days.iter().map(registrations).collect::<Result<_, _>>()?,
        auth_providers: providers.iter().map(provider).collect::<Result<_, _>>()?,
        active_users: lately(active)?,
        total_users: people.try_get("total")?,
        growth: lately(people)?,
    }))
}

/// A day without registrations has its row, too.
const DAYS: &str = "
with today as (
    select date_trunc('day', $1::timestamptz at time zone 'UTC') as day
),
counted as (
    select date_trunc('day', u.created_at at time zone 'UTC') as day, count(*) as count
      from users u
      cross join today t
     where u.created_at >= (t.day - interval '29 days') at time zone 'UTC'
       and u.deleted_at is null
     group by 1
)
select to_char(d.day, 'YYYY-MM-DD') as date, coalesce(c.count, 0) as count
  from today t
 cross join generate_series(t.day - interval '29 days', t.day, interval '1 day') as d (day)
  left join counted c on c.day = d.day
 order by d.day";

const PROVIDERS: &str = "
select name, count
  from (
      select provider::text as name, count(distinct user_id) as count
        from accounts
       group by provider
      union all
      select 'credentials', count(*)
        from users
       where password_hash is not null
  ) p
 where count > 0
 order by count desc, name";

const ACTIVE: &str = "
select count(distinct user_id) filter (where last_seen_at >= $1 - interval '7 days') as last_7_days,
       count(distinct user_id) as last_30_days
  from sessions
 where last_seen_at >= $1 - interval '30 days'";

const PEOPLE: &str = "
select count(*) as total,
       count(*) filter (where created_at >= $1 - interval '7 days') as last_7_days,
       count(*) filter (where created_at >= $1 - interval '30 days') as last_30_days
  from users
 where deleted_at is null";

fn registrations(row: &Row) -> Result<Registrations, ApiError> {
    Ok(Registrations { date: row.try_get("date")?, count: row.try_get("count")? })
}

fn provider(row: &Row) -> Result<ProviderFigure, ApiError> {
    Ok(ProviderFigure { name: row.try_get("name")?, count: row.try_get("count")? })
}

fn lately(row: &Row) -> Result<Lately, ApiError> {
    Ok(Lately { last7_days: row.try_get("last_7_days")?, last30_days: row.try_get("last_30_days")? })
}
