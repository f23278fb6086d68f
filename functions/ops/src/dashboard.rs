//! `GET /admin/dashboard`: the system at a glance, for administrators. The page holds no figures: it asks for them as
//! whoever is signed in.

use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};

const PAGE: &str = include_str!("dashboard.html");

/// As that of /docs: nothing is loaded from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The system at a glance, as a page.
#[utoipa::path(
    get, path = "/admin/dashboard", tag = "system", security(),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn page() -> Response {
    ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "public, max-age=300")], Html(PAGE)).into_response()
}
