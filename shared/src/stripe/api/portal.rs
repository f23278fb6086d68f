//! Stripe's own pages on which people see invoices and change cards.

use serde::Deserialize;

use super::client::{Conversation, Form, StripeError};

#[derive(Deserialize)]
struct PortalSession {
    url: String,
}

impl Conversation<'_> {
    /// Opens the pages for a customer and answers their address.
    ///
    /// # Errors
    /// Stripe's.
    pub async fn open_portal(&self, customer: &str, return_url: &str, key: &str) -> Result<String, StripeError> {
        let form = Form::default().with("customer", customer).with("return_url", return_url);
        let session: PortalSession = self.post("/v1/billing_portal/sessions", form, key).await?;
        Ok(session.url)
    }
}
