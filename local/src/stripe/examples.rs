//! The objects that Stripe publishes as examples, for events and for the stand-in.

use serde_json::Value;

use crate::LocalError;

pub(crate) const CHARGE: &str = include_str!("../../stripe/charge.json");
pub(crate) const CHECKOUT_SESSION: &str = include_str!("../../stripe/checkout_session.json");
pub(crate) const CUSTOMER: &str = include_str!("../../stripe/customer.json");
pub(crate) const DISPUTE: &str = include_str!("../../stripe/dispute.json");
pub(crate) const EVENT: &str = include_str!("../../stripe/event.json");
pub(crate) const INVOICE: &str = include_str!("../../stripe/invoice.json");
pub(crate) const PORTAL_SESSION: &str = include_str!("../../stripe/portal_session.json");
pub(crate) const PRODUCT: &str = include_str!("../../stripe/product.json");
pub(crate) const SUBSCRIPTION: &str = include_str!("../../stripe/subscription.json");

/// An example with these fields for its own.
///
/// # Errors
/// Never: the examples are JSON.
pub(crate) fn made(example: &str, fields: Value) -> Result<Value, LocalError> {
    let mut object = serde_json::from_str(example)?;
    set(&mut object, fields);
    Ok(object)
}

/// Puts fields into an object, those that are there included.
pub(crate) fn set(object: &mut Value, fields: Value) {
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
}
