//! Objects that events about subscriptions and charges carry, whole as Stripe sends them.

use serde_json::{Value, json};

use super::examples::{CHARGE, CHECKOUT_SESSION, DISPUTE, INVOICE, SUBSCRIPTION, made, set};
use super::now_unix_seconds;
use crate::LocalError;

/// A monthly subscription as the objects about it show it.
#[derive(Debug, Clone)]
pub struct Monthly {
    /// `sub_…`
    pub id: String,
    /// What our checkout wrote into it: type, userId, planId or tier.
    pub metadata: Value,
    /// Per month.
    pub pence: u32,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// The current month, in seconds since 1970.
    pub period: (u64, u64),
}

impl Monthly {
    /// A subscription of a plan that begins now.
    pub fn plan(id: &str, user_id: &str, plan: &str, pence: u32) -> Self {
        Self::of(id, json!({ "type": "subscription", "userId": user_id, "planId": plan }), pence)
    }

    /// A subscription of a tier that begins now.
    pub fn tier(id: &str, user_id: &str, tier: &str, pence: u32) -> Self {
        let metadata = json!({ "type": "tier_upgrade", "userId": user_id, "tier": tier, "previousTier": "FREE" });
        Self::of(id, metadata, pence)
    }

    /// Any that begins now.
    pub(crate) fn of(id: &str, metadata: Value, pence: u32) -> Self {
        let started = now_unix_seconds();
        Monthly { id: id.to_owned(), metadata, pence, started, period: (started, started + MONTH) }
    }

    /// The same, `months` later.
    pub fn later(&self, months: u64) -> Self {
        let (start, end) = self.period;
        Monthly { period: (start + months * MONTH, end + months * MONTH), ..self.clone() }
    }

    /// The paid checkout session that began it.
    ///
    /// # Errors
    /// Never: the example is JSON.
    pub fn checkout(&self) -> Result<Value, LocalError> {
        let fields = json!({
            "id": format!("cs_test_{}", self.id),
            "mode": "subscription",
            "subscription": self.id,
            "payment_intent": null,
            "amount_subtotal": self.pence,
            "amount_total": self.pence,
            "metadata": self.metadata,
        });
        made(CHECKOUT_SESSION, fields)
    }

    /// The subscription itself.
    ///
    /// # Errors
    /// Never: the example is JSON.
    pub fn subscription(&self, status: &str) -> Result<Value, LocalError> {
        let fields = json!({
            "id": self.id, "status": status, "created": self.started, "start_date": self.started,
            "metadata": self.metadata,
        });
        let mut subscription = made(SUBSCRIPTION, fields)?;
        let item = &mut subscription["items"]["data"][0];
        item["subscription"] = self.id.as_str().into();
        item["current_period_start"] = self.period.0.into();
        item["current_period_end"] = self.period.1.into();
        item["price"]["unit_amount"] = self.pence.into();
        item["price"]["unit_amount_decimal"] = self.pence.to_string().into();
        Ok(subscription)
    }

    /// The paid invoice of its current month.
    ///
    /// # Errors
    /// Never: the example is JSON.
    pub fn invoice(&self, id: &str, billing_reason: &str) -> Result<Value, LocalError> {
        let mut invoice = made(INVOICE, json!({ "id": id, "billing_reason": billing_reason }))?;
        let amounts =
            ["amount_due", "amount_paid", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"];
        for amount in amounts {
            invoice[amount] = self.pence.into();
        }
        let details = &mut invoice["parent"]["subscription_details"];
        set(details, json!({ "subscription": self.id, "metadata": self.metadata }));
        let line = &mut invoice["lines"]["data"][0];
        let period = json!({ "start": self.period.0, "end": self.period.1 });
        set(line, json!({ "amount": self.pence, "subtotal": self.pence, "invoice": id, "period": period }));
        line["parent"]["subscription_item_details"]["subscription"] = self.id.as_str().into();
        Ok(invoice)
    }
}

/// What a month is here, in seconds.
const MONTH: u64 = 30 * 24 * 60 * 60;

/// The charge of a paid checkout session, with so much of it refunded.
///
/// # Errors
/// Never: the example is JSON.
pub fn charge(session: &Value, refunded_pence: i64) -> Result<Value, LocalError> {
    let fields = json!({
        "id": charge_id(session),
        "payment_intent": session["payment_intent"],
        "amount": session["amount_total"],
        "amount_captured": session["amount_total"],
        "amount_refunded": refunded_pence,
        "refunded": session["amount_total"] == refunded_pence,
    });
    made(CHARGE, fields)
}

/// The dispute `id` of a paid checkout session's charge.
///
/// # Errors
/// Never: the example is JSON.
pub fn dispute(session: &Value, id: &str, status: &str) -> Result<Value, LocalError> {
    let fields = json!({
        "id": id,
        "payment_intent": session["payment_intent"],
        "charge": charge_id(session),
        "amount": session["amount_total"],
        "status": status,
    });
    made(DISPUTE, fields)
}

fn charge_id(session: &Value) -> String {
    session["payment_intent"].as_str().unwrap_or_default().replacen("pi_", "ch_", 1)
}
