//! Who gets in: a browser on this machine that was given the address with its key.
//!
//! Other programs of this machine do not know the key. Pages of other sites do not send the cookie (`SameSite=Strict`), may
//! not read an answer, and reach us under no name but our own: a name that is pointed here later is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use shared::secret::constant_time_eq;

/// No script runs, and nothing is loaded from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// The key, and the names that we answer to.
pub struct Door {
    key: String,
    hosts: [String; 2],
    cookie: String,
}

impl Door {
    /// With a new key.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(address: SocketAddr) -> Result<Self, local::LocalError> {
        let port = address.port();
        Ok(Door {
            key: local::secret::random(24)?,
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            // Browsers share cookies between the ports of a host.
            cookie: format!("studio-{port}"),
        })
    }

    /// The address with the key.
    pub fn address(&self) -> String {
        format!("http://{}/?key={}", self.hosts[0], self.key)
    }

    fn has_key(&self, request: &Request) -> bool {
        let cookies = request.headers().get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie && constant_time_eq(value, &self.key))
    }
}

/// Lets a request in, or says how to get in.
pub async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !door.hosts.iter().any(|name| name == host) {
        return (StatusCode::MISDIRECTED_REQUEST, "This is not the address of this page.").into_response();
    }
    let query = request.uri().query().unwrap_or_default();
    let mut response = match query.strip_prefix("key=") {
        // Into the cookie and out of the address, where it would be seen and remembered.
        Some(key) if constant_time_eq(key, &door.key) => {
            let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", door.cookie, door.key);
            ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        _ if door.has_key(&request) => next.run(request).await,
        _ => (StatusCode::FORBIDDEN, "Open the address that `cargo studio` printed.").into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
