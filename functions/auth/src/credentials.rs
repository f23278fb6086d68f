//! `POST /api/auth/callback/credentials`: a browser signs in with e-mail and password and gets a session cookie.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::request::FormBody;
use shared::{ApiError, App, fields, limits};
use url::Url;
use utoipa::ToSchema;

use crate::cookies::Browser;
use crate::sign_in::{Signed, sign_in};
use crate::{Settings, csrf};

/// The sign-in form.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInForm {
    /// From `GET /api/auth/csrf`.
    csrf_token: Option<String>,
    /// Any case.
    email: Option<String>,
    /// The password.
    password: Option<String>,
    /// Where to go afterwards; only within the front end.
    callback_url: Option<String>,
}

/// Signs in. A script (`X-Auth-Return-Redirect: 1`) is told the next address, a plain form is sent there.
#[utoipa::path(
    post, path = "/api/auth/callback/credentials", tag = "auth", security(),
    request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "signed in; `url` is where to go"), (status = 303, description = "signed in, or sent back to the form"),
        (status = 401, body = ErrorBody), (status = 429, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn callback(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
    FormBody(form): FormBody<SignInForm, { limits::SIGN_IN_FORM }>,
) -> Result<Response, ApiError> {
    let scripted = asks_for_address(&parts);
    match with_password(&app, &settings, &stranger, &parts, &form).await {
        Ok(signed) => {
            let browser = Browser { secure: settings.is_secure(), door: &app.door, parts: &parts };
            let cookies = browser.signed_in(&signed.person, &signed.token, stranger.now)?;
            let next = destination(&settings.app_url, form.callback_url.as_deref());
            Ok((cookies, next_page(scripted, &next)).into_response())
        }
        Err(error) => refused(&settings, scripted, error),
    }
}

async fn with_password(
    app: &App,
    settings: &Settings,
    stranger: &Anyone,
    parts: &Parts,
    form: &SignInForm,
) -> Result<Signed, ApiError> {
    csrf::check(parts, settings, form.csrf_token.as_deref())?;
    let email = fields::email(form.email.as_deref())?;
    let password = fields::given_password(form.password.as_deref())?;
    sign_in(&app.database, &settings.user_id_salt, stranger, &email, password).await
}

/// Whether the caller is a script that wants the next address instead of being sent there.
pub fn asks_for_address(parts: &Parts) -> bool {
    parts.headers.contains_key("x-auth-return-redirect")
}

/// Tells a script the next address, or sends a browser there.
pub fn next_page(scripted: bool, url: &Url) -> Response {
    match scripted {
        true => Json(json!({ "url": url.as_str() })).into_response(),
        false => Redirect::to(url.as_str()).into_response(),
    }
}

/// Sends whoever was refused to the page about it. A script is told why, too: Auth.js's reads the failure from the address
/// alone, and takes an answer without one for a success; every other client goes by status and code.
pub fn refused(settings: &Settings, scripted: bool, error: ApiError) -> Result<Response, ApiError> {
    let (path, query) = match &error {
        ApiError::InvalidCredentials | ApiError::TooManyRequests { .. } | ApiError::InvalidField { .. } => {
            ("/auth/signin", "error=CredentialsSignin&code=credentials")
        }
        ApiError::CsrfMismatch if scripted => ("/auth/signin", "error=MissingCSRF"),
        _ if scripted => ("/auth/error", "error=Configuration"),
        _ => return Err(error),
    };
    let mut page = settings.app_url.clone();
    page.set_path(path);
    page.set_query(Some(query));
    if !scripted {
        return Ok(Redirect::to(page.as_str()).into_response());
    }
    Ok(error.with_url(page.into()))
}

/// Where to go: `wanted` if it lies within the front end, else the front end itself.
pub fn destination(app_url: &Url, wanted: Option<&str>) -> Url {
    let wanted = wanted.and_then(|wanted| app_url.join(wanted).ok());
    wanted.filter(|url| url.origin() == app_url.origin()).unwrap_or_else(|| app_url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        let app = Url::parse("https://spike.land").unwrap();
        for (wanted, address) in [
            (None, "https://spike.land/"),
            (Some("/tokens?a=1"), "https://spike.land/tokens?a=1"),
            (Some("https://spike.land/x"), "https://spike.land/x"),
            (Some("https://evil.example/x"), "https://spike.land/"),
            (Some("//evil.example/x"), "https://spike.land/"),
            (Some("/\\evil.example"), "https://spike.land/"),
            (Some("javascript:alert(1)"), "https://spike.land/"),
            (Some("http://spike.land/x"), "https://spike.land/"),
            (Some("https://spike.land:444/x"), "https://spike.land/"),
        ] {
            assert_eq!(destination(&app, wanted).as_str(), address, "{wanted:?}");
        }
    }
}
