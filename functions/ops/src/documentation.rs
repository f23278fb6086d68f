//! `GET /api/openapi.json`: the description of the whole API. `GET /docs`: the same, to read.

use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// Made from the handlers of every function and kept equal to them by a test.
const DESCRIPTION: &str = include_str!("../openapi.json");
const PAGE: &str = include_str!("docs.html");

/// The page is self-contained: it loads the description from here and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

/// The OpenAPI 3.1 description of the whole API.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "ops", security(),
    responses((status = 200, content_type = "application/json", body = serde_json::Value)),
)]
pub async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], DESCRIPTION).into_response()
}

/// The description as a page.
#[utoipa::path(
    get, path = "/docs", tag = "ops", security(),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn page() -> Response {
    ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "public, max-age=300")], Html(PAGE)).into_response()
}
