//! What the gateway answers by itself.

use http::{Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;

/// A request that the gateway does not pass on, or a function that did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request line or a header can't be passed on.
    BadRequest(&'static str),
    /// No route.
    NotFound,
    /// The body took too long to arrive.
    BodyTooSlow,
    /// More than Lambda takes.
    BodyTooLarge,
    /// More than an HTTP API takes.
    HeadersTooLarge,
    /// Over the rate.
    TooManyRequests,
    /// The function failed, or its answer is none.
    FunctionFailed,
    /// The function had no answer in time.
    IntegrationTimeout,
}

impl Refusal {
    /// The answer for the client. AWS sends `message` alone; where a client can do something about it, the error body of
    /// the functions is added.
    pub(super) fn response(self, request_id: &str) -> Response<Full<Bytes>> {
        let (status, message) = match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            Self::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
            Self::FunctionFailed => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Self::IntegrationTimeout => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        let body = match self.explanation() {
            Some((sentence, code)) => {
                json!({"message": message, "error": sentence, "code": code, "requestId": request_id})
            }
            None => json!({"message": message}),
        };
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        response
    }

    fn explanation(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::BadRequest(sentence) => Some((sentence, "bad_request")),
            Self::BodyTooSlow => Some(("The request's body did not arrive in time.", "body_too_slow")),
            Self::BodyTooLarge => Some(("The request is larger than 6 MB.", "body_too_large")),
            Self::HeadersTooLarge => Some(("The request's headers are larger than 10,240 bytes.", "headers_too_large")),
            _ => None,
        }
    }
}
