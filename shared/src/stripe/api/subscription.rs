//! Changes of a subscription that is there.

use serde::Deserialize;
use serde_json::Value;

use super::client::{Conversation, Form, StripeError};

/// What is to be different. A change may be asked for any number of times.
pub struct SubscriptionChange<'a> {
    /// Another price.
    pub item: Option<ItemChange<'a>>,
    /// Whether it ends with the period that is paid.
    pub cancel_at_period_end: bool,
    /// Of the subscription's metadata; what is not named stays.
    pub metadata: &'a [(&'static str, String)],
}

/// Another monthly price of the one thing that a subscription is about.
pub struct ItemChange<'a> {
    /// `si_…`, if it is known.
    pub item: Option<&'a str>,
    /// The product's id at Stripe: ours, so that it is made once.
    pub product: &'a str,
    /// As the buyer reads it.
    pub name: &'a str,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// Such as `gbp`.
    pub currency: &'a str,
    /// Whether the rest of the present period is settled with the next invoice.
    pub prorated: bool,
}

#[derive(Deserialize)]
struct Items {
    items: List,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
}

impl Conversation<'_> {
    /// Changes a subscription.
    ///
    /// # Errors
    /// Stripe's.
    pub async fn change_subscription(
        &self,
        id: &str,
        change: &SubscriptionChange<'_>,
        key: &str,
    ) -> Result<(), StripeError> {
        let mut form = Form::default()
            .with("cancel_at_period_end", change.cancel_at_period_end)
            .with_all("metadata", change.metadata);
        if let Some(item) = &change.item {
            // An item's price can name a product and, unlike a checkout's, not describe one.
            self.ensure_product(item.product, item.name).await?;
            let item_id = match item.item {
                Some(id) => id.to_owned(),
                None => self.item_of(id).await?,
            };
            form = form
                .with("items[0][id]", item_id)
                .with("items[0][price_data][currency]", item.currency)
                .with("items[0][price_data][product]", item.product)
                .with("items[0][price_data][recurring][interval]", "month")
                .with("items[0][price_data][unit_amount]", item.amount_minor)
                .with("proration_behavior", if item.prorated { "create_prorations" } else { "none" });
        }
        let _: Value = self.post(&format!("/v1/subscriptions/{id}"), form, key).await?;
        Ok(())
    }

    /// Ends a subscription at once. One that is not there or has ended already is ended, too.
    ///
    /// # Errors
    /// Stripe's.
    pub async fn cancel_subscription(&self, id: &str, key: &str) -> Result<(), StripeError> {
        match self.delete::<Value>(&format!("/v1/subscriptions/{id}"), key).await {
            Err(StripeError::Refused { code, .. }) if code == "resource_missing" => Ok(()),
            ended => ended.map(|_| ()),
        }
    }

    async fn ensure_product(&self, id: &str, name: &str) -> Result<(), StripeError> {
        let form = Form::default().with("id", id).with("name", name);
        match self.post::<Value>("/v1/products", form, &format!("product-{id}")).await {
            Err(StripeError::Refused { code, .. }) if code == "resource_already_exists" => Ok(()),
            made => made.map(|_| ()),
        }
    }

    async fn item_of(&self, id: &str) -> Result<String, StripeError> {
        let subscription: Items = self.get(&format!("/v1/subscriptions/{id}")).await?;
        let item = subscription.items.data.into_iter().next();
        item.map(|item| item.id).ok_or_else(|| StripeError::NoAnswer("the subscription has no item".to_owned()))
    }
}
