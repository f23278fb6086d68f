//! The cookies of the web front end, by the names that Auth.js gives them.

use http::HeaderValue;
use shared::caller::{SECURE_SESSION_COOKIE, SESSION_COOKIE};
use shared::limits;

/// The anti-forgery cookie's name.
pub fn csrf_name(secure: bool) -> &'static str {
    if secure { "__Host-authjs.csrf-token" } else { "authjs.csrf-token" }
}

/// Keeps a browser signed in until the session ends.
pub fn session(secure: bool, token: &str) -> Option<HeaderValue> {
    written(session_name(secure), token, secure, Some(limits::SESSION_LIFETIME.as_secs()))
}

/// Forgets the session.
pub fn no_session(secure: bool) -> Option<HeaderValue> {
    written(session_name(secure), "", secure, Some(0))
}

/// Ties a form to this browser; lives as long as the browser's window.
pub fn csrf(secure: bool, value: &str) -> Option<HeaderValue> {
    written(csrf_name(secure), value, secure, None)
}

fn session_name(secure: bool) -> &'static str {
    if secure { SECURE_SESSION_COOKIE } else { SESSION_COOKIE }
}

fn written(name: &str, value: &str, secure: bool, max_age_seconds: Option<u64>) -> Option<HeaderValue> {
    let age = max_age_seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}")).ok()
}
