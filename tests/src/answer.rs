//! An HTTP answer, read whole, with its request in every failure message.

use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for messages.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers; several of one name stay several.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header's value, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The `name=value` pairs of all cookies that were set.
    pub fn cookies(&self) -> Vec<String> {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        set.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned).collect()
    }

    /// Asserts the status and answers the body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} answered {} {}", self.request, self.status, self.text);
        self.json()
    }

    /// Asserts that it is an error of this status and code, complete with sentence and request id.
    #[track_caller]
    pub fn expect_error(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        let complete = body["error"].as_str().is_some_and(|s| !s.is_empty())
            && body["requestId"].as_str().is_some_and(|s| !s.is_empty());
        assert!(complete && body["code"] == code, "{} answered {} {}", self.request, self.status, self.text);
        body
    }
}
