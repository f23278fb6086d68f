//! What is needed to read a credential: the keys of cookies, the origins that may use them, the agents' key.

use std::sync::Arc;

use http::HeaderValue;

use crate::config::{Config, ConfigError, Environment};
use crate::secret::Secret;
use crate::session_cookie::CookieKeys;

/// Reads what callers present. A function that nobody signs in to has none and needs none of its secrets.
#[derive(Clone)]
pub struct Door(Option<Arc<Inner>>);

struct Inner {
    keys: CookieKeys,
    origins: Vec<String>,
    agent_key: Option<Secret>,
    environment: Environment,
}

impl Door {
    /// From `AUTH_SECRET`, `APP_URL`, `FRONT_END_ORIGINS` and `AGENT_API_KEY`.
    ///
    /// # Errors
    /// A variable is missing or malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Door(Some(Arc::new(Inner {
            keys: CookieKeys::new(config.auth_secrets()?),
            origins: config.front_end_origins()?,
            agent_key: config.agent_key()?,
            environment: config.environment,
        }))))
    }

    /// For a function without callers.
    pub fn none() -> Self {
        Door(None)
    }

    /// The keys of session cookies.
    pub fn cookie_keys(&self) -> Option<&CookieKeys> {
        self.0.as_ref().map(|door| &door.keys)
    }

    pub(super) fn agent_key(&self) -> Option<&Secret> {
        self.0.as_ref().and_then(|door| door.agent_key.as_ref())
    }

    /// Whether pages of this origin are ours.
    pub(super) fn trusts(&self, origin: &HeaderValue) -> bool {
        self.0.as_ref().is_some_and(|door| door.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()))
    }

    /// Whether keys for trying things out work here.
    pub(super) fn takes_test_keys(&self) -> bool {
        self.0.as_ref().is_some_and(|door| door.environment != Environment::Production)
    }
}
