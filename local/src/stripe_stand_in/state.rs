//! What the stand-in remembers.

use std::collections::{BTreeMap, VecDeque};

use axum::http::StatusCode;
use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/customers`.
    pub path: String,
    /// The idempotency key, empty without one.
    pub key: String,
    /// The parameters.
    pub form: BTreeMap<String, String>,
}

/// What can go wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and answered with this status.
    Status(u16),
    /// It is not done, and not answered for longer than anybody waits.
    Silence,
    /// It is done, and the connection breaks in the middle of the answer.
    LostAnswer,
}

/// Where events go.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) url: String,
    pub(super) secret: String,
}

/// What was answered to a key.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) path: String,
    pub(super) form: BTreeMap<String, String>,
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) url: String,
    pub(super) delivery: Option<Delivery>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) asked: Vec<Asked>,
    /// By id.
    pub(super) objects: BTreeMap<String, Value>,
    /// By idempotency key.
    pub(super) kept: BTreeMap<String, Kept>,
}

impl State {
    pub(super) fn new(url: String) -> Self {
        State {
            url,
            delivery: None,
            faults: VecDeque::new(),
            asked: Vec::new(),
            objects: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    /// Keeps an object by its id and answers it.
    pub(super) fn keep(&mut self, object: Value) -> Value {
        self.objects.insert(object["id"].as_str().unwrap_or_default().to_owned(), object.clone());
        object
    }

    /// The object, if it is there and of this kind.
    pub(super) fn find(&self, kind: &str, id: &str) -> Result<Value, Refusal> {
        let found = self.objects.get(id).filter(|object| object["object"] == kind);
        found.cloned().ok_or_else(|| Refusal::missing(kind, id))
    }
}

/// A refusal in Stripe's form.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, kind: &str, code: &str, param: Option<&str>, message: String) -> Self {
        let error = json!({ "type": kind, "code": code, "param": param, "message": message });
        Refusal { status, body: json!({ "error": error }) }
    }

    pub(super) fn invalid(code: &str, param: &str, message: String) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, Some(param), message)
    }

    pub(super) fn missing(kind: &str, id: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", "resource_missing", Some("id"), message)
    }
}
