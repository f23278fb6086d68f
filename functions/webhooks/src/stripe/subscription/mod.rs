//! Subscriptions. Each event is put into the inbox, and then all that have come about the same subscription are read again
//! from the start: what they say together is what is written. That leaves nothing for their order to decide.

mod facts;
mod rollover;
mod state;
#[cfg(test)]
mod tests;
mod wallet;

use jiff::Timestamp;
use serde_json::Value;
use shared::ledger;
use shared::{ApiError, Database, Statement};
use tokio_postgres::Row;

use self::facts::Fact;
pub use self::facts::of_invoice;
use self::wallet::Wallet;
use super::catalogue::Catalogue;
use super::delivery::{Refusal, object, one_at_a_time, refuse};
use super::event::Event;

/// Brings a subscription, its person's tier and their tokens to where all events about it together say.
///
/// # Errors
/// The database's; then nothing was changed and Stripe sends the event again.
pub async fn apply(database: &Database, event: &Event, subscription: &str, now: Timestamp) -> Result<(), ApiError> {
    object::<Value>(event)?;
    let [plans, tiers] = Catalogue::statements();
    let (transaction, [fresh, _, events, plans, tiers]) = database
        .begin([
            event.take(subscription, now),
            one_at_a_time(subscription),
            Statement::new(EVENTS).bind(subscription),
            plans,
            tiers,
        ])
        .await?;
    if fresh.is_empty() {
        transaction.rollback().await;
        return Ok(());
    }
    let catalogue = Catalogue::of(&plans, &tiers)?;
    let facts = events.iter().filter_map(|row| fact(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    if !facts.iter().any(|fact| fact.event_id == event.id) {
        return refuse(transaction, event, Refusal::Rejected("not of the shape that is known".to_owned())).await;
    }
    let story = state::told(subscription, facts, &catalogue);
    let Some(user_id) = story.user_id.clone() else {
        return refuse(transaction, event, Refusal::Ignored("not a subscription of ours")).await;
    };
    let keys: Vec<Value> = story.grants.iter().map(|grant| grant.event_key.as_str().into()).collect();
    let [_, wallet, row, known] = transaction
        .run([
            ledger::open(&user_id, now),
            Wallet::lock(&user_id),
            Wallet::subscription(&user_id),
            Wallet::granted(&user_id, Value::Array(keys)),
        ])
        .await?;
    let Some(wallet) = wallet.first() else {
        return refuse(transaction, event, Refusal::Rejected("the subscriber has no account".to_owned())).await;
    };
    let wallet = Wallet::of(subscription, wallet, row.first(), &known)?;
    let outcome = wallet.brought_to(&story, &catalogue, now);
    let fault = story.faults.iter().find(|(id, _)| *id == event.id).map(|(_, fault)| fault.clone());
    let mut statements = outcome.statements;
    match fault.or(outcome.conflict) {
        Some(reason) => {
            tracing::error!(event = event.id, reason, "a subscription needs someone to look at it");
            statements.push(event.set_outcome("REJECTED", reason));
        }
        None => statements.extend(outcome.note.map(|note| event.set_outcome("APPLIED", note))),
    }
    transaction.commit_all(statements).await?;
    Ok(())
}

const EVENTS: &str = "
select event_id, type, extract(epoch from stripe_created)::bigint as at, (payload -> 'data')::text as data
  from stripe_events
 where object_id = $1";

fn fact(row: &Row) -> Result<Option<Fact>, ApiError> {
    let (kind, text): (String, String) = (row.try_get("type")?, row.try_get("data")?);
    let Ok(data) = serde_json::from_str::<Value>(&text) else { return Ok(None) };
    Ok(Fact::of(row.try_get("event_id")?, &kind, row.try_get("at")?, &data))
}
