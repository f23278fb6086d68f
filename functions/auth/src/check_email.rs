//! `POST /api/auth/check-email`: whether the sign-in form should ask for a password or offer a provider.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::EMAIL_CHECKS;
use shared::request::JsonBody;
use shared::{ApiError, App, Statement, fields, limits};
use utoipa::ToSchema;

/// Whose.
#[derive(Deserialize, ToSchema)]
pub struct CheckEmail {
    /// Any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
}

/// What there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailChecked {
    exists: bool,
    /// False for an account that signs in through a provider only.
    has_password: bool,
}

/// Tells whether the address has an account, ten times a minute.
#[utoipa::path(
    post, path = "/api/auth/check-email", tag = "auth", security(), request_body = CheckEmail,
    responses(
        (status = 200, body = EmailChecked), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    stranger: Anyone,
    State(app): State<App>,
    JsonBody(body): JsonBody<CheckEmail, { limits::EMAIL_BODY }>,
) -> Result<Json<EmailChecked>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let find = Statement::new(FIND).bind(email.as_str());
    let [hits, found] = app.database.read([EMAIL_CHECKS.hit(&stranger.network(), stranger.now), find]).await?;
    EMAIL_CHECKS.check(&hits, stranger.now)?;
    let has_password = found.first().map(|row| row.try_get("has_password")).transpose()?;
    Ok(Json(EmailChecked { exists: has_password.is_some(), has_password: has_password.unwrap_or(false) }))
}

const FIND: &str = "select password_hash is not null as has_password from users where email = $1";
