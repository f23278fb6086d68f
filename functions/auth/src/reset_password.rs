//! `POST /api/auth/forgot-password` and `POST /api/auth/reset-password`: a new password for whoever reads the mail.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::{LINK_MAILS, LINK_REQUESTS};
use shared::request::JsonBody;
use shared::{ApiError, App, RateLimit, Statement, fields, limits, password};
use utoipa::ToSchema;

use crate::asked_by_mail::{Done, asked};
use crate::verification::{self, Purpose};
use crate::{Settings, welcome};

/// Reset mails and verification mails are counted apart.
const RESET_MAILS: RateLimit = RateLimit { name: "reset_mail", ..LINK_MAILS };

/// Who has forgotten it.
#[derive(Deserialize, ToSchema)]
pub struct ForgotPassword {
    /// Any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
}

/// What the link carried, and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetPassword {
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    token: Option<String>,
    /// 8 to 1024 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    new_password: Option<String>,
}

/// Sends a link to choose a new password, if the address has an account. The answer does not tell.
#[utoipa::path(
    post, path = "/api/auth/forgot-password", tag = "auth", security(), request_body = ForgotPassword,
    responses(
        (status = 200, body = Done), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn forgot(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<ForgotPassword, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<Done>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let find = Statement::new("select id from users where email = $1").bind(email.as_str());
    asked(&app, &settings, &stranger, &email, Purpose::ResetPassword, &RESET_MAILS, find).await?;
    Ok(Json(Done::new("If there is an account with this address, a mail is on its way.")))
}

/// Sets the new password and ends every session. Whoever read the mail has also proved the address.
#[utoipa::path(
    post, path = "/api/auth/reset-password", tag = "auth", security(), request_body = ResetPassword,
    responses(
        (status = 200, body = Done), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn reset(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<ResetPassword, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<Done>, ApiError> {
    let token = body.token.as_deref().unwrap_or_default();
    let password = fields::new_password(body.new_password.as_deref())?;
    let [hits] = app.database.read([LINK_REQUESTS.hit(&stranger.network(), stranger.now)]).await?;
    LINK_REQUESTS.check(&hits, stranger.now)?;

    let hash = password::hash(password).map_err(ApiError::internal)?;
    let use_up = verification::used(token, Purpose::ResetPassword, stranger.now);
    let (transaction, [used]) = app.database.begin([use_up]).await?;
    let Some(used) = verification::used_by(&used)? else {
        transaction.rollback().await;
        return Err(ApiError::LinkExpired);
    };
    let change = Statement::new(CHANGE).bind(used.user_id.as_str()).bind(hash).bind(stranger.now);
    let end = Statement::new(END_SESSIONS).bind(used.user_id.as_str()).bind(stranger.now);
    let (letter, mail_id) = verification::password_changed(&used.user_id, &used.email, stranger.now);
    transaction.commit([change, end, letter]).await?;
    settings.mailer.deliver(&app.database, &[mail_id], stranger.now).await;
    welcome::settle_referral(&app, &settings, &used.user_id, stranger.now).await;
    Ok(Json(Done::new("Your password is changed. Sign in with the new one.")))
}

const CHANGE: &str = "
update users
   set password_hash = $2, email_verified = coalesce(email_verified, $3), signed_out_at = $3
 where id = $1";

const END_SESSIONS: &str = "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null";
