//! A browser sends its cookies with requests that other sites' pages make. Such a request must not change anything.

use http::header::{HOST, ORIGIN};
use http::request::Parts;

use super::Door;
use crate::error::ApiError;

/// Refuses a write that carries a cookie and comes from a page that is not ours.
///
/// # Errors
/// [`ApiError::CrossOrigin`].
pub(super) fn check(parts: &Parts, door: &Door) -> Result<(), ApiError> {
    if parts.method.is_safe() {
        return Ok(());
    }
    let site = parts.headers.get("sec-fetch-site").map(|value| value.as_bytes());
    match (parts.headers.get(ORIGIN), site) {
        (Some(origin), _) if door.trusts(origin) || is_own(parts, origin.as_bytes()) => Ok(()),
        (Some(_), Some(b"same-origin")) => Ok(()),
        (Some(_), _) => Err(ApiError::CrossOrigin),
        (None, None | Some(b"same-origin" | b"none")) => Ok(()),
        // Without either header it is no browser of this decade, and nobody else sends cookies against its user's will.
        (None, Some(_)) => Err(ApiError::CrossOrigin),
    }
}

/// Whether the page came from the API's own address, such as /docs.
fn is_own(parts: &Parts, origin: &[u8]) -> bool {
    let host = parts.headers.get(HOST).map(|value| value.as_bytes());
    let origin = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
    host.is_some() && host == origin
}
