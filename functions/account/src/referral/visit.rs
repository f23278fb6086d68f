//! `GET /api/referral/visit`: where a referral link leads first, so that the browser remembers it until its visitor signs up.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::REFERRAL_LOOKUPS;
use shared::referrals::{self, Code};
use shared::request::QueryString;
use shared::{ApiError, App};
use utoipa::IntoParams;

use super::owner;
use crate::Settings;

/// By whose link.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Visit {
    /// The code.
    r#ref: Option<String>,
}

/// Sets the cookie `ref_code` for thirty days, if the code is somebody's. A browser that asks for a page is sent on to the front
/// end, and nowhere else; a script is answered 204.
#[utoipa::path(
    get, path = "/api/referral/visit", tag = "referral", params(Visit), security(),
    responses(
        (status = 204, description = "noted, or not: to a script"), (status = 303, description = "the same, to a browser"),
        (status = 400, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn show(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    headers: HeaderMap,
    QueryString(query): QueryString<Visit>,
) -> Result<Response, ApiError> {
    let code = query.r#ref.as_deref().and_then(Code::parse);
    let mut cookie = None;
    if let Some(code) = code {
        let hit = REFERRAL_LOOKUPS.hit(&stranger.network(), stranger.now);
        let [hits, rows] = app.database.read([hit, owner(Some(&code))]).await?;
        // Whoever tries codes learns nothing more, and everybody still gets to the page.
        let is_somebodys = REFERRAL_LOOKUPS.check(&hits, stranger.now).is_ok() && !rows.is_empty();
        let is_secure = settings.app_url.scheme() == "https";
        cookie = is_somebodys.then(|| referrals::remember_visit(&code, is_secure));
    }
    Ok(match wants_page(&headers) {
        true => (cookie, Redirect::to(settings.app_url.as_str())).into_response(),
        false => (cookie, StatusCode::NO_CONTENT).into_response(),
    })
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}
