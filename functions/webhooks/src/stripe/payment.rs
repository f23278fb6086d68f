//! Refunds and disputes of token purchases. What a payment has come to is read from all events about it that ever came, so
//! neither their order nor a repetition matters; those that come before the checkout itself wait in the inbox for it. They
//! are acknowledged all the same: charges of subscriptions never have a checkout to wait for, and Stripe would repeat them
//! for days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use shared::ids::new_id;
use shared::ledger::{self, Movement};
use shared::{ApiError, Database, Statement, Tokens};
use tokio_postgres::Row;

use super::delivery::{Refusal, object, one_at_a_time, refuse};
use super::event::Event;

/// What we read of a charge or a dispute.
#[derive(Clone, Deserialize)]
struct Object {
    id: String,
    #[serde(default)]
    charge: Option<String>,
    amount: i64,
    currency: String,
    #[serde(default)]
    amount_refunded: i64,
    #[serde(default)]
    status: Option<String>,
}

/// What the events about one payment say together.
#[derive(Default)]
pub struct History {
    charge_id: Option<String>,
    /// Of all refunds, in minor units.
    refunded_minor: i64,
    /// The newest of each, by its id.
    disputes: BTreeMap<String, Dispute>,
}

struct Dispute {
    /// A closed one stays closed; then the newest; then any, but always the same.
    order: (bool, Timestamp, String),
    object: Object,
}

impl Dispute {
    fn status(&self) -> &str {
        self.object.status.as_deref().unwrap_or_default()
    }

    fn is_open(&self) -> bool {
        !matches!(self.status(), "won" | "lost" | "warning_closed" | "prevented")
    }
}

/// Takes tokens back for a refund or a lost dispute, or notes that a payment is in question.
///
/// # Errors
/// The database's; then nothing was changed and Stripe sends the event again.
pub async fn apply(database: &Database, event: &Event, payment_intent: &str, now: Timestamp) -> Result<(), ApiError> {
    object::<Object>(event)?;
    let (transaction, [fresh, _, payments, events, wallet]) = database
        .begin([
            event.take(payment_intent, now),
            one_at_a_time(payment_intent),
            find(payment_intent),
            events(payment_intent),
            Statement::new(WALLET).bind(payment_intent),
        ])
        .await?;
    if fresh.is_empty() {
        transaction.rollback().await;
        return Ok(());
    }
    let history = history(&events)?;
    if payments.is_empty() {
        for dispute in history.disputes.values() {
            transaction.run([dispute_row(dispute, None)]).await?;
        }
        let reason =
            "no purchase of tokens is known for this payment; should its checkout come, this is applied with it";
        return refuse(transaction, event, Refusal::Ignored(reason)).await;
    }
    transaction.commit_all(settled(&payments, &wallet, &history, payment_intent, now)?).await?;
    Ok(())
}

/// The events about a payment that have come, in any order.
pub fn events(payment_intent: &str) -> Statement {
    Statement::new(EVENTS).bind(payment_intent)
}

const EVENTS: &str = "
select event_id, type, stripe_created, (payload -> 'data' -> 'object')::text as object
  from stripe_events
 where object_id = $1
   and type like 'charge.%'";

/// The payment itself.
pub fn find(payment_intent: &str) -> Statement {
    Statement::new(FIND).bind(payment_intent)
}

const FIND: &str = "
select id, user_id, amount_minor, currency::text as currency, tokens_granted, tokens_taken_back, refunded_minor
  from stripe_payments
 where stripe_payment_intent_id = $1";

const WALLET: &str = "
select w.balance
  from stripe_payments p
  join user_token_balances w using (user_id)
 where p.stripe_payment_intent_id = $1
   for update of w";

/// What `rows` of [`events`] say together.
///
/// # Errors
/// The database's.
pub fn history(rows: &[Row]) -> Result<History, ApiError> {
    let mut history = History::default();
    for row in rows {
        let (kind, text): (String, String) = (row.try_get("type")?, row.try_get("object")?);
        let Ok(object) = serde_json::from_str::<Object>(&text) else { continue };
        if kind == "charge.refunded" {
            history.charge_id = Some(object.id);
            history.refunded_minor = history.refunded_minor.max(object.amount_refunded);
        } else {
            let order = (kind == "charge.dispute.closed", row.try_get("stripe_created")?, row.try_get("event_id")?);
            history.charge_id = history.charge_id.or_else(|| object.charge.clone());
            match history.disputes.get(&object.id) {
                Some(known) if known.order >= order => {}
                _ => drop(history.disputes.insert(object.id.clone(), Dispute { order, object })),
            }
        }
    }
    Ok(history)
}

/// What is still to be done for the payment in `payments` to be where its history is.
///
/// # Errors
/// A row lacks a column.
pub fn settled(
    payments: &[Row],
    wallet: &[Row],
    history: &History,
    payment_intent: &str,
    now: Timestamp,
) -> Result<Vec<Statement>, ApiError> {
    let Some(payment) = payments.first() else { return Ok(vec![]) };
    let (id, user_id): (String, String) = (payment.try_get("id")?, payment.try_get("user_id")?);
    let amount: i64 = payment.try_get("amount_minor")?;
    let granted: i64 = payment.try_get("tokens_granted")?;
    let lost = history.disputes.values().any(|dispute| dispute.status() == "lost");
    let open = history.disputes.values().any(Dispute::is_open);
    let refunded = history.refunded_minor.clamp(0, amount);
    let due = if lost { granted } else { tokens_back(granted, refunded, amount) };
    let taken: i64 = payment.try_get("tokens_taken_back")?;
    let owed = (due - taken).max(0);
    let balance: i64 = wallet.first().map_or(Ok(0), |row| row.try_get("balance"))?;
    let take = owed.min(balance);

    let cause = match lost {
        true => format!("stripe:dispute:{payment_intent}:{due}"),
        false => format!("stripe:refund:{payment_intent}:{refunded}"),
    };
    let status = match (lost || refunded == amount, open) {
        (true, _) => "REFUNDED",
        (false, true) => "DISPUTED",
        (false, false) => "SUCCEEDED",
    };
    let mut statements = vec![];
    if take > 0 {
        let movement = Movement {
            user_id: &user_id,
            amount: Tokens(-take),
            kind: "EARN_ADMIN_ADJUSTMENT",
            source: if lost { "stripe_dispute" } else { "stripe_refund" },
            source_id: Some(&id),
            event_key: cause.clone(),
            metadata: Some(json!({ "refunded": refunded, "owed": owed })),
        };
        statements.push(ledger::post(movement, now));
    }
    if owed > take {
        let debt = Statement::new(DEBT).bind(new_id("debt", now)).bind(user_id.as_str()).bind(id.as_str());
        statements.push(debt.bind(cause).bind(owed - take).bind(now));
    }
    statements.extend(history.disputes.values().map(|dispute| dispute_row(dispute, Some(id.clone()))));
    let payment = Statement::new(SETTLE).bind(id).bind(status).bind(refunded).bind(taken + owed);
    statements.push(payment.bind(history.charge_id.as_deref()));
    Ok(statements)
}

/// Rounded up: a full refund takes all of them.
fn tokens_back(granted: i64, refunded_minor: i64, amount_minor: i64) -> i64 {
    if amount_minor == 0 {
        return 0;
    }
    let exact = i128::from(granted) * i128::from(refunded_minor);
    let rounded_up = (exact + i128::from(amount_minor) - 1) / i128::from(amount_minor);
    i64::try_from(rounded_up).unwrap_or(granted).min(granted)
}

const DEBT: &str = "
insert into token_debts (id, user_id, payment_id, cause, tokens, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (user_id, cause) do nothing";

const SETTLE: &str = "
update stripe_payments
   set status = $2, refunded_minor = greatest(refunded_minor, $3), tokens_taken_back = $4,
       stripe_charge_id = coalesce(stripe_charge_id, $5)
 where id = $1";

fn dispute_row(dispute: &Dispute, payment_id: Option<String>) -> Statement {
    let object = &dispute.object;
    Statement::new(DISPUTE)
        .bind(object.id.as_str())
        .bind(payment_id)
        .bind(object.charge.as_deref())
        .bind(dispute.status())
        .bind(object.amount)
        .bind(object.currency.as_str())
        .bind(dispute.order.1)
}

const DISPUTE: &str = "
insert into stripe_disputes as d
    (id, payment_id, stripe_charge_id, status, amount_minor, currency, changed_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (id) do update
   set payment_id = coalesce(excluded.payment_id, d.payment_id), status = excluded.status,
       amount_minor = excluded.amount_minor, changed_at = excluded.changed_at,
       created_at = least(d.created_at, excluded.created_at)";

#[cfg(test)]
mod tests {
    use super::tokens_back;

    #[test]
    fn tokens_go_back_in_proportion_rounded_up() {
        for (refunded, back) in [(0, 0), (1, 1), (29, 1), (30, 2), (150, 6), (298, 10), (299, 10)] {
            assert_eq!(tokens_back(10, refunded, 299), back, "{refunded}");
        }
        assert_eq!(tokens_back(i64::MAX, i64::MAX, i64::MAX), i64::MAX);
    }
}
