//! Which events have an effect, on what, and what becomes of those that fail.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::database::Transaction;
use shared::{ApiError, Database, DatabaseError, Statement};

use super::event::Event;
use super::{checkout, payment, subscription};

/// What an event asks for.
enum Work {
    /// A package was paid for.
    Purchase(checkout::CheckoutSession),
    /// Something is new about this subscription.
    Subscription(String),
    /// Money of this payment went back, or is in question.
    Payment(String),
    /// Nothing; about what, and why.
    Nothing(Option<String>, &'static str),
}

/// Why an event changes nothing.
pub enum Refusal {
    /// As it should be.
    Ignored(&'static str),
    /// Money came that cannot be honoured: someone has to look.
    Rejected(String),
}

/// Applies an event, from Stripe or from the inbox. One that fails is kept with the reason before the failure is answered.
///
/// # Errors
/// The database's; then nothing was changed and Stripe sends the event again.
pub async fn deliver(database: &Database, event: &Event, now: Timestamp) -> Result<(), ApiError> {
    let work = work(event)?;
    let applied = match &work {
        Work::Purchase(session) => checkout::apply(database, event, session, now).await,
        Work::Subscription(id) => subscription::apply(database, event, id, now).await,
        Work::Payment(id) => payment::apply(database, event, id, now).await,
        Work::Nothing(about, reason) => {
            let kept = database.write([event.ignore(about.as_deref(), reason, now)]).await;
            return Ok(kept.map(|_| ())?);
        }
    };
    let Err(error) = applied else { return Ok(()) };
    let about = match &work {
        Work::Subscription(id) | Work::Payment(id) => Some(id.as_str()),
        Work::Purchase(_) | Work::Nothing(..) => None,
    };
    // A text that cannot be stored is refused with 400 and stays outside, as everything that is no event.
    if !matches!(error, ApiError::MalformedBody { .. }) {
        let kept = database.write([event.fail(about, &reason(&error), now)]).await;
        if let Err(lost) = kept {
            tracing::warn!(event = event.id, %lost, "a failed event could not be kept; Stripe sends it again");
        }
    }
    Err(match error {
        // Stripe is told to come again, not that it did something wrong.
        ApiError::WalletBusy => ApiError::Unavailable(Arc::new(error)),
        other => other,
    })
}

/// What may be kept of a failure: no values, which a server's message can quote.
fn reason(error: &ApiError) -> String {
    let constraint = match error {
        ApiError::Internal(cause) => cause.downcast_ref::<DatabaseError>().and_then(DatabaseError::constraint),
        _ => None,
    };
    match constraint {
        Some(constraint) => format!("{}: constraint {constraint}", error.code()),
        None => format!("{}: {error}", error.code()),
    }
}

/// What an object has to be about; ids only, as the senders' versions differ in the rest.
#[derive(Deserialize)]
struct Named {
    id: String,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: Option<Type>,
}

#[derive(Deserialize)]
struct Type {
    r#type: Option<String>,
}

fn work(event: &Event) -> Result<Work, ApiError> {
    Ok(match event.kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            let session: checkout::CheckoutSession = object(event)?;
            match (session.is_of("token_purchase"), &session.subscription) {
                (true, _) => Work::Purchase(session),
                (false, Some(id)) => Work::Subscription(id.clone()),
                (false, None) => Work::Nothing(None, "not a checkout of ours"),
            }
        }
        "checkout.session.async_payment_failed" | "checkout.session.expired" => {
            Work::Nothing(None, "nothing was paid, so nothing is owed")
        }
        kind if kind.starts_with("customer.subscription.") => Work::Subscription(object::<Named>(event)?.id),
        "invoice.paid" => match subscription::of_invoice(&event.object) {
            Some(id) => Work::Subscription(id),
            None => Work::Nothing(None, "not an invoice of a subscription"),
        },
        "invoice.payment_failed" => {
            let about = subscription::of_invoice(&event.object);
            Work::Nothing(about, "what follows, the subscription's own event says")
        }
        "charge.refunded" | "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed" => {
            match object::<Named>(event)?.payment_intent {
                Some(id) => Work::Payment(id),
                None => Work::Nothing(None, "names no payment intent, which all our checkouts make"),
            }
        }
        kind if kind.starts_with("payment_intent.") && is_order(event) => {
            Work::Nothing(None, "orders are not taken yet")
        }
        _ => Work::Nothing(None, "no effect of ours hangs on this type"),
    })
}

fn is_order(event: &Event) -> bool {
    let named = object::<Named>(event).ok();
    named.and_then(|named| named.metadata).and_then(|metadata| metadata.r#type).as_deref() == Some("merch_order")
}

/// The event's object as `T`.
///
/// # Errors
/// [`ApiError::MalformedBody`].
pub fn object<T: DeserializeOwned>(event: &Event) -> Result<T, ApiError> {
    serde_json::from_value(event.object.clone())
        .map_err(|error| ApiError::MalformedBody { details: format!("data.object: {error}") })
}

/// One event at a time about the same thing, until the transaction ends: the inbox is read for the others' after this.
pub fn one_at_a_time(about: &str) -> Statement {
    Statement::new("select pg_advisory_xact_lock(hashtextextended('stripe:' || $1, 0))").bind(about)
}

/// Keeps the event with the reason why it changes nothing, and acknowledges it: no repetition could change that.
///
/// # Errors
/// The database's.
pub async fn refuse(transaction: Transaction, event: &Event, refusal: Refusal) -> Result<(), ApiError> {
    let (outcome, reason) = match refusal {
        Refusal::Ignored(reason) => ("IGNORED", reason.to_owned()),
        Refusal::Rejected(reason) => {
            tracing::error!(event = event.id, reason, "an event of Stripe cannot be honoured");
            ("REJECTED", reason)
        }
    };
    transaction.commit([event.set_outcome(outcome, reason)]).await?;
    Ok(())
}
