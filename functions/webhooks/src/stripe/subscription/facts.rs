//! What the events about a subscription say, each by itself.

use serde::Deserialize;
use serde_json::Value;

use crate::stripe::catalogue::Price;

/// What our own checkout wrote into session and subscription.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub r#type: Option<String>,
    pub user_id: Option<String>,
    pub plan_id: Option<String>,
    pub tier: Option<String>,
    pub previous_tier: Option<String>,
}

/// From and until, in seconds since 1970; the later of two is the newer.
pub type Period = (i64, i64);

/// What one event says.
#[derive(Clone, Debug)]
pub struct Fact {
    pub event_id: String,
    /// When Stripe made it, in seconds since 1970.
    pub at: i64,
    pub metadata: Metadata,
    /// What is paid, or was.
    pub price: Option<Price>,
    pub period: Option<Period>,
    pub what: What,
}

/// Which kind of event.
#[derive(Clone, Debug)]
pub enum What {
    /// Our checkout was completed.
    Checkout { paid: bool },
    /// How the subscription is.
    Snapshot(Snapshot),
    /// An invoice was paid.
    Invoice {
        id: String,
        /// For another month, and for nothing else.
        renews: bool,
        /// What was paid in all; the price is that of the month.
        paid: i64,
    },
}

/// The subscription as an event shows it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub change: Change,
    pub status: String,
    pub cancel_at_period_end: bool,
    pub item: Option<String>,
    /// When it began, in seconds since 1970.
    pub started: i64,
    /// What the tier was before this event, where the event changed it.
    pub tier_before: Option<String>,
}

/// In this order within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Created,
    Updated,
    Deleted,
}

impl Fact {
    /// Their order, whatever the order they came in. Nothing follows the end.
    pub fn order(&self) -> (bool, i64, u8, &str) {
        let (ended, place) = match &self.what {
            What::Checkout { .. } => (false, 0),
            What::Snapshot(Snapshot { change: Change::Created, .. }) => (false, 1),
            What::Snapshot(Snapshot { change: Change::Updated, .. }) => (false, 2),
            What::Invoice { .. } => (false, 3),
            What::Snapshot(Snapshot { change: Change::Deleted, .. }) => (true, 4),
        };
        (ended, self.at, place, &self.event_id)
    }

    /// What the event of this type says; nothing when it is of another kind or shape.
    pub fn of(event_id: String, kind: &str, at: i64, data: &Value) -> Option<Self> {
        let object = data.get("object")?;
        let (metadata, price, period, what) = match kind {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => checkout(object)?,
            "customer.subscription.created" => snapshot(Change::Created, data)?,
            "customer.subscription.deleted" => snapshot(Change::Deleted, data)?,
            kind if kind.starts_with("customer.subscription.") => snapshot(Change::Updated, data)?,
            "invoice.paid" => invoice(object)?,
            _ => return None,
        };
        Some(Fact { event_id, at, metadata: metadata.unwrap_or_default(), price, period, what })
    }
}

type Parts = (Option<Metadata>, Option<Price>, Option<Period>, What);

fn checkout(object: &Value) -> Option<Parts> {
    #[derive(Deserialize)]
    struct Session {
        payment_status: Option<String>,
        amount_total: Option<i64>,
        currency: Option<String>,
        metadata: Option<Metadata>,
    }
    let session = Session::deserialize(object).ok()?;
    let price = session.amount_total.zip(session.currency).map(|(amount, currency)| Price(amount, currency));
    let paid = session.payment_status.as_deref() == Some("paid");
    Some((session.metadata, price, None, What::Checkout { paid }))
}

fn snapshot(change: Change, data: &Value) -> Option<Parts> {
    #[derive(Deserialize)]
    struct Subscription {
        status: String,
        created: i64,
        #[serde(default)]
        cancel_at_period_end: bool,
        metadata: Option<Metadata>,
        current_period_start: Option<i64>,
        current_period_end: Option<i64>,
        items: Option<Items>,
    }
    #[derive(Deserialize)]
    struct Items {
        data: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        id: String,
        price: Option<ItemPrice>,
        current_period_start: Option<i64>,
        current_period_end: Option<i64>,
    }
    #[derive(Deserialize)]
    struct ItemPrice {
        unit_amount: Option<i64>,
        currency: String,
    }
    let own = Subscription::deserialize(data.get("object")?).ok()?;
    let item = own.items.and_then(|items| items.data.into_iter().next());
    // Newer versions of Stripe's API have the period on the item, older ones on the subscription.
    let start = item.as_ref().and_then(|item| item.current_period_start).or(own.current_period_start);
    let end = item.as_ref().and_then(|item| item.current_period_end).or(own.current_period_end);
    let price = item.as_ref().and_then(|item| item.price.as_ref());
    let price = price.and_then(|price| Some(Price(price.unit_amount?, price.currency.clone())));
    let before = data.pointer("/previous_attributes/metadata/tier").and_then(Value::as_str);
    let snapshot = Snapshot {
        change,
        status: own.status,
        cancel_at_period_end: own.cancel_at_period_end,
        item: item.map(|item| item.id),
        started: own.created,
        tier_before: before.map(str::to_owned),
    };
    Some((own.metadata, price, start.zip(end), What::Snapshot(snapshot)))
}

/// Whose invoice it is. Newer versions of Stripe's API say it under `parent`.
pub fn of_invoice(object: &Value) -> Option<String> {
    let newer = object.pointer("/parent/subscription_details/subscription");
    [newer, object.get("subscription")].into_iter().flatten().find_map(Value::as_str).map(str::to_owned)
}

fn invoice(object: &Value) -> Option<Parts> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let newer = object.pointer("/parent/subscription_details/metadata");
    let older = object.pointer("/subscription_details/metadata");
    let metadata = [newer, older].into_iter().flatten().find_map(|value| Metadata::deserialize(value).ok());
    let currency = text("currency")?;
    let lines = object.pointer("/lines/data").and_then(Value::as_array).into_iter().flatten();
    // The month itself, not what a change of tier within it costs or gives back.
    let month = lines.filter(|line| !is_proration(line)).filter_map(month).max();
    let what = What::Invoice {
        id: text("id")?.to_owned(),
        renews: text("billing_reason") == Some("subscription_cycle"),
        paid: object.get("amount_paid").and_then(Value::as_i64)?,
    };
    let price = month.map(|(_, amount)| Price(amount, currency.to_owned()));
    Some((metadata, price, month.map(|(period, _)| period), what))
}

fn is_proration(line: &Value) -> bool {
    let places =
        ["/proration", "/parent/subscription_item_details/proration", "/parent/invoice_item_details/proration"];
    places.into_iter().any(|place| line.pointer(place).and_then(Value::as_bool) == Some(true))
}

fn month(line: &Value) -> Option<(Period, i64)> {
    let number = |place: &str| line.pointer(place).and_then(Value::as_i64);
    Some(((number("/period/start")?, number("/period/end")?), number("/amount")?))
}
