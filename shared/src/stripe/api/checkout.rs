//! Checkout: a page of Stripe on which something is paid.

use jiff::Timestamp;
use serde::Deserialize;

use super::client::{Conversation, Form, StripeError};

/// The one line that is paid.
pub struct Line<'a> {
    /// As the buyer reads it.
    pub name: &'a str,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// Such as `gbp`.
    pub currency: &'a str,
    /// Paid every month, or once.
    pub monthly: bool,
}

/// What the page is to be.
pub struct Page<'a> {
    /// Who pays.
    pub customer: &'a str,
    /// What is paid.
    pub line: Line<'a>,
    /// Comes back with the events of the session, and of the subscription that it makes.
    pub metadata: &'a [(&'static str, String)],
    /// Where a buyer goes who has paid.
    pub success_url: &'a str,
    /// Where one goes who has not.
    pub cancel_url: &'a str,
    /// When the page stops working; Stripe's own time without it.
    pub expires_at: Option<Timestamp>,
}

/// A page that was made.
#[derive(Deserialize)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// Where the page is.
    pub url: String,
}

impl Conversation<'_> {
    /// Makes the page.
    ///
    /// # Errors
    /// Stripe's.
    pub async fn make_page(&self, page: &Page<'_>, key: &str) -> Result<Session, StripeError> {
        let Page { customer, line, metadata, success_url, cancel_url, expires_at } = page;
        let mut form = Form::default()
            .with("mode", if line.monthly { "subscription" } else { "payment" })
            .with("customer", customer)
            .with("payment_method_types[0]", "card")
            .with("line_items[0][price_data][currency]", line.currency)
            .with("line_items[0][price_data][unit_amount]", line.amount_minor)
            .with("line_items[0][price_data][product_data][name]", line.name)
            .with("line_items[0][quantity]", 1)
            .with("success_url", success_url)
            .with("cancel_url", cancel_url)
            .with("client_reference_id", key)
            .with_all("metadata", metadata);
        form = match line.monthly {
            true => form
                .with("line_items[0][price_data][recurring][interval]", "month")
                .with_all("subscription_data[metadata]", metadata),
            false => form.with_all("payment_intent_data[metadata]", metadata),
        };
        if let Some(moment) = expires_at {
            form = form.with("expires_at", moment.as_second());
        }
        self.post("/v1/checkout/sessions", form, key).await
    }
}
