//! `GET /api/auth/session`: who this browser or phone is signed in as.

use axum::Json;
use serde::Serialize;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::{ApiError, SignedIn};
use utoipa::ToSchema;

/// The session as Auth.js shows it.
#[derive(Serialize, ToSchema)]
pub struct Session {
    user: SessionUser,
    /// When it ends, ISO 8601.
    expires: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SessionUser {
    id: String,
    name: Option<String>,
    email: Option<String>,
    image: Option<String>,
    /// USER, ADMIN or SUPER_ADMIN, as it is now.
    role: String,
}

/// The session, or `null` when nobody is signed in.
#[utoipa::path(
    get, path = "/api/auth/session", tag = "auth", security((), ("session" = [])),
    responses((status = 200, body = Option<Session>), (status = 503, body = ErrorBody)),
)]
pub async fn show(who: Option<SignedIn>) -> Result<Json<Option<Session>>, ApiError> {
    let Some(who) = who else { return Ok(Json(None)) };
    let person = match who.identify().await {
        Ok(person) => person,
        Err(ApiError::Unauthorized) => return Ok(Json(None)),
        Err(error) => return Err(error),
    };
    let user = SessionUser {
        id: person.user_id,
        name: person.name,
        email: person.email,
        image: person.image,
        role: person.role,
    };
    Ok(Json(Some(Session { user, expires: person.expires_at.map(iso) })))
}
