//! `POST /api/auth/mobile/signin`: a bearer token for a phone.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::caller::Anyone;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::JsonBody;
use shared::{ApiError, App, fields, limits};
use utoipa::ToSchema;

use crate::Settings;
use crate::sign_in::{Signed, sign_in};

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
    email: Option<String>,
    name: Option<String>,
    image: Option<String>,
    /// USER, ADMIN or SUPER_ADMIN.
    role: String,
}

impl MobileSession {
    /// What a phone is told of somebody who has just signed in.
    pub fn of(signed: Signed) -> Self {
        let Signed { person, token, expires_at } = signed;
        let user = MobileUser {
            id: person.user_id,
            email: person.email,
            name: person.name,
            image: person.image,
            role: person.role,
        };
        MobileSession { user, token, expires_at: iso(expires_at) }
    }
}

/// Signs in and answers a bearer token that lives for 30 days.
#[utoipa::path(
    post, path = "/api/auth/mobile/signin", tag = "auth", security(), request_body = MobileSignIn,
    responses(
        (status = 200, body = MobileSession), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<MobileSignIn, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<MobileSession>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let password = fields::given_password(body.password.as_deref())?;
    let signed = sign_in(&app.database, &settings.user_id_salt, &stranger, &email, password).await?;
    Ok(Json(MobileSession::of(signed)))
}
