//! `POST /api/auth/signup`: a new account with its wallet, and a session for the app that made it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use shared::caller::{Anyone, cookie};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::limits::SIGN_UPS;
use shared::new_user::NewUser;
use shared::request::JsonBody;
use shared::{ApiError, App, fields, limits, password, referrals};
use utoipa::ToSchema;

use crate::{Settings, welcome};

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignUp {
    /// Any case; stored in lower case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
    /// 8 to 1024 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    password: Option<String>,
    /// What to call the person; up to 100 characters.
    #[serde(default, deserialize_with = "fields::text")]
    name: Option<String>,
    /// Of whoever told them about us; without it, the one of the link that brought them here.
    #[serde(default, deserialize_with = "fields::text")]
    referral_code: Option<String>,
}

/// The new account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedUp {
    success: bool,
    message: &'static str,
    user: NewPerson,
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// When the token ends, ISO 8601.
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
struct NewPerson {
    id: String,
    email: String,
}

/// Makes an account with ten tokens and sends the mail that proves its address. The first account of all becomes ADMIN.
#[utoipa::path(
    post, path = "/api/auth/signup", tag = "auth", security(), request_body = SignUp,
    responses(
        (status = 200, body = SignedUp), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
    JsonBody(body): JsonBody<SignUp, { limits::CREDENTIALS_BODY }>,
) -> Result<Response, ApiError> {
    let [hits] = app.database.read([SIGN_UPS.hit(&stranger.network(), stranger.now)]).await?;
    SIGN_UPS.check(&hits, stranger.now)?;
    let email = fields::email(body.email.as_deref())?;
    let password = fields::new_password(body.password.as_deref())?;
    let name = fields::name(body.name.as_deref())?;
    let code = body.referral_code.as_deref().or_else(|| cookie(&parts, referrals::COOKIE));

    let hash = password::hash(password).map_err(ApiError::internal)?;
    let user = NewUser {
        email: Some(&email),
        provider_account: None,
        name,
        image: None,
        password_hash: Some(&hash),
        email_verified: false,
    };
    let signed = welcome::make(&app, &settings, &stranger, &user, code, |_| vec![]).await?;

    let session = SignedUp {
        success: true,
        message: "Account created successfully",
        user: NewPerson { id: signed.person.user_id, email: email.as_str().to_owned() },
        token: signed.token,
        expires_at: iso(signed.expires_at),
    };
    Ok((referrals::forget_visit(&parts, settings.is_secure()), Json(session)).into_response())
}
