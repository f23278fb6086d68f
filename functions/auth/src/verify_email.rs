//! `POST /api/auth/verify-email` and `POST /api/auth/resend-verification`: proving that an address is one's own.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::{LINK_MAILS, LINK_REQUESTS};
use shared::request::JsonBody;
use shared::{ApiError, App, Statement, fields, limits};
use utoipa::ToSchema;

use crate::asked_by_mail::{Done, asked};
use crate::verification::{self, Purpose};
use crate::{Settings, welcome};

/// What the link carried.
#[derive(Deserialize, ToSchema)]
pub struct VerifyEmail {
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    token: Option<String>,
}

/// Whose mail is to be sent again.
#[derive(Deserialize, ToSchema)]
pub struct Resend {
    /// Any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
}

/// Proves the address that the link was sent to. A referral that waited for it is settled.
#[utoipa::path(
    post, path = "/api/auth/verify-email", tag = "auth", security(), request_body = VerifyEmail,
    responses(
        (status = 200, body = Done), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn verify(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<VerifyEmail, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<Done>, ApiError> {
    let token = body.token.as_deref().unwrap_or_default();
    let [hits] = app.database.read([LINK_REQUESTS.hit(&stranger.network(), stranger.now)]).await?;
    LINK_REQUESTS.check(&hits, stranger.now)?;

    let use_up = verification::used(token, Purpose::VerifyEmail, stranger.now);
    let mark = Statement::new(MARK).bind(shared::secret::sha256(token)).bind(stranger.now);
    let [_, verified] = app.database.write([use_up, mark]).await?;
    let row = verified.first().ok_or(ApiError::LinkExpired)?;
    let user_id: String = row.try_get("id")?;
    welcome::settle_referral(&app, &settings, &user_id, stranger.now).await;
    Ok(Json(Done::new("Your e-mail address is verified.")))
}

/// A link that was used is no error for the person it verified: a second click, or an answer that was lost.
const MARK: &str = "
update users u
   set email_verified = coalesce(u.email_verified, $2)
  from verification_tokens t
 where t.token_hash = $1
   and t.purpose = 'VERIFY_EMAIL'
   and t.used_at is not null
   and (t.used_at = $2 or u.email_verified is not null)
   and u.id = t.user_id
   and u.email = t.email
returning u.id";

/// Sends the verification mail again, if the address has an account that needs it. The answer does not tell.
#[utoipa::path(
    post, path = "/api/auth/resend-verification", tag = "auth", security(), request_body = Resend,
    responses(
        (status = 200, body = Done), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn resend(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<Resend, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<Done>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let find = Statement::new(UNVERIFIED).bind(email.as_str());
    asked(&app, &settings, &stranger, &email, Purpose::VerifyEmail, &LINK_MAILS, find).await?;
    Ok(Json(Done::new("If an account with this address waits for it, a mail is on its way.")))
}

const UNVERIFIED: &str = "select id from users where email = $1 and email_verified is null";
