//! Customers: one per person, however many requests make it.

use serde::Deserialize;

use super::client::{Conversation, Form, StripeError};

/// Who is charged.
#[derive(Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
}

impl Conversation<'_> {
    /// Makes the customer of a person. The key is the person's: requests beside each other get the same customer.
    ///
    /// # Errors
    /// Stripe's.
    pub async fn make_customer(&self, user_id: &str, email: &str, name: Option<&str>) -> Result<Customer, StripeError> {
        let form = Form::default().with("email", email).with("metadata[userId]", user_id);
        let form = name.into_iter().fold(form, |form, name| form.with("name", name));
        self.post("/v1/customers", form, &format!("cust-{user_id}")).await
    }
}
