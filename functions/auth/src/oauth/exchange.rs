//! From a provider's code to what it says of a person.

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreClient, CoreJsonWebKeySet, CoreTokenResponse};
use openidconnect::{
    AuthType, AuthorizationCode, ClientSecret, Nonce, OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, TokenResponse,
};
use shared::limits;

use super::failure::Failure;
use super::profile::{self, Profile};
use super::provider::{Credentials, Provider};
use super::requests::Http;
use super::{id_token, settings::OAuth};

/// What came back from a provider, and what belongs to it.
pub struct Proof {
    /// Good once, for a short time.
    pub code: String,
    /// Where it came back to.
    pub redirect_uri: RedirectUrl,
    /// Proves that we sent the person there.
    pub code_verifier: Option<PkceCodeVerifier>,
    /// Has to be in the ID token.
    pub nonce: Option<Nonce>,
    /// The name that Apple gives once, beside the code.
    pub name: Option<String>,
}

/// What a provider says of a person, and the tokens for asking again.
pub struct Granted {
    /// Who it is.
    pub profile: Profile,
    /// For the provider's own endpoints.
    pub tokens: Tokens,
}

/// What a provider hands out with a sign-in.
pub struct Tokens {
    /// For its endpoints.
    pub access: String,
    /// For another access token.
    pub refresh: Option<String>,
    /// What it signed.
    pub id: Option<String>,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
    /// Such as `bearer`.
    pub kind: String,
    /// What was granted.
    pub scope: Option<String>,
}

/// Exchanges the code and reads the profile, in a bounded time.
pub async fn exchange(oauth: &OAuth, provider: &Provider, proof: Proof, now: Timestamp) -> Result<Granted, Failure> {
    let work = Box::pin(granted(&oauth.http, provider, proof, now));
    let slow = |_| Failure::Unreachable(format!("no answer within {:?}", limits::PROVIDER_WAIT_IN_ALL));
    tokio::time::timeout(limits::PROVIDER_WAIT_IN_ALL, work).await.map_err(slow)?
}

async fn granted(http: &Http, provider: &Provider, proof: Proof, now: Timestamp) -> Result<Granted, Failure> {
    let answer = redeemed(http, provider, proof.code, proof.redirect_uri, proof.code_verifier, now).await?;
    let profile = match provider.id.is_openid() {
        true => {
            let token = answer.id_token().ok_or_else(|| Failure::Untrusted("it sent no ID token".to_owned()))?;
            let claims = id_token::verified(provider, token, proof.nonce.as_ref(), http, now).await?;
            profile::of_claims(&claims, proof.name.as_deref())
        }
        false => profile::fetched(http, provider, answer.access_token().secret()).await,
    }?;
    Ok(Granted { profile, tokens: Tokens::of(&answer, now) })
}

async fn redeemed(
    http: &Http,
    provider: &Provider,
    code: String,
    redirect_uri: RedirectUrl,
    code_verifier: Option<PkceCodeVerifier>,
    now: Timestamp,
) -> Result<CoreTokenResponse, Failure> {
    let token_url = provider.discovery.token(http, now).await?;
    // Its keys are not used here: ID tokens are verified apart.
    let client = CoreClient::new(provider.client_id.clone(), provider.issuer.clone(), CoreJsonWebKeySet::default())
        .set_client_secret(client_secret(provider, now))
        .set_auth_type(AuthType::RequestBody)
        .set_redirect_uri(redirect_uri)
        .set_token_uri(token_url);
    let mut request = client.exchange_code(AuthorizationCode::new(code));
    if let Some(verifier) = code_verifier {
        request = request.set_pkce_verifier(verifier);
    }
    request.request_async(http).await.map_err(|error| match error {
        RequestTokenError::ServerResponse(answer) => Failure::Refused(word(answer.error().as_ref())),
        RequestTokenError::Request(error) => Failure::Unreachable(error.to_string()),
        // The cause could quote a token. GitHub answers a refusal this way, with status 200.
        _ => Failure::Refused("its answer to the code has no token".to_owned()),
    })
}

fn client_secret(provider: &Provider, now: Timestamp) -> ClientSecret {
    match &provider.credentials {
        Credentials::Secret(secret) => secret.clone(),
        Credentials::Key(key) => key.client_secret(&provider.client_id, now),
    }
}

/// A provider's word for an error, if it is one: whatever else stands there does not belong into a log.
pub fn word(text: &str) -> String {
    let is_word = (1..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { text.to_owned() } else { "unknown error".to_owned() }
}

impl Tokens {
    fn of(answer: &CoreTokenResponse, now: Timestamp) -> Self {
        let lifetime = answer.expires_in().and_then(|lifetime| SignedDuration::try_from(lifetime).ok());
        let scopes = answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>());
        Tokens {
            access: answer.access_token().secret().clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
            id: answer.id_token().map(ToString::to_string),
            expires_at: lifetime.and_then(|lifetime| now.checked_add(lifetime).ok()),
            kind: answer.token_type().as_ref().to_owned(),
            scope: scopes.map(|scopes| scopes.join(" ")),
        }
    }
}
