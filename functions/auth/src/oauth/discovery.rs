//! Where a provider's endpoints and keys are: as configured, or as the provider itself says (OpenID Connect Discovery).
//! What it says is kept for a while, by the wall clock.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{AuthUrl, DiscoveryError, IssuerUrl, JsonWebKeySetUrl, TokenUrl};
use shared::limits;

use super::failure::Failure;
use super::requests::{Http, HttpError};

/// The endpoints of a provider, and what was fetched of the others.
pub struct Discovery {
    issuer: IssuerUrl,
    authorization: Option<AuthUrl>,
    token: Option<TokenUrl>,
    /// Providers without OpenID Connect have none.
    keys: Option<JsonWebKeySetUrl>,
    fetched: Mutex<Fetched>,
}

#[derive(Default)]
struct Fetched {
    metadata: Option<(CoreProviderMetadata, Timestamp)>,
    keys: Option<(CoreJsonWebKeySet, Timestamp)>,
}

impl Discovery {
    /// Fetches nothing yet, and nothing at all of what is given here.
    pub fn new(
        issuer: IssuerUrl,
        authorization: Option<AuthUrl>,
        token: Option<TokenUrl>,
        keys: Option<JsonWebKeySetUrl>,
    ) -> Self {
        Discovery { issuer, authorization, token, keys, fetched: Mutex::default() }
    }

    /// Where people are sent.
    pub async fn authorization(&self, http: &Http, now: Timestamp) -> Result<AuthUrl, Failure> {
        match &self.authorization {
            Some(url) => Ok(url.clone()),
            None => Ok(self.metadata(http, now).await?.authorization_endpoint().clone()),
        }
    }

    /// Where a code is exchanged.
    pub async fn token(&self, http: &Http, now: Timestamp) -> Result<TokenUrl, Failure> {
        if let Some(url) = &self.token {
            return Ok(url.clone());
        }
        let metadata = self.metadata(http, now).await?;
        metadata.token_endpoint().cloned().ok_or_else(|| Failure::Unreachable("it names no token endpoint".to_owned()))
    }

    /// The keys that ID tokens are signed with.
    pub async fn keys(&self, http: &Http, now: Timestamp) -> Result<CoreJsonWebKeySet, Failure> {
        let kept = self.fetched().keys.as_ref().filter(|(_, at)| is_fresh(*at, now)).map(|(keys, _)| keys.clone());
        match kept {
            Some(keys) => Ok(keys),
            None => self.newest_keys(http, now).await,
        }
    }

    /// The keys as they are now: a provider may have signed with one that it did not have before.
    pub async fn newest_keys(&self, http: &Http, now: Timestamp) -> Result<CoreJsonWebKeySet, Failure> {
        let url = match &self.keys {
            Some(url) => url.clone(),
            None => self.metadata(http, now).await?.jwks_uri().clone(),
        };
        let keys = CoreJsonWebKeySet::fetch_async(&url, http).await.map_err(unreachable)?;
        self.fetched().keys = Some((keys.clone(), now));
        Ok(keys)
    }

    async fn metadata(&self, http: &Http, now: Timestamp) -> Result<CoreProviderMetadata, Failure> {
        let kept = self.fetched().metadata.as_ref().filter(|(_, at)| is_fresh(*at, now)).map(|(kept, _)| kept.clone());
        if let Some(metadata) = kept {
            return Ok(metadata);
        }
        // Refuses a document that names another issuer, and fetches the keys, too.
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), http).await.map_err(unreachable)?;
        let mut fetched = self.fetched();
        fetched.keys = Some((metadata.jwks().clone(), now));
        fetched.metadata = Some((metadata.clone(), now));
        Ok(metadata)
    }

    fn fetched(&self) -> std::sync::MutexGuard<'_, Fetched> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(fetched_at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(fetched_at);
    !age.is_negative() && age < SignedDuration::try_from(limits::PROVIDER_KEPT).unwrap_or_default()
}

fn unreachable(error: DiscoveryError<HttpError>) -> Failure {
    Failure::Unreachable(match error {
        DiscoveryError::Request(error) => format!("discovery: {error}"),
        DiscoveryError::Response(status, _, _) => format!("discovery: it answered {status}"),
        DiscoveryError::Validation(what) => format!("discovery: {what}"),
        _ => "discovery: its answer cannot be read".to_owned(),
    })
}
