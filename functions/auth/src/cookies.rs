//! The cookies of the web front end, by the names that Auth.js gives them.

use axum::response::AppendHeaders;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use shared::caller::{Door, SECURE_SESSION_COOKIE, SESSION_COOKIE, cookie};
use shared::session_cookie::{Claims, chunks};
use shared::{ApiError, Identity, limits};

/// The anti-forgery cookie's name.
pub fn csrf_name(secure: bool) -> &'static str {
    if secure { "__Host-authjs.csrf-token" } else { "authjs.csrf-token" }
}

/// `Set-Cookie` headers of an answer.
pub type SetCookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

/// The browser that sent a request, for the session cookies that it holds and is given.
pub struct Browser<'a> {
    /// Whether cookies travel over https only.
    pub secure: bool,
    /// Has the keys.
    pub door: &'a Door,
    /// The request.
    pub parts: &'a Parts,
}

impl Browser<'_> {
    /// Keeps the browser signed in until the session ends: what Auth.js would write, with the session's token inside.
    ///
    /// # Errors
    /// The function has no key for it, which its configuration rules out.
    pub fn signed_in(&self, person: &Identity, token: &str, now: Timestamp) -> Result<SetCookies, ApiError> {
        let claims = Claims {
            sub: Some(person.user_id.clone()),
            name: person.name.clone(),
            email: person.email.clone(),
            picture: picture(person).cloned(),
            role: Some(person.role.clone()),
            sid: Some(token.to_owned()),
            iat: now.as_second(),
            exp: person.expires_at.unwrap_or(now).as_second(),
            jti: person.session_id.clone(),
        };
        let keys = self.door.cookie_keys().ok_or_else(|| ApiError::internal(NoKeys))?;
        let pieces = chunks(self.name(), &keys.seal(self.name(), &claims));
        let age = u64::try_from(claims.exp - claims.iat).unwrap_or(0);
        let kept = pieces.iter().map(|(name, value)| (name.as_str(), value.as_str(), age));
        let stale = self.stale(&pieces);
        let forgotten = stale.iter().map(|name| (name.as_str(), "", 0));
        Ok(self.headers(kept.chain(forgotten)))
    }

    /// Forgets the session.
    pub fn signed_out(&self) -> SetCookies {
        let mut names = self.stale(&[]);
        names.push(self.name().to_owned());
        self.headers(names.iter().map(|name| (name.as_str(), "", 0)))
    }

    /// What the browser has of an older session cookie that was written in another number of pieces.
    fn stale(&self, kept: &[(String, String)]) -> Vec<String> {
        let pieces = (0..limits::COOKIE_CHUNKS).map(|piece| format!("{}.{piece}", self.name()));
        let names = std::iter::once(self.name().to_owned()).chain(pieces);
        let unwanted = |name: &String| kept.iter().all(|(kept, _)| kept != name);
        names.filter(|name| cookie(self.parts, name).is_some() && unwanted(name)).collect()
    }

    fn headers<'c>(&self, cookies: impl Iterator<Item = (&'c str, &'c str, u64)>) -> SetCookies {
        let headers = cookies.filter_map(|(name, value, age)| written(name, value, self.secure, Some(age)));
        AppendHeaders(headers.map(|header| (SET_COOKIE, header)).collect())
    }

    fn name(&self) -> &'static str {
        if self.secure { SECURE_SESSION_COOKIE } else { SESSION_COOKIE }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("this function has no keys for session cookies")]
struct NoKeys;

/// What a session cookie says of a person's portrait: nothing of an address that is longer than any we take, such as an image
/// in itself, which would make every request too large.
pub fn picture(person: &Identity) -> Option<&String> {
    person.image.as_ref().filter(|address| address.len() <= limits::IMAGE_ADDRESS_CHARACTERS)
}

/// Ties a form to this browser; lives as long as the browser's window.
pub fn csrf(secure: bool, value: &str) -> Option<HeaderValue> {
    written(csrf_name(secure), value, secure, None)
}

fn written(name: &str, value: &str, secure: bool, max_age_seconds: Option<u64>) -> Option<HeaderValue> {
    let age = max_age_seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}")).ok()
}
