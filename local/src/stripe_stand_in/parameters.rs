//! Which parameters each endpoint takes: those of Stripe's reference that we use. Any other is refused, as Stripe does.

use std::collections::BTreeMap;

use super::state::Refusal;

/// `*` stands for any one key: metadata has keys of our own.
const CUSTOMER: &[&str] = &["email", "name", "metadata[*]"];
const PRODUCT: &[&str] = &["id", "name", "metadata[*]"];
const PORTAL: &[&str] = &["customer", "return_url"];
const CHECKOUT: &[&str] = &[
    "mode",
    "customer",
    "payment_method_types[0]",
    "line_items[0][price_data][currency]",
    "line_items[0][price_data][unit_amount]",
    "line_items[0][price_data][product_data][name]",
    "line_items[0][price_data][recurring][interval]",
    "line_items[0][quantity]",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "expires_at",
    "metadata[*]",
    "subscription_data[metadata][*]",
    "payment_intent_data[metadata][*]",
];
const SUBSCRIPTION: &[&str] = &[
    "cancel_at_period_end",
    "metadata[*]",
    "proration_behavior",
    "items[0][id]",
    "items[0][price_data][currency]",
    "items[0][price_data][product]",
    "items[0][price_data][recurring][interval]",
    "items[0][price_data][unit_amount]",
];

/// Checks the names of the parameters of a `POST` to `path`.
pub(super) fn check(path: &str, form: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let known = match path {
        "/v1/customers" => CUSTOMER,
        "/v1/products" => PRODUCT,
        "/v1/billing_portal/sessions" => PORTAL,
        "/v1/checkout/sessions" => CHECKOUT,
        path if path.starts_with("/v1/subscriptions/") => SUBSCRIPTION,
        _ => &[],
    };
    match form.keys().find(|name| !known.iter().any(|pattern| fits(pattern, name))) {
        None => Ok(()),
        Some(name) => Err(Refusal::invalid("parameter_unknown", name, format!("Received unknown parameter: {name}"))),
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix("[*]") {
        None => pattern == name,
        Some(parent) => {
            let key = name.strip_prefix(parent).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            key.is_some_and(|key| !key.is_empty() && !key.contains(['[', ']']))
        }
    }
}

/// A parameter that has to be there.
pub(super) fn required<'f>(form: &'f BTreeMap<String, String>, name: &str) -> Result<&'f str, Refusal> {
    form.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Refusal::invalid("parameter_missing", name, format!("Missing required param: {name}.")))
}

/// A parameter that is a whole number.
pub(super) fn number(form: &BTreeMap<String, String>, name: &str) -> Result<i64, Refusal> {
    let text = required(form, name)?;
    text.parse().map_err(|_| Refusal::invalid("parameter_invalid_integer", name, format!("Invalid integer: {text}")))
}

/// The pairs below `parent`, such as `metadata`.
pub(super) fn below(form: &BTreeMap<String, String>, parent: &str) -> serde_json::Map<String, serde_json::Value> {
    let pairs = form.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(parent)?.strip_prefix('[')?.strip_suffix(']')?;
        Some((key.to_owned(), value.clone().into()))
    });
    pairs.filter(|(key, _)| !key.contains('[')).collect()
}
