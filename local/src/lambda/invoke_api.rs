//! Lambda's Invoke API, so that `cargo lambda invoke` and the AWS tools can call a function with an event of their own.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::{function::Function, id};

/// The name of the function if the request is one of the Invoke API. It runs functions with any event, so only programs on
/// this machine may use it, and no web page that a browser on this machine shows: browsers name its origin.
pub(super) fn function_name(head: &Parts, peer: IpAddr) -> Option<&str> {
    let name = head.uri.path().strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")?;
    let allowed = peer.is_loopback() && head.method == Method::POST && !head.headers.contains_key(header::ORIGIN);
    allowed.then_some(name)
}

/// Invokes the function as the headers say.
pub(super) async fn invoke(
    functions: &BTreeMap<String, Arc<Function>>,
    name: &str,
    headers: &HeaderMap,
    payload: Bytes,
) -> Response<Full<Bytes>> {
    let Some(function) = functions.get(name) else {
        let known = functions.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("Function not found: {name}. There are: {known}");
        return refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return refusal(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }
    match headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes) {
        None | Some(b"RequestResponse") => {}
        Some(b"Event") => {
            let function = Arc::clone(function);
            // A failure is in the function's log; nobody waits for it here.
            tokio::spawn(async move { function.invoke(payload).await });
            return response(StatusCode::ACCEPTED, Bytes::new());
        }
        Some(b"DryRun") => return response(StatusCode::NO_CONTENT, Bytes::new()),
        Some(_) => {
            let message = "X-Amz-Invocation-Type is RequestResponse, Event or DryRun";
            return refusal(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message);
        }
    }
    match function.invoke(payload).await {
        Ok(answer) => response(StatusCode::OK, answer),
        Err(failure) => {
            let mut response = response(StatusCode::OK, Bytes::from(json!(failure).to_string()));
            response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            response
        }
    }
}

fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response<Full<Bytes>> {
    let body: Value = json!({"Type": "User", "Message": message});
    let mut response = response(status, Bytes::from(body.to_string()));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    if let Ok(id) = HeaderValue::try_from(id::invocation()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
