//! Programs of our own that act for nobody in particular.

use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Anyone;
use crate::error::ApiError;
use crate::function::App;
use crate::secret::{constant_time_eq, sha256};

/// An agent that knows `AGENT_API_KEY`, presented as `Authorization: Bearer …`.
pub struct Agent {
    /// What is known of whoever sent the request.
    pub stranger: Anyone,
}

impl<S> FromRequestParts<S> for Agent
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let app = App::from_ref(state);
        let known = app.door.agent_key().ok_or(ApiError::Unauthorized)?;
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let presented = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
        // Digests have one length, so that not even the key's length shows.
        if !constant_time_eq(sha256(presented.trim()), sha256(known.expose())) {
            return Err(ApiError::Unauthorized);
        }
        Ok(Agent { stranger: Anyone::of(parts, app.clock.now()) })
    }
}
