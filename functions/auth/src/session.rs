//! `GET /api/auth/session`: who this browser or phone is signed in as.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::JsonBody;
use shared::session_cookie::Claims;
use shared::{ApiError, App, Identity, SignedIn, limits};
use utoipa::ToSchema;

use crate::cookies::{Browser, picture};
use crate::{Settings, csrf};

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

impl Session {
    fn of(person: Identity) -> Self {
        let user = SessionUser {
            id: person.user_id,
            name: person.name,
            email: person.email,
            image: person.image,
            role: person.role,
        };
        Session { user, expires: person.expires_at.map(iso) }
    }
}

/// The session, or `null` when nobody is signed in. A browser's cookie is written anew when the session is prolonged, once
/// a day, and when it says something else of the person than is true now.
#[utoipa::path(
    get, path = "/api/auth/session", tag = "auth", security((), ("session" = [])),
    responses((status = 200, body = Option<Session>), (status = 503, body = ErrorBody)),
)]
pub async fn show(
    who: Option<SignedIn>,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
) -> Result<Response, ApiError> {
    let browser = Browser { secure: settings.is_secure(), door: &app.door, parts: &parts };
    let nobody = Json(None::<Session>);
    let Some(who) = who else { return Ok(nobody.into_response()) };
    let mut person = match who.person().await {
        Ok(person) => person,
        // The cookie of an ended session is of no more use.
        Err(ApiError::Unauthorized) => return Ok((browser.signed_out(), nobody).into_response()),
        Err(error) => return Err(error),
    };
    let Some(claims) = who.cookie() else { return Ok(Json(Session::of(person)).into_response()) };
    let prolonged = prolong(&who, &app, &mut person).await?;
    let session = Json(Session::of(person.clone()));
    match &claims.sid {
        Some(sid) if prolonged || tells_otherwise(claims, &person) => {
            Ok((browser.signed_in(&person, sid, who.now())?, session).into_response())
        }
        _ => Ok(session.into_response()),
    }
}

/// What the front end sends along when it asks for the session to be looked at again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Again {
    /// From `GET /api/auth/csrf`.
    csrf_token: Option<String>,
}

/// As `GET`, for the front end's `update()`: the cookie is written anew when it no longer tells the truth. What the caller
/// would like it to say is not taken: the person's row says it.
#[utoipa::path(
    post, path = "/api/auth/session", tag = "auth", security((), ("session" = [])), request_body = Again,
    responses(
        (status = 200, body = Option<Session>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn update(
    who: Option<SignedIn>,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
    JsonBody(again): JsonBody<Again, { limits::SIGN_IN_FORM }>,
) -> Result<Response, ApiError> {
    csrf::check(&parts, &settings, again.csrf_token.as_deref())?;
    show(who, State(app), State(settings), parts).await
}

/// Whether the cookie says something else of the person than is true now.
fn tells_otherwise(claims: &Claims, person: &Identity) -> bool {
    (&claims.name, &claims.email, claims.picture.as_ref(), claims.role.as_ref())
        != (&person.name, &person.email, picture(person), Some(&person.role))
}

/// Lets a session that is a day old live its full time again.
async fn prolong(who: &SignedIn, app: &App, person: &mut Identity) -> Result<bool, ApiError> {
    let whole = SignedDuration::try_from(limits::SESSION_LIFETIME).unwrap_or_default();
    let day = SignedDuration::try_from(limits::SESSION_PROLONG_AFTER).unwrap_or_default();
    let full = who.now() + whole;
    if person.expires_at.is_none_or(|ends| ends > full - day) {
        return Ok(false);
    }
    let [rows] = app.database.write([who.statement(PROLONG).bind(full)]).await?;
    person.expires_at = Some(full);
    Ok(!rows.is_empty())
}

const PROLONG: &str = "
update sessions s
   set expires_at = $4
  from caller($1, $2, $3) c
 where s.id = c.session_id
returning s.id";
