//! Which providers are set up, as Auth.js names the variables: `AUTH_GITHUB_ID`, `AUTH_GITHUB_SECRET` and so on.

use std::sync::Arc;

use openidconnect::{AuthUrl, ClientId, ClientSecret, IssuerUrl, JsonWebKeySetUrl, RedirectUrl, TokenUrl};
use shared::{Config, ConfigError};
use url::Url;

use super::apple::SigningKey;
use super::discovery::Discovery;
use super::provider::{Addresses, Credentials, Id, Provider};
use super::requests::Http;
use super::sealed::Keys;

/// What sign-in through providers needs. Clones share what was fetched from providers.
#[derive(Clone)]
pub struct OAuth {
    /// Those that are set up.
    pub providers: Arc<[Provider]>,
    /// Seal the providers' tokens. Without any, which production refuses, no token is kept.
    pub keys: Option<Keys>,
    /// Reaches the providers.
    pub http: Http,
    /// Where browsers reach us: providers send people back below it.
    base: Url,
    mobile_redirect_uris: Arc<[String]>,
}

/// The variables of one provider.
struct Names {
    id: &'static str,
    secret: &'static str,
    issuer: &'static str,
    authorization: &'static str,
    token: &'static str,
    userinfo: &'static str,
    keys: &'static str,
}

macro_rules! names {
    ($provider:literal) => {
        Names {
            id: concat!("AUTH_", $provider, "_ID"),
            secret: concat!("AUTH_", $provider, "_SECRET"),
            issuer: concat!("AUTH_", $provider, "_ISSUER"),
            authorization: concat!("AUTH_", $provider, "_AUTHORIZATION_URL"),
            token: concat!("AUTH_", $provider, "_TOKEN_URL"),
            userinfo: concat!("AUTH_", $provider, "_USERINFO_URL"),
            keys: concat!("AUTH_", $provider, "_JWKS_URL"),
        }
    };
}

impl Names {
    fn of(id: Id) -> Self {
        match id {
            Id::Apple => names!("APPLE"),
            Id::Facebook => names!("FACEBOOK"),
            Id::GitHub => names!("GITHUB"),
            Id::Google => names!("GOOGLE"),
        }
    }
}

const TOKEN_KEY: &str = "TOKEN_ENCRYPTION_KEY";
const BASE: &str = "AUTH_URL";
const MOBILE_REDIRECT_URIS: &str = "MOBILE_REDIRECT_URIS";
const APPLE_KEY: &str = "AUTH_APPLE_KEY";

impl OAuth {
    /// From the configuration; nothing has to be set.
    ///
    /// # Errors
    /// A variable is malformed, or a provider is set up in production without keys for its tokens.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut providers = Vec::new();
        for id in Id::ALL {
            providers.extend(provider(config, id)?);
        }
        let keys = config.optional(TOKEN_KEY).map(|text| Keys::parse(text).ok_or_else(|| wrong(TOKEN_KEY, KEY_SHAPE)));
        let keys = keys.transpose()?;
        let deployed = config.environment.is_deployed();
        if deployed && keys.is_none() && !providers.is_empty() {
            return Err(wrong(
                TOKEN_KEY,
                &format!("is missing: set it, because a sign-in provider is set up; it {KEY_SHAPE}"),
            ));
        }
        let base = match config.optional(BASE) {
            Some(_) => address(config, BASE)?,
            None => None,
        };
        let listed = config.optional(MOBILE_REDIRECT_URIS).unwrap_or_default().split(',');
        let mobile_redirect_uris = listed.map(str::trim).filter(|uri| !uri.is_empty()).map(str::to_owned).collect();
        Ok(OAuth {
            providers: providers.into(),
            keys,
            http: Http::new(deployed),
            base: base.map_or_else(|| config.app_url(), Ok)?,
            mobile_redirect_uris,
        })
    }

    /// The provider of this name, if it is set up.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id.as_str() == name)
    }

    /// An address of ours, as browsers reach us.
    pub fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// Where a provider sends people back to.
    pub fn redirect_uri(&self, id: Id) -> RedirectUrl {
        RedirectUrl::from_url(self.address(&format!("/api/auth/callback/{}", id.as_str())))
    }

    /// An address of the mobile app that a provider may have sent a code to.
    pub fn mobile_redirect_uri(&self, uri: &str) -> Option<RedirectUrl> {
        let listed = self.mobile_redirect_uris.iter().find(|listed| *listed == uri)?;
        RedirectUrl::new(listed.clone()).ok()
    }
}

const KEY_SHAPE: &str = "must be 64 hex digits, such as `openssl rand -hex 32` prints; \
    while one replaces another, both with a comma between, the new one first";

/// The provider, if it has an id.
fn provider(config: &Config, id: Id) -> Result<Option<Provider>, ConfigError> {
    let names = Names::of(id);
    let Some(client_id) = config.optional(names.id) else { return Ok(None) };
    let credentials = credentials(config, id, &names)?;
    let Addresses { issuer, authorization, token, userinfo, keys } = id.addresses();
    let url = |name: &'static str, known: Option<&str>| -> Result<Option<Url>, ConfigError> {
        Ok(address(config, name)?.or_else(|| known.and_then(|known| Url::parse(known).ok())))
    };
    // Another issuer is asked where its endpoints are.
    let elsewhere = id.is_openid() && config.optional(names.issuer).is_some();
    let known = |known: &'static str| (!elsewhere).then_some(known);
    let issuer = match config.optional(names.issuer) {
        Some(text) => {
            address(config, names.issuer)?;
            text.to_owned()
        }
        None => issuer.to_owned(),
    };
    let issuer = IssuerUrl::new(issuer).map_err(|_| wrong(names.issuer, ADDRESS_SHAPE))?;
    let authorization = url(names.authorization, known(authorization))?.map(AuthUrl::from_url);
    let token = url(names.token, known(token))?.map(TokenUrl::from_url);
    let keys = url(names.keys, keys.filter(|_| !elsewhere))?.map(JsonWebKeySetUrl::from_url);
    Ok(Some(Provider {
        id,
        client_id: ClientId::new(client_id.to_owned()),
        credentials,
        issuer: issuer.clone(),
        userinfo: url(names.userinfo, userinfo)?,
        discovery: Discovery::new(issuer, authorization, token, keys),
    }))
}

fn credentials(config: &Config, id: Id, names: &Names) -> Result<Credentials, ConfigError> {
    let required = |name: &'static str| {
        let missing = || wrong(name, &format!("is missing: {} is set, and a provider needs both", names.id));
        config.optional(name).ok_or_else(missing)
    };
    // Apple's secret is a token that ends; with its key one is made whenever it is needed.
    if id != Id::Apple || config.optional(names.secret).is_some() {
        return required(names.secret).map(|secret| Credentials::Secret(ClientSecret::new(secret.to_owned())));
    }
    let pem = required(APPLE_KEY)?;
    let key = SigningKey::parse(pem, required("AUTH_APPLE_KEY_ID")?, required("AUTH_APPLE_TEAM_ID")?);
    key.map(Credentials::Key).ok_or_else(|| {
        wrong(APPLE_KEY, "must be the private key that Apple offers for download: -----BEGIN PRIVATE KEY-----…")
    })
}

const ADDRESS_SHAPE: &str = "must be an address such as https://example.com/path; deployed, no other than https";

/// An address that a secret may be sent to.
fn address(config: &Config, name: &'static str) -> Result<Option<Url>, ConfigError> {
    let Some(text) = config.optional(name) else { return Ok(None) };
    let taken = |url: &Url| match url.scheme() {
        "https" => url.has_host(),
        "http" => url.has_host() && !config.environment.is_deployed(),
        _ => false,
    };
    Url::parse(text).ok().filter(taken).map(Some).ok_or_else(|| wrong(name, ADDRESS_SHAPE))
}

fn wrong(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError { variable, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<OAuth, String> {
        let base = [("ENVIRONMENT", "production"), ("APP_URL", "https://spike.land/start?a=b")];
        let variables: HashMap<_, _> = base.iter().chain(pairs).map(|(k, v)| (k.to_string(), v.to_string())).collect();
        OAuth::new(&Config::from_variables(variables).unwrap()).map_err(|error| error.to_string())
    }

    const GITHUB: [(&str, &str); 2] = [("AUTH_GITHUB_ID", "id"), ("AUTH_GITHUB_SECRET", "a-secret-word")];

    const KEY: (&str, &str) =
        ("TOKEN_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");

    fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
        GITHUB.iter().chain(more).copied().collect()
    }

    #[test]
    fn production_keeps_tokens_of_providers_sealed_or_does_not_start() {
        assert!(settings(&[]).is_ok(), "without providers there are no tokens");
        let said = settings(&GITHUB).err().unwrap();
        assert!(said.starts_with("configuration: TOKEN_ENCRYPTION_KEY is missing") && !said.contains('\n'), "{said}");
        assert!(settings(&with(&[("ENVIRONMENT", "staging")])).is_err());
        assert!(settings(&with(&[("ENVIRONMENT", "test")])).unwrap().keys.is_none());
        assert!(settings(&with(&[KEY])).unwrap().keys.is_some());
        let said = settings(&[("TOKEN_ENCRYPTION_KEY", "0123")]).err().unwrap();
        assert!(said.starts_with("configuration: TOKEN_ENCRYPTION_KEY must be 64 hex digits"), "{said}");
    }

    #[test]
    fn a_provider_needs_id_and_secret() {
        let names = |pairs: &[_]| {
            let all: Vec<_> = pairs.iter().chain(&[("ENVIRONMENT", "test")]).copied().collect();
            settings(&all).unwrap().providers.iter().map(|provider| provider.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(&GITHUB), ["github"]);
        assert!(names(&GITHUB[1..]).is_empty());
        let said = settings(&GITHUB[..1]).err().unwrap();
        assert!(said.starts_with("configuration: AUTH_GITHUB_SECRET is missing"), "{said}");
        let apple = [("AUTH_APPLE_ID", "id"), ("AUTH_APPLE_KEY_ID", "k"), ("AUTH_APPLE_TEAM_ID", "t")];
        let said = settings(&apple).err().unwrap();
        assert!(said.starts_with("configuration: AUTH_APPLE_KEY is missing"), "{said}");
        let said = settings(&[&apple[..], &[("AUTH_APPLE_KEY", "a-secret-word")]].concat()).err().unwrap();
        assert!(said.contains("AUTH_APPLE_KEY must be") && !said.contains("a-secret-word"), "{said}");
    }

    #[test]
    fn deployed_every_address_is_https() {
        for name in ["AUTH_GITHUB_TOKEN_URL", "AUTH_GITHUB_USERINFO_URL", "AUTH_GITHUB_ISSUER", "AUTH_URL"] {
            for bad in ["http://example.com", "ftp://example.com", "example.com"] {
                let said = settings(&with(&[KEY, (name, bad)])).err().unwrap();
                assert!(said.starts_with(&format!("configuration: {name} must be")), "{said}");
            }
        }
        assert!(settings(&with(&[("AUTH_GITHUB_TOKEN_URL", "http://localhost:1"), ("ENVIRONMENT", "test")])).is_ok());
    }

    #[test]
    fn people_come_back_to_where_browsers_reach_us() {
        let uri = |pairs: &[_]| settings(pairs).unwrap().redirect_uri(Id::GitHub).to_string();
        assert_eq!(uri(&[]), "https://spike.land/api/auth/callback/github");
        assert_eq!(
            uri(&[("AUTH_URL", "https://api.spike.land/api/auth")]),
            "https://api.spike.land/api/auth/callback/github"
        );
    }

    #[test]
    fn an_app_is_answered_only_at_its_own_addresses() {
        let none = settings(&[]).unwrap();
        assert!(none.mobile_redirect_uri("spikeland://auth").is_none());
        let some = settings(&[("MOBILE_REDIRECT_URIS", "spikeland://auth, https://spike.land/m")]).unwrap();
        assert!(some.mobile_redirect_uri("spikeland://auth").is_some());
        for other in ["", "spikeland://auth/", "spikeland://auth2", "https://evil.example/m"] {
            assert!(some.mobile_redirect_uri(other).is_none(), "{other}");
        }
    }
}
