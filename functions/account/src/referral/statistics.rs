//! `GET /api/referral/stats` and `GET /api/referral/users`: what came of a person's link.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::QueryString;
use shared::{ApiError, SignedIn, Statement, Tokens, limits};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

/// What came of a person's link. The figures are there twice: as the web page and as the phone read them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralStatistics {
    #[serde(flatten)]
    figures: ReferralFigures,
    stats: ReferralFigures,
    /// The newest fifty.
    referred_users: Vec<Referred>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReferralFigures {
    total_referrals: i64,
    completed_referrals: i64,
    pending_referrals: i64,
    /// The person's own share.
    tokens_earned: Tokens,
}

/// A page of the people whom somebody brought, the newest first.
#[derive(Serialize, ToSchema)]
pub struct ReferredPage {
    users: Vec<Referred>,
    /// People in all.
    total: i64,
    page: i64,
    limit: i64,
}

/// Somebody who was brought.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Referred {
    /// Of the referral: `ref_…`
    id: String,
    /// `j***@example.com`, or `unknown`.
    email: String,
    /// PENDING until they have proved their address, then COMPLETED or INVALID.
    status: String,
    /// ISO 8601.
    created_at: String,
    /// The share of whoever brought them.
    tokens_granted: Tokens,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReferredQuery {
    /// 1 is the newest page.
    page: Option<i64>,
    /// People of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// How many the caller has brought, what they earned by it, and the newest of them.
#[utoipa::path(
    get, path = "/api/referral/stats", tag = "referral", security(("session" = [])),
    responses((status = 200, body = ReferralStatistics), (status = 401, body = ErrorBody)),
)]
pub async fn show(who: SignedIn) -> Result<Json<ReferralStatistics>, ApiError> {
    let listed = page_of(&who, limits::REFERRALS_LISTED, 0);
    let (_, [figures, listed]) = who.read([who.statement(FIGURES), listed]).await?;
    let row = figures.first().ok_or(ApiError::Unauthorized)?;
    let figures = ReferralFigures {
        total_referrals: row.try_get("total")?,
        completed_referrals: row.try_get("completed")?,
        pending_referrals: row.try_get("pending")?,
        tokens_earned: Tokens(row.try_get("earned")?),
    };
    Ok(Json(ReferralStatistics { figures, stats: figures, referred_users: referred(&listed)? }))
}

const FIGURES: &str = "
select count(*) as total,
       count(*) filter (where r.status = 'COMPLETED') as completed,
       count(*) filter (where r.status = 'PENDING') as pending,
       (coalesce(sum(r.tokens_granted), 0) / 2)::bigint as earned
  from caller($1, $2, $3) c
  join referrals r on r.referrer_id = c.user_id";

/// The people whom the caller has brought, the newest first.
#[utoipa::path(
    get, path = "/api/referral/users", tag = "referral", params(ReferredQuery), security(("session" = [])),
    responses((status = 200, body = ReferredPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)),
)]
pub async fn list(
    who: SignedIn,
    QueryString(query): QueryString<ReferredQuery>,
) -> Result<Json<ReferredPage>, ApiError> {
    let (page, limit) = (query.page.unwrap_or(1), query.limit.unwrap_or(limits::PAGE_DEFAULT));
    if !(1..=i64::from(i32::MAX)).contains(&page) {
        return Err(ApiError::MalformedQuery { details: "page starts at 1".to_owned() });
    }
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        return Err(ApiError::MalformedQuery { details: "limit is 1 to 100".to_owned() });
    }
    let listed = page_of(&who, limit, (page - 1).saturating_mul(limit));
    let (_, [count, listed]) = who.read([who.statement(COUNT), listed]).await?;
    let total = count.first().map_or(Ok(0), |row| row.try_get("total"))?;
    Ok(Json(ReferredPage { users: referred(&listed)?, total, page, limit }))
}

const COUNT: &str = "
select count(*) as total
  from caller($1, $2, $3) c
  join referrals r on r.referrer_id = c.user_id";

fn page_of(who: &SignedIn, limit: i64, skip: i64) -> Statement {
    who.statement(PAGE).bind(limit).bind(skip)
}

/// An address is masked here: the whole of it never leaves the database.
const PAGE: &str = "
select r.id, r.status::text as status, r.created_at, r.tokens_granted / 2 as tokens_granted,
       coalesce(left(u.email, 1) || '***@' || split_part(u.email, '@', 2), 'unknown') as email
  from caller($1, $2, $3) c
  join referrals r on r.referrer_id = c.user_id
  join users u on u.id = r.referee_id
 order by r.created_at desc, r.id desc
 limit $4
offset $5";

fn referred(rows: &[Row]) -> Result<Vec<Referred>, ApiError> {
    let each = rows.iter().map(|row| {
        Ok(Referred {
            id: row.try_get("id")?,
            email: row.try_get("email")?,
            status: row.try_get("status")?,
            created_at: iso(row.try_get::<_, Timestamp>("created_at")?),
            tokens_granted: Tokens(row.try_get("tokens_granted")?),
        })
    });
    each.collect()
}
