//! `GET /api/auth/csrf`: ties a form to the browser that shows it. The token is in the form and, signed, in a cookie.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use serde::Serialize;
use shared::caller::cookie;
use shared::secret::{constant_time_eq, hex, sha256};
use shared::{ApiError, ids};
use utoipa::ToSchema;

use crate::{Settings, cookies};

/// What a form sends back as `csrfToken`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Csrf {
    csrf_token: String,
}

/// The token of this browser, a new one if it has none.
#[utoipa::path(get, path = "/api/auth/csrf", tag = "auth", security(), responses((status = 200, body = Csrf)))]
pub async fn show(State(settings): State<Settings>, parts: Parts) -> Response {
    if let Some(csrf_token) = token_of(&parts, &settings) {
        return Json(Csrf { csrf_token }).into_response();
    }
    let mut bytes = [0; 32];
    ids::fill_random(&mut bytes);
    let csrf_token = hex(&bytes);
    // `|` as Auth.js writes it: percent-encoded.
    let value = format!("{csrf_token}%7C{}", signature(&csrf_token, &settings));
    let cookie = cookies::csrf(settings.is_secure(), &value).map(|cookie| (SET_COOKIE, cookie));
    (AppendHeaders(cookie), Json(Csrf { csrf_token })).into_response()
}

/// Checks that the form came from a page of this browser.
///
/// # Errors
/// [`ApiError::CsrfMismatch`].
pub fn check(parts: &Parts, settings: &Settings, sent: Option<&str>) -> Result<(), ApiError> {
    match (token_of(parts, settings), sent) {
        (Some(token), Some(sent)) if constant_time_eq(&token, sent) => Ok(()),
        _ => Err(ApiError::CsrfMismatch),
    }
}

/// The token in this browser's cookie, if we signed it.
fn token_of(parts: &Parts, settings: &Settings) -> Option<String> {
    let value = cookie(parts, cookies::csrf_name(settings.is_secure()))?;
    let (token, signed) = value.split_once("%7C").or_else(|| value.split_once('|'))?;
    constant_time_eq(signature(token, settings), signed).then(|| token.to_owned())
}

/// The signature that Auth.js uses, so that a form loaded from the old backend is still good here.
fn signature(token: &str, settings: &Settings) -> String {
    hex(&sha256(format!("{token}{}", settings.auth_secret.expose())))
}
