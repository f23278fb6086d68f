//! Makes an HTTP answer of what a function returned, by the rules of payload format 2.0.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::Value;

/// Headers that the connection to the client sets by itself.
const OF_THE_CONNECTION: [HeaderName; 5] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::UPGRADE, header::TRAILER];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status_code: Value,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The answer for the client; `None` when the function returned something that is no answer.
pub(super) fn answer(payload: &[u8]) -> Option<Response<Full<Bytes>>> {
    match serde_json::from_slice::<Answer<'_>>(payload) {
        Ok(answer) => answer.into_response(),
        Err(_) => without_status(payload),
    }
}

/// JSON without a statusCode is the body itself.
fn without_status(payload: &[u8]) -> Option<Response<Full<Bytes>>> {
    let body = match serde_json::from_slice::<Value>(payload).ok()? {
        Value::Object(fields) if fields.contains_key("statusCode") => return None,
        Value::String(text) => Bytes::from(text),
        _ => Bytes::copy_from_slice(payload),
    };
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}

impl Answer<'_> {
    fn into_response(self) -> Option<Response<Full<Bytes>>> {
        let code = self.status_code.as_u64().or_else(|| self.status_code.as_str()?.parse().ok())?;
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok())?;
        // An informational status would leave the client waiting for the answer proper.
        if status.is_informational() {
            return None;
        }
        let body = match self.body {
            None => Bytes::new(),
            Some(text) if self.is_base64_encoded => Bytes::from(STANDARD.decode(text.as_bytes()).ok()?),
            Some(text) => Bytes::from(text.into_owned()),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.unwrap_or_default() {
            let name = HeaderName::try_from(name).ok()?;
            if !OF_THE_CONNECTION.contains(&name) {
                headers.append(name, header_value(value)?);
            }
        }
        for cookie in self.cookies.unwrap_or_default() {
            headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
        }
        if !body.is_empty() {
            let default = HeaderValue::from_static("text/plain; charset=utf-8");
            headers.entry(header::CONTENT_TYPE).or_insert(default);
        }
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Some(response)
    }
}

fn header_value(value: Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => HeaderValue::try_from(text).ok(),
        Value::Number(number) => HeaderValue::try_from(number.to_string()).ok(),
        Value::Bool(flag) => Some(HeaderValue::from_static(if flag { "true" } else { "false" })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(payload: Value) -> Option<Response<Full<Bytes>>> {
        answer(payload.to_string().as_bytes())
    }

    #[test]
    fn cookies_become_headers() {
        let payload = serde_json::json!({"statusCode": 201, "headers": {"x-a": "1", "Content-Length": "99"},
            "multiValueHeaders": {}, "cookies": ["a=1; HttpOnly", "b=2"], "body": "hi", "isBase64Encoded": false});
        let response = text(payload).expect("an answer");
        assert_eq!(response.status(), 201);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
        assert!(response.headers().get("content-length").is_none());
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    }

    #[test]
    fn json_without_a_status_is_the_body() {
        let response = text(serde_json::json!({"a": 1})).expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
    }

    #[test]
    fn nonsense_is_no_answer() {
        assert!(answer(b"").is_none());
        assert!(answer(b"not json").is_none());
        assert!(text(serde_json::json!({"statusCode": "many"})).is_none());
        assert!(text(serde_json::json!({"statusCode": 101})).is_none());
        assert!(text(serde_json::json!({"statusCode": 200, "body": "%", "isBase64Encoded": true})).is_none());
        assert!(text(serde_json::json!({"statusCode": 200, "headers": {"a b": "1"}})).is_none());
    }
}
