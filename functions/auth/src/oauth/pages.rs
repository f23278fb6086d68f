//! `GET /api/auth/signin` and `GET /api/auth/error`: addresses that Auth.js sends browsers to. The pages are the front end's.

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;

use super::failure::{found, page};
use crate::Settings;
use crate::credentials::destination;

/// Sends the browser to the sign-in page.
#[utoipa::path(
    get, path = "/api/auth/signin", tag = "auth", security(),
    params(("callbackUrl" = Option<String>, Query), ("error" = Option<String>, Query)),
    responses((status = 302, description = "to the front end's sign-in page")),
)]
pub async fn signin_page(State(settings): State<Settings>, parts: Parts) -> Response {
    let wanted =
        parameter(&parts, "callbackUrl").map(|wanted| destination(&settings.app_url, Some(&wanted)).to_string());
    let error = error(&parts);
    let query: Vec<_> = [("callbackUrl", wanted.as_deref()), ("error", error.as_deref())]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    found(&page(&settings.app_url, "/auth/signin", &query))
}

/// Sends the browser to the page that says what went wrong.
#[utoipa::path(
    get, path = "/api/auth/error", tag = "auth", security(), params(("error" = Option<String>, Query)),
    responses((status = 302, description = "to the front end's error page")),
)]
pub async fn error_page(State(settings): State<Settings>, parts: Parts) -> Response {
    let error = error(&parts).unwrap_or_else(|| "Default".to_owned());
    found(&page(&settings.app_url, "/auth/error", &[("error", &error)]))
}

/// The word for an error, if it is a word.
fn error(parts: &Parts) -> Option<String> {
    let is_word = |text: &String| (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    parameter(parts, "error").filter(is_word)
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    query.into_owned().find(|(key, _)| key == name).map(|(_, value)| value)
}
