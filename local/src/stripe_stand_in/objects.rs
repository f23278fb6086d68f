//! Objects as Stripe publishes them for an example, with what was asked for put in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::parameters::{below, number, required};
use super::state::{Refusal, State};
use crate::LocalError;
use crate::stripe::examples::{self, CHECKOUT_SESSION, CUSTOMER, PORTAL_SESSION, PRODUCT, set};
use crate::stripe::{Monthly, fresh_id, now_unix_seconds};

const DAY: u64 = 24 * 60 * 60;

type Form = BTreeMap<String, String>;

pub(super) fn id(prefix: &str) -> String {
    // Without random numbers nothing else works either; the ids of one run then collide, which is seen at once.
    fresh_id(prefix).unwrap_or_else(|_| prefix.to_owned())
}

fn made(example: &str, fields: Value) -> Value {
    examples::made(example, fields).unwrap_or_default()
}

pub(super) fn customer(form: &Form) -> Value {
    let fields = json!({
        "id": id("cus_"), "created": now_unix_seconds(), "email": form.get("email"), "name": form.get("name"),
        "metadata": below(form, "metadata"),
    });
    made(CUSTOMER, fields)
}

pub(super) fn product(form: &Form, state: &State) -> Result<Value, Refusal> {
    let (own, name) = (required(form, "id")?, required(form, "name")?);
    if state.objects.contains_key(own) {
        return Err(Refusal::invalid("resource_already_exists", "id", "Product already exists.".to_owned()));
    }
    Ok(made(PRODUCT, json!({ "id": own, "name": name, "created": now_unix_seconds() })))
}

pub(super) fn portal(form: &Form, state: &State) -> Result<Value, Refusal> {
    let customer = required(form, "customer")?;
    state.find("customer", customer)?;
    let (own, return_url) = (id("bps_"), form.get("return_url"));
    let url = format!("{}/portal/{own}", state.url);
    Ok(made(PORTAL_SESSION, json!({ "id": own, "customer": customer, "return_url": return_url, "url": url })))
}

pub(super) fn session(form: &Form, state: &State) -> Result<Value, Refusal> {
    const PRICE: &str = "line_items[0][price_data]";
    let (mode, customer) = (required(form, "mode")?, required(form, "customer")?);
    state.find("customer", customer)?;
    let amount = number(form, &format!("{PRICE}[unit_amount]"))? * number(form, "line_items[0][quantity]")?;
    let currency = required(form, &format!("{PRICE}[currency]"))?;
    let name = required(form, &format!("{PRICE}[product_data][name]"))?;
    let monthly = form.get(&format!("{PRICE}[recurring][interval]")).is_some();
    if monthly != (mode == "subscription") {
        let message = "A recurring price needs mode=subscription, any other mode=payment".to_owned();
        return Err(Refusal::invalid("parameter_invalid", "mode", message));
    }
    let now = now_unix_seconds();
    let expires_at = match form.get("expires_at") {
        None => now + DAY,
        Some(_) => u64::try_from(number(form, "expires_at")?).unwrap_or_default(),
    };
    if !(now + DAY / 48 - 60..=now + DAY).contains(&expires_at) {
        let message = "expires_at must be between 30 minutes and 24 hours from now".to_owned();
        return Err(Refusal::invalid("parameter_invalid", "expires_at", message));
    }
    let own = id("cs_test_");
    let fields = json!({
        "id": own, "url": format!("{}/checkout/{own}", state.url), "mode": mode, "customer": customer,
        "status": "open", "payment_status": "unpaid", "payment_intent": null, "subscription": null, "invoice": null,
        "created": now, "expires_at": expires_at, "amount_subtotal": amount, "amount_total": amount,
        "currency": currency, "metadata": below(form, "metadata"),
        "client_reference_id": form.get("client_reference_id"), "customer_email": null,
        "success_url": required(form, "success_url")?, "cancel_url": form.get("cancel_url"),
        // Not Stripe's: what the page shows, and what the subscription will know.
        "x_name": name, "x_subscription_metadata": below(form, "subscription_data[metadata]"),
    });
    Ok(made(CHECKOUT_SESSION, fields))
}

/// Without what is ours.
pub(super) fn public(mut session: Value) -> Value {
    if let Some(fields) = session.as_object_mut() {
        fields.retain(|name, _| !name.starts_with("x_"));
    }
    session
}

/// The subscription and the first invoice that a paid session makes.
pub(super) fn subscription(session: &Value) -> (Value, Value) {
    let (now, item, customer) = (now_unix_seconds(), id("si_"), &session["customer"]);
    let pence = session["amount_total"].as_u64().and_then(|pence| u32::try_from(pence).ok());
    let metadata = session["x_subscription_metadata"].clone();
    let monthly = Monthly::of(&id("sub_"), metadata, pence.unwrap_or_default());
    let mut subscription = monthly.subscription("active").unwrap_or_default();
    let mut invoice = monthly.invoice(&id("in_"), "subscription_create").unwrap_or_default();
    let fields = json!({ "customer": customer, "billing_cycle_anchor": now, "latest_invoice": invoice["id"] });
    set(&mut subscription, fields);
    let fields = json!({
        "customer": customer, "created": now, "amount_remaining": 0, "status": "paid", "period_start": now,
        "period_end": now,
    });
    set(&mut invoice, fields);
    let line = &mut invoice["lines"]["data"][0];
    line["parent"]["subscription_item_details"]["subscription_item"] = item.as_str().into();
    let first = &mut subscription["items"]["data"][0];
    first["price"]["id"] = id("price_").into();
    first["id"] = item.into();
    (subscription, invoice)
}

/// Changes a subscription as it is asked.
pub(super) fn changed(mut subscription: Value, form: &Form, state: &State) -> Result<Value, Refusal> {
    const PRICE: &str = "items[0][price_data]";
    if subscription["status"] == "canceled" {
        return Err(Refusal::invalid("resource_missing", "id", "A canceled subscription can't be changed".to_owned()));
    }
    if let Some(cancel) = form.get("cancel_at_period_end") {
        subscription["cancel_at_period_end"] = (cancel == "true").into();
        let end = subscription["items"]["data"][0]["current_period_end"].clone();
        subscription["cancel_at"] = if cancel == "true" { end } else { Value::Null };
    }
    if form.keys().any(|name| name.starts_with("items[")) {
        let item = &mut subscription["items"]["data"][0];
        if item["id"] != required(form, "items[0][id]")? {
            return Err(Refusal::invalid("resource_missing", "items[0][id]", "No such subscription item".to_owned()));
        }
        let product = required(form, &format!("{PRICE}[product]"))?;
        state.find("product", product)?;
        required(form, &format!("{PRICE}[currency]"))?;
        required(form, &format!("{PRICE}[recurring][interval]"))?;
        item["price"]["id"] = id("price_").into();
        item["price"]["product"] = product.into();
        item["price"]["unit_amount"] = number(form, &format!("{PRICE}[unit_amount]"))?.into();
    }
    for (key, value) in below(form, "metadata") {
        subscription["metadata"][key] = value;
    }
    Ok(subscription)
}

/// Ends a subscription at once. One that has ended is not found any more.
pub(super) fn ended(mut subscription: Value) -> Result<Value, Refusal> {
    if subscription["status"] == "canceled" {
        return Err(Refusal::missing("subscription", subscription["id"].as_str().unwrap_or_default()));
    }
    let now = now_unix_seconds();
    subscription["status"] = "canceled".into();
    subscription["canceled_at"] = now.into();
    subscription["ended_at"] = now.into();
    Ok(subscription)
}

/// A secret that nothing could be made of is an error of the machine.
pub(super) fn event(kind: &str, object: &Value) -> Result<Value, LocalError> {
    crate::stripe::event(kind, public(object.clone()))
}
