//! `POST /api/auth/signout`: ends the session at once, wherever its token has been copied to.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use http::request::Parts;
use serde::Deserialize;
use shared::error::ErrorBody;
use shared::request::FormBody;
use shared::{ApiError, App, SignedIn, limits};
use utoipa::ToSchema;

use crate::credentials::{asks_for_address, destination, next_page};
use crate::{Settings, cookies, csrf};

/// The sign-out form.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignOutForm {
    /// From `GET /api/auth/csrf`; a phone with a bearer token needs none.
    csrf_token: Option<String>,
    /// Where to go afterwards; only within the front end.
    callback_url: Option<String>,
}

/// Signs out. Without a session there is nothing to do, and that is no error.
#[utoipa::path(
    post, path = "/api/auth/signout", tag = "auth", security((), ("session" = [])),
    request_body(content = SignOutForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "signed out; `url` is where to go"), (status = 303, description = "signed out"),
        (status = 403, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    who: Option<SignedIn>,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
    FormBody(form): FormBody<SignOutForm, { limits::CREDENTIALS_BODY }>,
) -> Result<Response, ApiError> {
    // A browser sends its cookie with a forged form, too; a bearer token is only sent on purpose.
    let on_purpose = parts.headers.get(http::header::AUTHORIZATION).is_some_and(|value| !value.is_empty());
    if !on_purpose {
        csrf::check(&parts, &settings, form.csrf_token.as_deref())?;
    }
    if let Some(who) = who {
        app.database.write([who.statement(END)]).await?;
    }
    let cookie = cookies::no_session(settings.is_secure()).map(|cookie| (SET_COOKIE, cookie));
    let next = destination(&settings.app_url, form.callback_url.as_deref());
    let scripted = on_purpose || asks_for_address(&parts);
    Ok((AppendHeaders(cookie), next_page(scripted, StatusCode::OK, &next)).into_response())
}

const END: &str = "delete from sessions s using caller($1, $2, $3) c where s.id = c.session_id";
