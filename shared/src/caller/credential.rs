//! What a request presents: a session cookie, a bearer token or an API key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use jiff::Timestamp;

use super::Door;
use crate::error::ApiError;
use crate::secret::sha256;
use crate::session_cookie::{self, Claims};
use crate::{ids, limits};

/// The session cookie of the web front end over http.
pub const SESSION_COOKIE: &str = "authjs.session-token";
/// The session cookie over https.
pub const SECURE_SESSION_COOKIE: &str = "__Secure-authjs.session-token";
/// How an API key starts. What is sent as a bearer token is one only if it starts so.
const API_KEY_PREFIX: &str = "sk_";
/// How a key starts that does not work in production.
const TEST_KEY_PREFIX: &str = "sk_test_";

/// The digest of a presented secret; the secret itself is kept nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) kind: &'static str,
    pub(super) hash: [u8; 32],
}

impl Credential {
    pub(super) fn session(secret: &str) -> Self {
        Credential { kind: "session", hash: sha256(secret) }
    }
}

/// What was found in a request.
#[derive(Debug)]
pub(super) enum Presented {
    /// A secret that the database knows by its digest.
    Known(Credential),
    /// A session cookie. Without a session's token in it the front end made it, with the shared secret: then no row of
    /// ours may belong to it yet.
    Cookie { claims: Claims, credential: Credential },
}

/// What a request presents, and whether a browser sent it by itself. A header is used exclusively: the cookie counts only
/// without one.
pub(super) fn presented(
    parts: &Parts,
    door: &Door,
    api_keys: bool,
    now: Timestamp,
) -> Result<Option<(Presented, bool)>, ApiError> {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    let text = match (header("x-api-key"), header(AUTHORIZATION.as_str())) {
        // In a header of its own it can only be a key, however it begins.
        (Some(key), _) if !key.is_empty() => return Ok(Some((api_key(key, door, api_keys)?, false))),
        (_, Some(authorization)) if !authorization.is_empty() => {
            let (scheme, token) = authorization.split_once(' ').ok_or(ApiError::Unauthorized)?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).ok_or(ApiError::Unauthorized)?
        }
        _ => return from_cookie(parts, door, now),
    };
    let found = if text.starts_with(API_KEY_PREFIX) {
        api_key(text, door, api_keys)?
    } else if text.contains('.') {
        // A cookie's value, sent as a bearer token.
        let name = [SECURE_SESSION_COOKIE, SESSION_COOKIE];
        name.iter().find_map(|name| opened(name, text, door, now)).ok_or(ApiError::Unauthorized)?
    } else if text.is_empty() || text.len() > limits::CREDENTIAL_CHARACTERS {
        return Err(ApiError::Unauthorized);
    } else {
        Presented::Known(Credential::session(text))
    };
    Ok(Some((found, false)))
}

fn api_key(text: &str, door: &Door, taken: bool) -> Result<Presented, ApiError> {
    if !taken {
        return Err(ApiError::Unauthorized);
    }
    let is_for_tests = text.starts_with(TEST_KEY_PREFIX);
    if text.len() > limits::CREDENTIAL_CHARACTERS || (is_for_tests && !door.takes_test_keys()) {
        return Err(ApiError::InvalidApiKey);
    }
    Ok(Presented::Known(Credential { kind: "api_key", hash: sha256(text) }))
}

fn from_cookie(parts: &Parts, door: &Door, now: Timestamp) -> Result<Option<(Presented, bool)>, ApiError> {
    for name in [SECURE_SESSION_COOKIE, SESSION_COOKIE] {
        if let Some(value) = session_cookie::from_cookies(parts, name) {
            let found = opened(name, &value, door, now).ok_or(ApiError::Unauthorized)?;
            return Ok(Some((found, true)));
        }
    }
    Ok(None)
}

fn opened(name: &str, value: &str, door: &Door, now: Timestamp) -> Option<Presented> {
    let claims = door.cookie_keys()?.open(name, value, now)?;
    let credential = Credential::session(claims.sid.as_deref().unwrap_or(value));
    Some(Presented::Cookie { claims, credential })
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::Config;

    fn door(environment: &str) -> Door {
        let pairs = [
            ("ENVIRONMENT", environment),
            ("AUTH_SECRET", "0123456789012345678901234567890123456789"),
            ("APP_URL", "https://spike.land"),
        ];
        let variables = HashMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Door::new(&Config::from_variables(variables).unwrap()).unwrap()
    }

    /// The kind of credential, or the code of the refusal.
    fn seen(door: &Door, headers: &[(&str, &str)], api_keys: bool) -> Result<Option<&'static str>, &'static str> {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let found = presented(&parts, door, api_keys, Timestamp::UNIX_EPOCH).map_err(|error| error.code())?;
        Ok(found.map(|(found, by_cookie)| match found {
            Presented::Known(credential) => credential.kind,
            Presented::Cookie { claims, .. } if claims.sid.is_none() => "foreign",
            Presented::Cookie { credential, .. } => {
                assert_eq!(credential, Credential::session("the token"));
                if by_cookie { "cookie" } else { "session" }
            }
        }))
    }

    #[test]
    fn credentials_are_found_where_clients_put_them() {
        let door = door("production");
        let keys = door.cookie_keys().unwrap();
        let ours = Claims { sid: Some("the token".to_owned()), exp: 1, ..Claims::default() };
        let sealed = keys.seal(SESSION_COOKIE, &ours);
        let foreign = keys.seal(SESSION_COOKIE, &Claims { sid: None, ..ours.clone() });
        let (plain, secure) = (format!("a=b; {SESSION_COOKIE}={sealed}"), keys.seal(SECURE_SESSION_COOKIE, &ours));
        let (wrong, secure) = (format!("{SESSION_COOKIE}={secure}"), format!("{SECURE_SESSION_COOKIE}={secure}"));
        let foreign = format!("{SESSION_COOKIE}={foreign}");
        let long = format!("Bearer {}", "x".repeat(300));
        let bearer = format!("Bearer {sealed}");
        for (headers, api_keys, expected) in [
            (&[][..], true, Ok(None)),
            (&[("authorization", "Bearer abc")], true, Ok(Some("session"))),
            (&[("authorization", "bearer sk_live_x")], true, Ok(Some("api_key"))),
            (&[("authorization", "Bearer sk_live_x")], false, Err("unauthorized")),
            (&[("authorization", "Bearer sk_test_x")], true, Err("invalid_api_key")),
            (&[("authorization", "")], true, Ok(None)),
            (&[("authorization", "Basic abc")], true, Err("unauthorized")),
            (&[("authorization", "Bearer ")], true, Err("unauthorized")),
            (&[("authorization", "Bearer a.b.c.d.e")], true, Err("unauthorized")),
            (&[("authorization", &long)], true, Err("unauthorized")),
            (&[("authorization", &bearer)], true, Ok(Some("session"))),
            (&[("x-api-key", "sk_live_x")], true, Ok(Some("api_key"))),
            (&[("x-api-key", "sk_live_x")], false, Err("unauthorized")),
            (&[("x-api-key", "sk_test_x")], true, Err("invalid_api_key")),
            (&[("x-api-key", "a-key-12345")], true, Ok(Some("api_key"))),
            (&[("x-api-key", "a-key-12345")], false, Err("unauthorized")),
            (&[("x-api-key", "a.b.c.d.e")], true, Ok(Some("api_key"))),
            (&[("x-api-key", &long)], true, Err("invalid_api_key")),
            (&[("x-api-key", " "), ("authorization", "Bearer abc")], true, Ok(Some("session"))),
            (&[("x-api-key", "a-key"), ("authorization", "Bearer abc")], true, Ok(Some("api_key"))),
            (&[("x-api-key", "a-key"), ("cookie", &plain)], true, Ok(Some("api_key"))),
            (&[("cookie", &plain)], true, Ok(Some("cookie"))),
            (&[("cookie", "a=b"), ("cookie", &secure)], true, Ok(Some("cookie"))),
            (&[("cookie", &foreign)], true, Ok(Some("foreign"))),
            (&[("cookie", &wrong)], true, Err("unauthorized")),
            (&[("cookie", "authjs.session-token=abc")], true, Err("unauthorized")),
            (&[("cookie", &plain), ("authorization", "Basic x")], true, Err("unauthorized")),
            (&[("cookie", "xauthjs.session-token=abc")], true, Ok(None)),
        ] {
            assert_eq!(seen(&door, headers, api_keys), expected, "{headers:?}");
        }
    }

    #[test]
    fn test_keys_work_outside_production() {
        let headers = [("authorization", "Bearer sk_test_x")];
        assert_eq!(seen(&door("staging"), &headers, true), Ok(Some("api_key")));
    }
}
