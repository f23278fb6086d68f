//! The way of every request that asks something of Stripe: decide and write down, ask, settle.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use shared::idempotency::Idempotency;
use shared::stripe::{Buyer, CATALOGUE, Catalogue, Done, Kind, Operation, StripeError, Trouble, What, effect};
use shared::{ApiError, SignedIn, limits};

use crate::Billing;
use crate::buyer::OF_CALLER;
use crate::open_page::{OPEN_PAGES, OpenPage};

/// What a person wants of Stripe.
pub struct Wish {
    /// What is to be done.
    pub kind: Kind,
    /// The package, plan or tier.
    pub item: Option<String>,
}

/// Grants what `decide` makes of the person's situation, and answers what `answer` makes of Stripe's answer.
///
/// # Errors
/// What `decide` says; or Stripe's: a refusal is a defect of ours, and a lost answer can be asked for again.
pub async fn grant(
    billing: &Billing,
    who: &SignedIn,
    idempotency: &Idempotency,
    decide: impl FnOnce(&Buyer, &Catalogue) -> Result<Wish, ApiError>,
    answer: impl FnOnce(&Done, &Buyer, &Operation) -> Value,
) -> Result<Response, ApiError> {
    let reusable = SignedDuration::try_from(limits::SUBSCRIPTION_CHECKOUT_REUSED).unwrap_or_default();
    let (transaction, _, [claimed, buyer, catalogue, pages]) = who
        .begin([
            idempotency.claim(who),
            who.statement(OF_CALLER),
            CATALOGUE,
            who.statement(OPEN_PAGES).bind(who.now() - reusable),
        ])
        .await?;
    let decided = (|| {
        if let Some(replayed) = Idempotency::replayed(&claimed)? {
            return Ok(Err(replayed));
        }
        let (buyer, catalogue) = (Buyer::of(&buyer)?, Catalogue::of(&catalogue)?);
        let wish = decide(&buyer, &catalogue)?;
        let pages = pages.iter().map(OpenPage::of).collect::<Result<Vec<_>, _>>()?;
        Ok(Ok((buyer, catalogue, wish, pages)))
    })();
    let (buyer, catalogue, wish, pages) = match decided {
        Ok(Ok(decided)) => decided,
        Ok(Err(replayed)) => {
            transaction.rollback().await;
            return Ok(replayed);
        }
        Err(refusal) => {
            transaction.rollback().await;
            return Err(refusal);
        }
    };
    let user_id = buyer.user_id.as_str();
    let operation = operation(who, idempotency, &buyer, &catalogue, wish);
    let (operation, done) = match pages.into_iter().find(|page| page.operation.is_like(&operation)) {
        Some(page) => (page.operation, page.done),
        None => (operation, None),
    };
    if let Some(done) = done {
        let body = answer(&done, &buyer, &operation);
        transaction.commit([idempotency.answer(user_id, StatusCode::OK, body.clone())]).await?;
        return Ok(Json(body).into_response());
    }
    let now = who.now();
    let [_, begun] = transaction.commit([operation.supersede(user_id, now), operation.begin(user_id, now)]).await?;
    let operation = begun.first().map_or(Ok(operation), Operation::of)?;

    match billing.cashier.perform(&operation, &buyer, &catalogue).await {
        Ok(done) => {
            let body = answer(&done, &buyer, &operation);
            let mut settled = vec![
                operation.done(&done, billing.app.clock.now()),
                idempotency.answer(user_id, StatusCode::OK, body.clone()),
            ];
            settled.extend(effect(&operation, &buyer));
            billing.app.database.write_all(settled).await?;
            Ok(Json(body).into_response())
        }
        Err(trouble) => {
            let noted = trouble.noted(&operation, billing.app.clock.now());
            billing.app.database.write([noted, idempotency.release(user_id)]).await?;
            Err(told(&operation, trouble))
        }
    }
}

/// What the client is told of a failure.
fn told(operation: &Operation, trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::Stripe(error @ StripeError::Refused { .. }) => ApiError::internal(error),
        // A page of which nobody knows the address changes nothing.
        Trouble::Stripe(error) if operation.kind.sells().is_some() => ApiError::Unavailable(Arc::new(error)),
        Trouble::Stripe(error) => ApiError::OutcomeUnknown(Arc::new(error)),
        Trouble::Own(error) => error,
    }
}

fn operation(who: &SignedIn, idempotency: &Idempotency, buyer: &Buyer, catalogue: &Catalogue, wish: Wish) -> Operation {
    let what = wish.kind.sells().or((wish.kind == Kind::ChangeTier).then_some(What::Tier));
    let offer = what.zip(wish.item.as_deref()).and_then(|(what, code)| catalogue.find(what, code));
    Operation {
        id: idempotency.derived("op", &buyer.user_id, who),
        kind: wish.kind,
        price: offer.map(|offer| (offer.amount_minor, offer.currency.clone())),
        item: wish.item,
        created_at: who.now(),
    }
}
