//! `/v1/…`: who asks, whether it was asked before, and what is done.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State as Of;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use http_body_util::{Full, Limited};
use serde_json::Value;

use super::state::{Asked, Fault, Kept, Refusal, State};
use super::{KEY, Shared, objects, page, parameters};

/// Longer than anybody waits.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) async fn answer(
    Of(shared): Of<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = Asked {
        method: method.to_string(),
        path: uri.path().to_owned(),
        key: header("idempotency-key").to_owned(),
        form: url::form_urlencoded::parse(&body).into_owned().collect(),
    };
    let fault = {
        let mut state = shared.lock();
        state.asked.push(asked.clone());
        state.faults.pop_front()
    };
    if header("authorization") != format!("Bearer {KEY}") {
        let message = "Invalid API Key provided".to_owned();
        return refused(Refusal::new(StatusCode::UNAUTHORIZED, "invalid_request_error", "", None, message));
    }
    if header("stripe-version").is_empty() {
        // Stripe would take the account's version: ours is to be pinned.
        return refused(Refusal::invalid("version_missing", "Stripe-Version", "No version is pinned".to_owned()));
    }
    match fault {
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return refused(Refusal::new(status, "api_error", "told_to_fail", None, "As it was told to".to_owned()));
        }
        Some(Fault::Silence) => tokio::time::sleep(SILENCE).await,
        Some(Fault::LostAnswer) | None => {}
    }
    let (status, body, events) = {
        let mut state = shared.lock();
        done_once(&mut state, &asked)
    };
    page::deliver(&shared, events).await;
    if fault == Some(Fault::LostAnswer) {
        // One byte, and an error for the rest: the connection breaks.
        let broken = Limited::new(Full::new(Bytes::from(body.to_string())), 1);
        return (status, Body::new(broken)).into_response();
    }
    (status, [("request-id", objects::id("req_"))], Json(body)).into_response()
}

fn refused(refusal: Refusal) -> Response {
    (refusal.status, [("request-id", objects::id("req_"))], Json(refusal.body)).into_response()
}

type Events = Vec<(&'static str, Value)>;

/// The same key gets the same answer; for another request it is refused. A key with anything but POST is not looked at.
fn done_once(state: &mut State, asked: &Asked) -> (StatusCode, Value, Events) {
    let has_key = !asked.key.is_empty() && asked.method == "POST";
    if let Some(kept) = state.kept.get(&asked.key).filter(|_| has_key) {
        if kept.path == asked.path && kept.form == asked.form {
            return (kept.status, kept.body.clone(), Vec::new());
        }
        let message = "Keys for idempotent requests can only be used with the same parameters".to_owned();
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "idempotency_error", "", None, message);
        return (refusal.status, refusal.body, Vec::new());
    }
    let mut events = Vec::new();
    let (status, body) = match done(state, asked, &mut events) {
        Ok(object) => (StatusCode::OK, objects::public(object)),
        Err(refusal) => (refusal.status, refusal.body),
    };
    if has_key {
        let Asked { path, form, key, .. } = asked.clone();
        state.kept.insert(key, Kept { path, form, status, body: body.clone() });
    }
    (status, body, events)
}

fn done(state: &mut State, asked: &Asked, events: &mut Events) -> Result<Value, Refusal> {
    let form: &BTreeMap<_, _> = &asked.form;
    parameters::check(&asked.path, form)?;
    let object = match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/v1/customers") => objects::customer(form),
        ("POST", "/v1/products") => objects::product(form, state)?,
        ("POST", "/v1/billing_portal/sessions") => objects::portal(form, state)?,
        ("POST", "/v1/checkout/sessions") => objects::session(form, state)?,
        (method @ ("GET" | "POST" | "DELETE"), path) if path.starts_with("/v1/subscriptions/") => {
            let subscription = state.find("subscription", path.rsplit('/').next().unwrap_or_default())?;
            match method {
                "GET" => subscription,
                "DELETE" => {
                    let ended = objects::ended(subscription)?;
                    events.push(("customer.subscription.deleted", ended.clone()));
                    ended
                }
                _ => {
                    let changed = objects::changed(subscription, form, state)?;
                    events.push(("customer.subscription.updated", changed.clone()));
                    changed
                }
            }
        }
        (method, path) => {
            let message = format!("Unrecognized request URL ({method}: {path}). The stand-in knows only what we use.");
            return Err(Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", "", None, message));
        }
    };
    Ok(state.keep(object))
}
