//! `GET|POST /api/auth/callback/{provider}`: a browser comes back from a provider and is signed in.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use serde_json::Value;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::request::RawBody;
use shared::{ApiError, App, limits, referrals};
use url::Url;

use super::attempt::{Attempt, BrowserCookie};
use super::exchange::{Proof, exchange, word};
use super::failure::Failure;
use super::person::{self, Arrival};
use super::provider::Provider;
use super::start::InPath;
use crate::Settings;
use crate::cookies::Browser;
use crate::credentials::destination;
use crate::sign_in::Signed;

/// Signs in with what the provider put into the address.
#[utoipa::path(
    get, path = "/api/auth/callback/{provider}", tag = "auth", security(),
    params(("provider" = String, Path, description = "apple, facebook, github or google")),
    responses(
        (status = 302, description = "nobody is signed in: to the front end's page that says why"),
        (status = 303, description = "signed in"), (status = 503, body = ErrorBody),
    ),
)]
pub async fn callback(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    InPath(provider): InPath,
    parts: Parts,
) -> Result<Response, ApiError> {
    let answer = Answer::parse(parts.uri.query().unwrap_or_default().as_bytes());
    Box::pin(returned(&Return { stranger, app, settings, parts }, &provider, answer)).await
}

/// Signs in with what the provider has the browser post, as Apple does.
#[utoipa::path(
    post, path = "/api/auth/callback/{provider}", tag = "auth", security(),
    params(("provider" = String, Path, description = "apple, facebook, github or google")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "code and state, or error"),
    responses(
        (status = 302, description = "nobody is signed in: to the front end's page that says why"),
        (status = 303, description = "signed in"), (status = 413, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn posted_callback(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    InPath(provider): InPath,
    parts: Parts,
    RawBody(bytes): RawBody<{ limits::SIGN_IN_FORM }>,
) -> Result<Response, ApiError> {
    let answer = Answer::parse(&bytes);
    Box::pin(returned(&Return { stranger, app, settings, parts }, &provider, answer)).await
}

/// A browser that has come back.
struct Return {
    stranger: Anyone,
    app: App,
    settings: Settings,
    parts: Parts,
}

/// What a provider says, by the names of RFC 6749 and RFC 9207.
#[derive(Default)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
    /// Apple's, at the first sign-in only, and not signed.
    user: Option<String>,
}

impl Answer {
    fn parse(pairs: &[u8]) -> Self {
        let mut answer = Answer::default();
        for (name, value) in url::form_urlencoded::parse(pairs) {
            let field = match name.as_ref() {
                "code" => &mut answer.code,
                "state" => &mut answer.state,
                "error" => &mut answer.error,
                "iss" => &mut answer.issuer,
                "user" => &mut answer.user,
                _ => continue,
            };
            field.get_or_insert_with(|| value.into_owned());
        }
        answer
    }

    /// The name in Apple's `user`.
    fn name(&self) -> Option<String> {
        let user: Value = serde_json::from_str(self.user.as_deref()?).ok()?;
        let part = |name: &str| user["name"][name].as_str().unwrap_or_default().to_owned();
        Some(format!("{} {}", part("firstName"), part("lastName"))).filter(|name| !name.trim().is_empty())
    }

    /// The code, unless the provider says no, or somebody else says yes.
    fn into_code(self, provider: &Provider) -> Result<String, Failure> {
        match self.error.as_deref() {
            Some("access_denied" | "user_cancelled_authorize") => return Err(Failure::Declined),
            Some(error) => return Err(Failure::Refused(word(error))),
            None => {}
        }
        let is_other = |issuer: &String| issuer.as_str() != provider.issuer.as_str();
        if provider.id.is_openid() && self.issuer.as_ref().is_some_and(is_other) {
            return Err(Failure::Untrusted("another issuer answered".to_owned()));
        }
        self.code.ok_or_else(|| Failure::Refused("it sent neither a code nor an error".to_owned()))
    }
}

async fn returned(back: &Return, provider: &str, answer: Answer) -> Result<Response, ApiError> {
    let Return { stranger, app, settings, parts } = back;
    let Some(provider) = settings.oauth.provider(provider) else {
        return Failure::NoSuchProvider.page(&settings.app_url, false);
    };
    let secure = settings.is_secure();
    let cookie = BrowserCookie::new(provider.id, secure);
    match signed_in(back, provider, &cookie, answer).await {
        Ok((signed, next)) => {
            let browser = Browser { secure, door: &app.door, parts };
            let session = browser.signed_in(&signed.person, &signed.token, stranger.now)?;
            let visit = referrals::forget_visit(parts, secure);
            let used = AppendHeaders(cookie.taken_away().map(|cookie| (SET_COOKIE, cookie)));
            Ok((used, session, visit, Redirect::to(next.as_str())).into_response())
        }
        Err(failure) => failure.page(&settings.app_url, false),
    }
}

/// Whoever has come back, and where they wanted to go.
async fn signed_in(
    back: &Return,
    provider: &Provider,
    cookie: &BrowserCookie,
    answer: Answer,
) -> Result<(Signed, Url), Failure> {
    let Return { stranger, app, settings, parts } = back;
    let (state, browser) = answer.state.as_deref().zip(cookie.of(parts)).ok_or(Failure::NoAttempt)?;
    let attempt = Attempt::taken(&app.database, provider.id, state, browser, stranger.now).await?;
    let attempt = attempt.ok_or(Failure::NoAttempt)?;
    let proof = Proof {
        name: answer.name(),
        code: answer.into_code(provider)?,
        redirect_uri: settings.oauth.redirect_uri(provider.id),
        code_verifier: Some(attempt.code_verifier),
        nonce: Some(attempt.nonce),
    };
    let granted = exchange(&settings.oauth, provider, proof, stranger.now).await?;
    let referral_code = attempt.referral_code.as_deref();
    let arrival = Arrival { stranger, app, settings, provider: provider.id, granted: &granted, referral_code };
    let signed = person::signed_in(&arrival).await?;
    // Checked when it was written down, and again, because the front end may have moved since.
    Ok((signed, destination(&settings.app_url, Some(&attempt.callback_url))))
}
