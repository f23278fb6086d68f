//! The id at the end of a path.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use shared::ApiError;

/// The one parameter of a path. What is no text names nothing.
pub struct PathId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let unreadable = |_: PathRejection| ApiError::NoSuchEndpoint;
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(unreadable)?;
        Ok(PathId(id))
    }
}
