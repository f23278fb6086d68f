//! The session cookie as Auth.js v5 seals it, so that its servers and ours open each other's: a JWT inside a compact
//! JWE (`dir`, `A256CBC-HS512`), under a key that HKDF makes from the secret and the cookie's name.

mod chunks;
mod encryption;

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

pub use chunks::{chunks, from_cookies};

use crate::{Secret, ids, limits};

const ALGORITHM: &str = "dir";
const ENCRYPTION: &str = "A256CBC-HS512";
/// Members of a header that would change how the rest is read. Auth.js writes none of them.
const REFUSED: [&str; 2] = ["zip", "crit"];

/// What a cookie says. Other claims are ignored when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The person's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// What they call themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Address of a portrait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// USER, ADMIN or SUPER_ADMIN, as it was when the cookie was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The session token, which Auth.js does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// When it was sealed, in Unix seconds.
    pub iat: i64,
    /// When it ends, in Unix seconds.
    pub exp: i64,
    /// A name for this cookie alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// What is inside a cookie.
#[derive(Deserialize)]
struct Payload {
    #[serde(flatten)]
    claims: Claims,
    nbf: Option<i64>,
}

impl Payload {
    fn is_valid(&self, now: Timestamp) -> bool {
        let (now, tolerance) = (now.as_second(), limits::SESSION_COOKIE_TOLERANCE.as_secs().cast_signed());
        self.claims.exp > now.saturating_sub(tolerance)
            && self.nbf.is_none_or(|start| start <= now.saturating_add(tolerance))
    }
}

/// Seals and opens session cookies. Clones share the keys, which are made at first use, once per secret and name.
#[derive(Clone)]
pub struct CookieKeys {
    secrets: Arc<[Secret]>,
    made: Arc<Mutex<Vec<Arc<CookieKey>>>>,
}

/// The key for one cookie name, from one secret.
struct CookieKey {
    cookie_name: String,
    /// The secret's place in the list.
    secret: usize,
    /// RFC 7638's thumbprint of the key, with SHA-512: the header's `kid`.
    id: String,
    key: encryption::Key,
}

impl CookieKeys {
    /// The newest secret first: it seals, and each of them opens what it has sealed. An empty one does not count;
    /// without any nothing opens, and what is sealed is empty.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| !secret.expose().is_empty()).collect();
        CookieKeys { secrets, made: Arc::default() }
    }

    /// The value of the cookie `cookie_name`, to be cut with [`chunks`].
    pub fn seal(&self, cookie_name: &str, claims: &Claims) -> String {
        let Some(key) = self.key(cookie_name, 0) else { return String::new() };
        let payload =
            serde_json::to_vec(claims).unwrap_or_else(|error| unreachable!("text and numbers are JSON: {error}"));
        let header = format!(r#"{{"alg":"{ALGORITHM}","enc":"{ENCRYPTION}","kid":"{}"}}"#, key.id);
        let header = URL_SAFE_NO_PAD.encode(header);
        let mut iv = [0; encryption::IV_BYTES];
        ids::fill_random(&mut iv);
        let (ciphertext, tag) = key.key.seal(header.as_bytes(), &iv, &payload);
        let [iv, ciphertext, tag] = [&iv[..], &ciphertext, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        // With `dir` no key travels along: its part is empty.
        [&header, "", &iv, &ciphertext, &tag].join(".")
    }

    /// What the value of the cookie `cookie_name` says. `None` for anything forged, expired, malformed or sealed for
    /// another name.
    pub fn open(&self, cookie_name: &str, value: &str, now: Timestamp) -> Option<Claims> {
        if value.len() > limits::SESSION_COOKIE_BYTES {
            return None;
        }
        let [header, "", iv, ciphertext, tag] = value.splitn(6, '.').collect::<Vec<_>>()[..] else { return None };
        let key = self.key_for(cookie_name, &decode(header)?)?;
        let payload = key.key.open(header.as_bytes(), &decode(iv)?, &decode(ciphertext)?, &decode(tag)?)?;
        let payload: Payload = serde_json::from_slice(&payload).ok()?;
        payload.is_valid(now).then_some(payload.claims)
    }

    /// The key that a header asks for. One that names none means the newest, as for Auth.js.
    fn key_for(&self, cookie_name: &str, header: &[u8]) -> Option<Arc<CookieKey>> {
        let header: Map<String, Value> = serde_json::from_slice(header).ok()?;
        let says = |member: &str, text: &str| header.get(member).is_some_and(|value| value == text);
        let ours = says("alg", ALGORITHM) && says("enc", ENCRYPTION);
        if !ours || REFUSED.iter().any(|member| header.contains_key(*member)) {
            return None;
        }
        let Some(id) = header.get("kid") else { return self.key(cookie_name, 0) };
        (0..self.secrets.len()).filter_map(|secret| self.key(cookie_name, secret)).find(|key| id == key.id.as_str())
    }

    fn key(&self, cookie_name: &str, secret: usize) -> Option<Arc<CookieKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = made.iter().find(|key| key.secret == secret && key.cookie_name == cookie_name) {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(CookieKey::derive(cookie_name, self.secrets.get(secret)?, secret));
        made.push(Arc::clone(&key));
        Some(key)
    }
}

impl CookieKey {
    fn derive(cookie_name: &str, secret: &Secret, place: usize) -> Self {
        let mut bytes = [0; encryption::KEY_BYTES];
        let info = format!("Auth.js Generated Encryption Key ({cookie_name})");
        Hkdf::<Sha256>::new(Some(cookie_name.as_bytes()), secret.expose().as_bytes())
            .expand(info.as_bytes(), &mut bytes)
            .unwrap_or_else(|_| unreachable!("HKDF gives up to 8,160 bytes"));
        // The members in the order of their names, as the RFC wants them.
        let jwk = format!(r#"{{"k":"{}","kty":"oct"}}"#, URL_SAFE_NO_PAD.encode(bytes));
        let id = URL_SAFE_NO_PAD.encode(Sha512::digest(jwk));
        CookieKey { cookie_name: cookie_name.to_owned(), secret: place, id, key: encryption::Key::new(bytes) }
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests;
