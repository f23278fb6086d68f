//! `POST /api/auth/mobile/signin`: a bearer token for a phone.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::caller::Anyone;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::JsonBody;
use shared::{ApiError, App, limits};
use utoipa::ToSchema;

use crate::fields;
use crate::sign_in::sign_in;

/// Who wants in.
#[derive(Deserialize, ToSchema)]
pub struct MobileSignIn {
    /// Any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
    /// The password.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    password: Option<String>,
}

/// Who is in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MobileSession {
    user: MobileUser,
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// When the token ends, ISO 8601.
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
struct MobileUser {
    id: String,
    email: String,
    name: Option<String>,
    image: Option<String>,
}

/// Signs in and answers a bearer token that lives for 30 days.
#[utoipa::path(
    post, path = "/api/auth/mobile/signin", tag = "auth", security(), request_body = MobileSignIn,
    responses(
        (status = 200, body = MobileSession), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    stranger: Anyone,
    State(app): State<App>,
    JsonBody(body): JsonBody<MobileSignIn, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<MobileSession>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let password = fields::given_password(body.password.as_deref())?;
    let signed = sign_in(&app.database, &stranger, &email, password).await?;
    Ok(Json(MobileSession {
        user: MobileUser { id: signed.user_id, email: signed.email, name: signed.name, image: signed.image },
        token: signed.token,
        expires_at: iso(signed.expires_at),
    }))
}
