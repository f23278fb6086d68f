//! `POST /api/auth/signin/{provider}`: sends a browser to a provider.

use std::convert::Infallible;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use openidconnect::core::{CoreClient, CoreJsonWebKeySet, CoreResponseType};
use openidconnect::{AuthenticationFlow, CsrfToken, LoginHint, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::Deserialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::limits::PROVIDER_SIGN_INS;
use shared::request::FormBody;
use shared::{ApiError, App, limits};
use url::Url;
use utoipa::ToSchema;

use super::attempt::{Attempt, BrowserCookie};
use super::failure::Failure;
use super::provider::Provider;
use crate::credentials::{asks_for_address, destination, next_page};
use crate::{Settings, csrf};

/// The form behind a provider's button.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderForm {
    /// From `GET /api/auth/csrf`.
    csrf_token: Option<String>,
    /// Where to go afterwards; only within the front end.
    callback_url: Option<String>,
}

/// Sends the browser to the provider. A script (`X-Auth-Return-Redirect: 1`) is told the address, a plain form is sent there.
#[utoipa::path(
    post, path = "/api/auth/signin/{provider}", tag = "auth", security(),
    params(
        ("provider" = String, Path, description = "apple, facebook, github or google"),
        ("login_hint" = Option<String>, Query, description = "whom the provider should suggest"),
    ),
    request_body(content = ProviderForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "`url` is the provider's page, or the front end's about what is wrong"),
        (status = 302, description = "to the front end's page about what is wrong"),
        (status = 303, description = "to the provider"), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn start(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    InPath(provider): InPath,
    parts: Parts,
    FormBody(form): FormBody<ProviderForm, { limits::SIGN_IN_FORM }>,
) -> Result<Response, ApiError> {
    csrf::check(&parts, &settings, form.csrf_token.as_deref())?;
    let [hits] = app.database.read([PROVIDER_SIGN_INS.hit(&stranger.network(), stranger.now)]).await?;
    PROVIDER_SIGN_INS.check(&hits, stranger.now)?;

    let scripted = asks_for_address(&parts);
    let attempt = Attempt::new();
    let (provider, address) = match leaving(&settings, &provider, &attempt, &parts, &stranger).await {
        Ok(found) => found,
        Err(failure) => return failure.page(&settings.app_url, scripted),
    };
    let next = destination(&settings.app_url, form.callback_url.as_deref());
    app.database.write(attempt.written(provider.id, next.as_str(), &parts, stranger.now)).await?;
    let cookie = BrowserCookie::new(provider.id, settings.is_secure()).given(&attempt.browser);
    Ok((AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie))), next_page(scripted, &address)).into_response())
}

/// The provider, and its page for this attempt.
async fn leaving<'a>(
    settings: &'a Settings,
    provider: &str,
    attempt: &Attempt,
    parts: &Parts,
    stranger: &Anyone,
) -> Result<(&'a Provider, Url), Failure> {
    let oauth = &settings.oauth;
    let provider = oauth.provider(provider).ok_or(Failure::NoSuchProvider)?;
    let authorization = provider.discovery.authorization(&oauth.http, stranger.now).await?;
    let mut client = CoreClient::new(provider.client_id.clone(), provider.issuer.clone(), CoreJsonWebKeySet::default())
        .set_redirect_uri(oauth.redirect_uri(provider.id))
        .set_auth_uri(authorization);
    if !provider.id.is_openid() {
        client = client.disable_openid_scope();
    }
    let verifier = PkceCodeVerifier::new(attempt.code_verifier.clone());
    let (state, nonce) = (CsrfToken::new(attempt.state.clone()), Nonce::new(attempt.nonce.clone()));
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client
        .authorize_url(flow, || state, || nonce)
        .add_scopes(provider.id.scopes().iter().map(|scope| Scope::new((*scope).to_owned())))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    if provider.id.posts_back() {
        request = request.add_extra_param("response_mode", "form_post");
    }
    // Auth.js passes the whole query on to the provider, where it could replace what we say. Only this is wanted.
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    if let Some((_, hint)) = query.into_owned().find(|(name, _)| name == "login_hint") {
        request = request.set_login_hint(LoginHint::new(hint));
    }
    let mut address = request.url().0;
    if !provider.id.is_openid() {
        // It would come back in an ID token; strict servers refuse it where there is none.
        let kept: Vec<_> = address.query_pairs().into_owned().filter(|(name, _)| name != "nonce").collect();
        address.query_pairs_mut().clear().extend_pairs(kept);
    }
    Ok((provider, address))
}

/// The provider that a path names; something that none is called when it cannot be read.
pub struct InPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let named: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        Ok(InPath(named.map(|Path(name)| name).unwrap_or_default()))
    }
}
