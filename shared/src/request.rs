//! Bodies and query strings as handlers take them: bounded before they are parsed, and refused with a reason.

use axum::body::{Bytes, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The raw bytes of a body of at most `LIMIT` bytes.
pub struct RawBody<const LIMIT: usize>(pub Bytes);

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for RawBody<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        // Counted on the bytes read: a length in a header may be missing or wrong.
        let bytes = to_bytes(request.into_body(), LIMIT).await.map_err(|_| ApiError::TooLarge { limit: LIMIT })?;
        Ok(RawBody(bytes))
    }
}

/// A JSON body of at most `LIMIT` bytes, whatever its content type says.
pub struct JsonBody<T, const LIMIT: usize>(pub T);

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for JsonBody<T, LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let RawBody(bytes) = RawBody::<LIMIT>::from_request(request, state).await?;
        parse_json(&bytes).map(JsonBody)
    }
}

/// Parses JSON; nesting is bounded by the parser.
///
/// # Errors
/// [`ApiError::MalformedBody`] with what is wrong and where.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::MalformedBody { details: "the body is empty, JSON is expected".to_owned() });
    }
    serde_json::from_slice(bytes).map_err(|error| ApiError::MalformedBody { details: error.to_string() })
}

/// A form body (`application/x-www-form-urlencoded`) of at most `LIMIT` bytes; JSON is taken, too.
pub struct FormBody<T, const LIMIT: usize>(pub T);

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for FormBody<T, LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = content_type.is_some_and(|kind| kind.starts_with("application/json"));
        let RawBody(bytes) = RawBody::<LIMIT>::from_request(request, state).await?;
        if is_json && !bytes.is_empty() {
            return parse_json(&bytes).map(FormBody);
        }
        let pairs = url::form_urlencoded::parse(&bytes).into_owned().map(|(name, value)| (name, value.into()));
        let fields = serde_json::Value::Object(pairs.collect());
        let malformed = |error: serde_json::Error| ApiError::MalformedBody { details: error.to_string() };
        serde_json::from_value(fields).map(FormBody).map_err(malformed)
    }
}

/// The query string as `T`.
pub struct QueryString<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryString<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let malformed = |rejection: QueryRejection| ApiError::MalformedQuery { details: rejection.body_text() };
        let Query(query) = Query::from_request_parts(parts, state).await.map_err(malformed)?;
        Ok(QueryString(query))
    }
}
