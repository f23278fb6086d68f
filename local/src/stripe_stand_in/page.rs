//! The page on which a person pays, and the events that follow.

use axum::extract::{Path, State as Of};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::Value;

use super::state::Delivery;
use super::{Shared, objects};
use crate::stripe::{now_unix_seconds, signature};

pub(super) async fn show(Of(shared): Of<Shared>, Path(id): Path<String>) -> Response {
    let Ok(session) = shared.lock().find("checkout.session", &id) else {
        return (StatusCode::NOT_FOUND, "There is no such checkout.").into_response();
    };
    let text = |name: &str| escaped(session[name].as_str().unwrap_or_default());
    let pence = session["amount_total"].as_i64().unwrap_or_default();
    let price = format!("£{}.{:02}", pence / 100, pence % 100);
    let monthly = if session["mode"] == "subscription" { " a month" } else { "" };
    let open = match session["status"] == "open" {
        true => {
            format!("<form method=post action=\"/checkout/{}/pay\"><button>Pay {price}</button></form>", text("id"))
        }
        false => "<p>This has been paid.</p>".to_owned(),
    };
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Checkout</title>
<style>body{{font:18px system-ui;margin:15vh auto;max-width:26em;padding:0 1em}}button{{font:inherit;padding:.5em 1.5em}}</style>
<p>A stand-in for Stripe on this machine: no money moves.</p><h1>{}</h1><p>{price}{monthly}</p>{open}<p><a href=\"{}\">Cancel</a></p></html>",
        text("x_name"),
        text("cancel_url"),
    );
    Html(page).into_response()
}

pub(super) async fn pay(Of(shared): Of<Shared>, Path(id): Path<String>) -> Response {
    const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];
    let (events, delivery, address) = {
        let mut state = shared.lock();
        let Ok(mut session) = state.find("checkout.session", &id) else {
            return (StatusCode::NOT_FOUND, "There is no such checkout.").into_response();
        };
        let mut events = Vec::new();
        let expired = session["expires_at"].as_u64().unwrap_or_default() < now_unix_seconds();
        if session["status"] == "open" && !expired {
            session["status"] = "complete".into();
            session["payment_status"] = "paid".into();
            let mut others = Vec::new();
            if session["mode"] == "subscription" {
                let (subscription, invoice) = objects::subscription(&session);
                session["subscription"] = subscription["id"].clone();
                session["invoice"] = invoice["id"].clone();
                others.push(("customer.subscription.created", state.keep(subscription)));
                others.push(("invoice.paid", state.keep(invoice)));
            } else {
                session["payment_intent"] = objects::id("pi_").into();
            }
            events.push(("checkout.session.completed", state.keep(session.clone())));
            events.extend(others);
        }
        let address = session["success_url"].as_str().unwrap_or_default().replace("{CHECKOUT_SESSION_ID}", &id);
        (events, state.delivery.clone(), address)
    };
    // The buyer comes back to a page that already shows what was bought.
    for (kind, object) in events {
        if let Some(delivery) = &delivery
            && let Err(problem) = send(delivery, kind, &object).await
        {
            return (StatusCode::BAD_GATEWAY, format!("Paid, but {kind} could not be delivered: {problem}"))
                .into_response();
        }
    }
    (NO_STORE, Redirect::to(&address)).into_response()
}

/// Sends events. They are there before the answer is: it is the harder order, and it is always the same.
pub(super) async fn deliver(shared: &Shared, events: Vec<(&'static str, Value)>) {
    let Some(delivery) = shared.lock().delivery.clone().filter(|_| !events.is_empty()) else { return };
    for (kind, object) in events {
        // Stripe would repeat it; whoever watches the stack sees the gateway's log.
        let _ = send(&delivery, kind, &object).await;
    }
}

async fn send(delivery: &Delivery, kind: &str, object: &Value) -> Result<(), String> {
    let body = objects::event(kind, object).map_err(|error| error.to_string())?.to_string();
    let signed = signature(&delivery.secret, body.as_bytes(), now_unix_seconds()).map_err(|error| error.to_string())?;
    let request = reqwest::Client::new()
        .post(format!("{}/api/stripe/webhook", delivery.url))
        .header("stripe-signature", signed)
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.map_err(|error| error.to_string())?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(format!("the webhook answered {}", answer.status())),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
