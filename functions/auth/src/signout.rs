//! `POST /api/auth/signout`: ends the session at once, wherever its token has been copied to.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::Deserialize;
use shared::error::ErrorBody;
use shared::request::FormBody;
use shared::{ApiError, App, SignedIn, limits};
use utoipa::ToSchema;

use crate::cookies::Browser;
use crate::credentials::{asks_for_address, destination, next_page, refused};
use crate::{Settings, csrf};

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
    FormBody(form): FormBody<SignOutForm, { limits::SIGN_IN_FORM }>,
) -> Result<Response, ApiError> {
    // A bearer token is only sent on purpose.
    let on_purpose = parts.headers.get(http::header::AUTHORIZATION).is_some_and(|value| !value.is_empty());
    let scripted = asks_for_address(&parts);
    // A browser sends its cookie with a forged form, too.
    let checked = if on_purpose { Ok(()) } else { csrf::check(&parts, &settings, form.csrf_token.as_deref()) };
    let ended = match (checked, who) {
        (Ok(()), Some(who)) => app.database.write([who.statement(END)]).await.map(|_| ()).map_err(ApiError::from),
        (checked, _) => checked,
    };
    if let Err(error) = ended {
        return refused(&settings, scripted, error);
    }
    let cookies = Browser { secure: settings.is_secure(), door: &app.door, parts: &parts }.signed_out();
    let next = destination(&settings.app_url, form.callback_url.as_deref());
    Ok((cookies, next_page(on_purpose || scripted, &next)).into_response())
}

const END: &str = "update sessions s set revoked_at = $3 from caller($1, $2, $3) c where s.id = c.session_id";
