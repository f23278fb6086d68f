//! `POST /api/auth/callback/credentials`: a browser signs in with e-mail and password and gets a session cookie.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::request::FormBody;
use shared::{ApiError, App, limits};
use url::Url;
use utoipa::ToSchema;

use crate::sign_in::sign_in;
use crate::{Settings, cookies, csrf, fields};

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
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn callback(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    parts: Parts,
    FormBody(form): FormBody<SignInForm, { limits::CREDENTIALS_BODY }>,
) -> Result<Response, ApiError> {
    csrf::check(&parts, &settings, form.csrf_token.as_deref())?;
    let email = fields::email(form.email.as_deref())?;
    let password = fields::given_password(form.password.as_deref())?;
    let scripted = asks_for_address(&parts);
    match sign_in(&app.database, &stranger, &email, password).await {
        Ok(signed) => {
            let cookie = cookies::session(settings.is_secure(), &signed.token).map(|cookie| (SET_COOKIE, cookie));
            let next = destination(&settings.app_url, form.callback_url.as_deref());
            Ok((AppendHeaders(cookie), next_page(scripted, StatusCode::OK, &next)).into_response())
        }
        // Auth.js reads the failure from the address; every other client from status and code.
        Err(ApiError::InvalidCredentials) => {
            let mut page = settings.app_url.clone();
            page.set_path("/auth/signin");
            page.set_query(Some("error=CredentialsSignin&code=credentials"));
            Ok(next_page(scripted, StatusCode::UNAUTHORIZED, &page))
        }
        Err(error) => Err(error),
    }
}

/// Whether the caller is a script that wants the next address instead of being sent there.
pub fn asks_for_address(parts: &Parts) -> bool {
    parts.headers.contains_key("x-auth-return-redirect")
}

/// Tells a script the next address, or sends a browser there.
pub fn next_page(scripted: bool, status: StatusCode, url: &Url) -> Response {
    if !scripted {
        return Redirect::to(url.as_str()).into_response();
    }
    let mut body = json!({ "url": url.as_str() });
    if status == StatusCode::UNAUTHORIZED {
        let error = ApiError::InvalidCredentials;
        body["error"] = error.to_string().into();
        body["code"] = error.code().into();
    }
    (status, Json(body)).into_response()
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
