//! `POST /api/stripe/webhook`: verified bytes, then the inbox and the effect in one transaction, then 200.
//! Anything else than 2xx makes Stripe send the event again, so only what cannot succeed later is acknowledged.

mod catalogue;
mod checkout;
mod delivery;
mod event;
mod payment;
mod signature;
mod subscription;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use shared::caller::Anyone;
use shared::error::ErrorBody;
use shared::request::{RawBody, parse_json};
use shared::{ApiError, limits};
use utoipa::ToSchema;

pub use self::delivery::deliver;
pub use self::event::Event;
use crate::Webhooks;

/// Stripe's events are taken: it need not send this one again.
#[derive(Serialize, ToSchema)]
pub struct Received {
    received: bool,
}

/// Takes an event that Stripe has signed.
#[utoipa::path(
    post, path = "/api/stripe/webhook", tag = "webhooks", security(),
    request_body(content = String, content_type = "application/json", description = "The event, byte for byte as Stripe signed it"),
    params(("stripe-signature" = String, Header, description = "t=<unix seconds>,v1=<hex HMAC-SHA-256>")),
    responses(
        (status = 200, body = Received), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 500, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn receive(
    stranger: Anyone,
    State(webhooks): State<Webhooks>,
    headers: HeaderMap,
    RawBody(payload): RawBody<{ limits::STRIPE_BODY }>,
) -> Result<Json<Received>, ApiError> {
    signature::verify(&headers, &payload, &webhooks.stripe_secrets, stranger.now)?;
    let event = Event::new(parse_json(&payload)?, &payload)?;
    deliver(&webhooks.app.database, &event, stranger.now).await?;
    Ok(Json(Received { received: true }))
}
