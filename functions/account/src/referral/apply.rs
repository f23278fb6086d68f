//! `POST /api/referral/apply`: a newcomer who signed up without a code says who brought them.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde::Serialize;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::ids::{derived_user_id, new_id};
use shared::limits::{REFERRAL_APPLY_WITHIN, REFERRAL_LOOKUPS};
use shared::referrals::{Code, Outcome};
use shared::request::JsonBody;
use shared::{ApiError, App, SignedIn, Tokens, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::ReferralCode;
use crate::Settings;

/// What came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralApplied {
    /// False when the rules against abuse say no.
    success: bool,
    /// What the caller got now; 0 while their address is not proved, and then as soon as it is.
    tokens_granted: Tokens,
}

/// Writes down who brought the caller: within seven days of signing up, and once.
#[utoipa::path(
    post, path = "/api/referral/apply", tag = "referral", security(("session" = [])), request_body = ReferralCode,
    responses(
        (status = 200, body = ReferralApplied), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
)]
pub async fn create(
    who: SignedIn,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<ReferralCode, { limits::SETTINGS_BODY }>,
) -> Result<Json<ReferralApplied>, ApiError> {
    let code = body.read()?;
    let identity = who.identify().await?;
    let [hits] = app.database.read([REFERRAL_LOOKUPS.hit(&who.stranger().network(), who.now())]).await?;
    REFERRAL_LOOKUPS.check(&hits, who.now())?;

    // Somebody who came back after deleting their account has not the id that the address had first.
    let first_id = identity.email.as_deref().map(|email| derived_user_id(email, &settings.user_id_salt));
    let signed_up_after = who.now() - SignedDuration::try_from(REFERRAL_APPLY_WITHIN).unwrap_or_default();
    let apply = who
        .statement(APPLY)
        .bind(code.as_ref().map(Code::as_str))
        .bind(new_id("ref", who.now()))
        .bind(who.stranger().network())
        .bind(first_id)
        .bind(signed_up_after);
    let (_, [rows]) = who.write([apply]).await?;
    refusal(rows.first().ok_or(ApiError::Unauthorized)?)?;

    let outcome = settings.referrals.complete(&app.database, &identity.user_id, who.now()).await?;
    Ok(Json(match outcome {
        Outcome::Completed(tokens) => ReferralApplied { success: true, tokens_granted: tokens },
        Outcome::Waiting => ReferralApplied { success: true, tokens_granted: Tokens(0) },
        Outcome::Invalid(_) | Outcome::NothingToDo => ReferralApplied { success: false, tokens_granted: Tokens(0) },
    }))
}

const APPLY: &str = "
with me as (
    select u.id, u.referred_by_id is not null as is_brought, u.created_at < $8 as is_late,
           exists (select from users o where o.id = $7 and o.id <> u.id and o.deleted_at is not null) as came_back
      from caller($1, $2, $3) c
      join users u on u.id = c.user_id
),
referrer as (
    select id, referred_by_id
      from users
     where referral_code = $4
       and deleted_at is null
),
linked as (
    update users u
       set referred_by_id = r.id
      from me
     cross join referrer r
     where u.id = me.id
       and u.referred_by_id is null
       and not me.is_late
       and r.id <> me.id
       and r.referred_by_id is distinct from me.id
    returning r.id as referrer_id
),
written as (
    insert into referrals (id, referrer_id, referee_id, status, invalid_reason, ip_address, created_at)
    select $5, linked.referrer_id, me.id, case when me.came_back then 'INVALID' else 'PENDING' end,
           case when me.came_back then 'returning' end, $6, $3
      from linked
     cross join me
    on conflict (referee_id) do nothing
    returning id
)
select exists (select from written) as is_written,
       r.id is not null as is_known,
       r.id = me.id or r.referred_by_id = me.id as is_own,
       me.is_brought,
       me.is_late
  from me
  left join referrer r on true";

/// Why nothing was written.
fn refusal(row: &Row) -> Result<(), ApiError> {
    let is = |column: &str| row.try_get::<_, Option<bool>>(column).map(|value| value == Some(true));
    if is("is_written")? {
        return Ok(());
    }
    if is("is_late")? {
        return Err(ApiError::NotAllowed { message: "A referral code can be given within 7 days of signing up." });
    }
    if !is("is_brought")? {
        if !is("is_known")? {
            return Err(ApiError::NotFound { what: "Referral code" });
        }
        if is("is_own")? {
            return Err(invalid("code", "This is your own code, or that of somebody whom you brought"));
        }
    }
    // Also when another request was quicker by a moment.
    Err(ApiError::NotAllowed { message: "You have given a referral code before." })
}
