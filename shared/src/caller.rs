//! Who is calling. A handler names it by the type of its first argument; whether it is true, the database says, inside
//! the statement that does the work, so that it costs no round trip of its own.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use http::request::Parts;
use jiff::Timestamp;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use tokio_postgres::Row;

use crate::database::Statement;
use crate::error::ApiError;
use crate::function::App;
use crate::secret::sha256;
use crate::{ids, limits};

/// The session cookie of the web front end over http.
pub const SESSION_COOKIE: &str = "authjs.session-token";
/// The session cookie over https.
pub const SECURE_SESSION_COOKIE: &str = "__Secure-authjs.session-token";
/// How an API key starts.
const API_KEY_PREFIX: &str = "sk_";

/// A person with a session: the cookie of a browser, or the bearer token of a phone.
pub type SignedIn = Caller<BySession>;
/// A person with a session, or a program with an API key of theirs.
pub type ApiKeyOrSession = Caller<ByKeyOrSession>;

/// What a caller presented, not yet checked; [`Caller::rows`] checks it together with the work.
pub struct Caller<By> {
    app: App,
    now: Timestamp,
    credential: Credential,
    by: PhantomData<By>,
}

/// Which credentials an endpoint takes.
pub trait Accepts: Send + Sync {
    /// Whether an API key will do.
    const API_KEYS: bool;
}

/// Sessions only.
pub struct BySession;
/// Sessions and API keys.
pub struct ByKeyOrSession;

impl Accepts for BySession {
    const API_KEYS: bool = false;
}
impl Accepts for ByKeyOrSession {
    const API_KEYS: bool = true;
}

/// The digest of a presented secret; the secret itself is kept nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Credential {
    kind: &'static str,
    hash: [u8; 32],
}

/// The person behind a credential.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `user_…`
    pub user_id: String,
    /// USER, ADMIN or SUPER_ADMIN, as it is now.
    pub role: String,
    /// Lower case; absent for some OAuth accounts.
    pub email: Option<String>,
    /// What they call themselves.
    pub name: Option<String>,
    /// Address of a portrait.
    pub image: Option<String>,
    /// When the session ends; absent for an API key.
    pub expires_at: Option<Timestamp>,
}

impl<By> Caller<By> {
    /// A statement that reads `from caller($1, $2, $3)`; further parameters start at `$4`.
    pub fn statement(&self, sql: &'static str) -> Statement {
        Statement::new(sql).bind(self.credential.kind).bind(self.credential.hash).bind(self.now)
    }

    /// Runs a statement made by [`Caller::statement`] that left-joins its work to `caller(…)`, so that no row means
    /// nobody is calling. May run twice if the connection breaks.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] for a session that has ended, [`ApiError::InvalidApiKey`], or the database's.
    pub async fn rows(&self, statement: Statement) -> Result<Vec<Row>, ApiError> {
        let [rows] = self.app.database.read([statement]).await?;
        match (rows.is_empty(), self.credential.kind) {
            (false, _) => Ok(rows),
            (true, "api_key") => Err(ApiError::InvalidApiKey),
            (true, _) => Err(ApiError::Unauthorized),
        }
    }

    /// Who it is, for a handler whose only question that is.
    ///
    /// # Errors
    /// As [`Caller::rows`].
    pub async fn identify(&self) -> Result<Identity, ApiError> {
        let rows = self.rows(self.statement(IDENTIFY)).await?;
        let row = rows.first().ok_or(ApiError::Unauthorized)?;
        Ok(Identity {
            user_id: row.try_get("user_id")?,
            role: row.try_get("role")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            image: row.try_get("image")?,
            expires_at: row.try_get("expires_at")?,
        })
    }

    /// When the request arrived.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

const IDENTIFY: &str = "select user_id, role, email, name, image, expires_at from caller($1, $2, $3)";

impl<S, By> FromRequestParts<S> for Caller<By>
where
    S: Send + Sync,
    App: FromRef<S>,
    By: Accepts,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = App::from_ref(state);
        let credential = presented(parts, By::API_KEYS)?.ok_or(ApiError::Unauthorized)?;
        let now = app.clock.now();
        Ok(Caller { app, now, credential, by: PhantomData })
    }
}

/// A caller who may also be nobody. What is presented and malformed counts as nothing.
impl<S, By> OptionalFromRequestParts<S> for Caller<By>
where
    S: Send + Sync,
    App: FromRef<S>,
    By: Accepts,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, ApiError> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(caller) => Ok(Some(caller)),
            Err(_) => Ok(None),
        }
    }
}

/// The credential of a request. A header is used exclusively: the cookie counts only without one.
fn presented(parts: &Parts, api_keys: bool) -> Result<Option<Credential>, ApiError> {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    let text = match (header("x-api-key"), header(AUTHORIZATION.as_str())) {
        (Some(key), _) if !key.is_empty() => key,
        (_, Some(authorization)) if !authorization.is_empty() => {
            let (scheme, token) = authorization.split_once(' ').ok_or(ApiError::Unauthorized)?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).ok_or(ApiError::Unauthorized)?
        }
        _ => match session_cookie(parts) {
            Some(token) => token,
            None => return Ok(None),
        },
    };
    if text.is_empty() || text.len() > limits::CREDENTIAL_CHARACTERS {
        return Err(ApiError::Unauthorized);
    }
    let kind = match text.starts_with(API_KEY_PREFIX) {
        true if api_keys => "api_key",
        true => return Err(ApiError::Unauthorized),
        false => "session",
    };
    Ok(Some(Credential { kind, hash: sha256(text) }))
}

fn session_cookie(parts: &Parts) -> Option<&str> {
    cookie(parts, SECURE_SESSION_COOKIE).or_else(|| cookie(parts, SESSION_COOKIE))
}

/// The value of the cookie `name`, as the client sent it.
pub fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let headers = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A new session token: the client holds `text`, the database its `hash`.
pub struct SessionToken {
    /// 43 characters, base64url.
    pub text: String,
    /// SHA-256 of `text`.
    pub hash: [u8; 32],
}

impl SessionToken {
    /// 256 random bits.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        ids::fill_random(&mut bytes);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        SessionToken { hash: sha256(&text), text }
    }
}

/// Anybody: the handler is public. Carries what is known of a stranger.
pub struct Anyone {
    /// The address that the gateway saw.
    pub source_ip: Option<String>,
    /// What the client calls itself, cut to a sane length.
    pub user_agent: Option<String>,
    /// When the request arrived.
    pub now: Timestamp,
}

impl<S> FromRequestParts<S> for Anyone
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let source_ip = match parts.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(limits::USER_AGENT_CHARACTERS).collect());
        Ok(Anyone { source_ip, user_agent, now: App::from_ref(state).clock.now() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(headers: &[(&str, &str)], api_keys: bool) -> Result<Option<&'static str>, &'static str> {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        presented(&parts, api_keys).map(|c| c.map(|c| c.kind)).map_err(|error| error.code())
    }

    #[test]
    fn credentials_are_found_where_clients_put_them() {
        let long = format!("Bearer {}", "x".repeat(300));
        for (headers, api_keys, expected) in [
            (&[][..], true, Ok(None)),
            (&[("authorization", "Bearer abc")], true, Ok(Some("session"))),
            (&[("authorization", "bearer sk_test_x")], true, Ok(Some("api_key"))),
            (&[("authorization", "Bearer sk_test_x")], false, Err("unauthorized")),
            (&[("authorization", "")], true, Ok(None)),
            (&[("authorization", "Basic abc")], true, Err("unauthorized")),
            (&[("authorization", "Bearer ")], true, Err("unauthorized")),
            (&[("authorization", &long)], true, Err("unauthorized")),
            (&[("x-api-key", "sk_live_x")], true, Ok(Some("api_key"))),
            (&[("cookie", "a=b; authjs.session-token=abc")], true, Ok(Some("session"))),
            (&[("cookie", "a=b"), ("cookie", "__Secure-authjs.session-token=abc")], true, Ok(Some("session"))),
            (&[("cookie", "authjs.session-token=abc"), ("authorization", "Basic x")], true, Err("unauthorized")),
            (&[("cookie", "xauthjs.session-token=abc")], true, Ok(None)),
        ] {
            assert_eq!(seen(headers, api_keys), expected, "{headers:?}");
        }
    }
}
