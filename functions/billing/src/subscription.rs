//! The caller's subscription: how it is, ending it with the paid period, and not ending it after all.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use serde_json::json;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::idempotency::Idempotency;
use shared::stripe::{Buyer, Catalogue, Done, Kind, Operation, Subscription};
use shared::{ApiError, SignedIn};
use utoipa::ToSchema;

use crate::Billing;
use crate::buyer::SEEN_BY_CALLER;
use crate::change::{Wish, grant};

/// The caller's subscription.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionShown {
    /// Null for somebody who never had one.
    subscription: Option<SubscriptionState>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SubscriptionState {
    /// ACTIVE, TRIALING, PAST_DUE, UNPAID or CANCELED.
    status: String,
    /// BASIC, STANDARD or PREMIUM; null for a plan.
    tier: Option<String>,
    /// hobby, creator or studio; null for a tier.
    plan_id: Option<String>,
    /// ISO 8601.
    current_period_start: Option<String>,
    /// ISO 8601.
    current_period_end: Option<String>,
    /// Whether it ends then.
    cancel_at_period_end: bool,
    /// The tier from then on.
    downgrade_to: Option<String>,
}

/// What was asked will be so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionEnds {
    success: bool,
    /// Whether the subscription ends with the paid period.
    cancel_at_period_end: bool,
    /// The end of that period, ISO 8601.
    current_period_end: Option<String>,
}

/// The caller's subscription as Stripe last told it.
#[utoipa::path(
    get, path = "/api/stripe/subscription", tag = "billing", security(("session" = [])),
    responses((status = 200, body = SubscriptionShown), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)),
)]
pub async fn show(who: SignedIn) -> Result<Json<SubscriptionShown>, ApiError> {
    let (_, [rows]) = who.read([who.statement(SEEN_BY_CALLER)]).await?;
    let subscription = Buyer::of(&rows)?.subscription.map(|subscription| SubscriptionState {
        status: subscription.status,
        tier: subscription.tier,
        plan_id: subscription.plan,
        current_period_start: subscription.period_start.map(iso),
        current_period_end: subscription.period_end.map(iso),
        cancel_at_period_end: subscription.cancel_at_period_end,
        downgrade_to: subscription.downgrade_to,
    });
    Ok(Json(SubscriptionShown { subscription }))
}

/// Ends the subscription with the period that is paid.
#[utoipa::path(
    post, path = "/api/stripe/cancel", tag = "billing", security(("session" = [])),
    responses(
        (status = 200, body = SubscriptionEnds), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn cancel(who: SignedIn, State(billing): State<Billing>, headers: HeaderMap) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /api/stripe/cancel", &headers, &[])?;
    ends(&billing, &who, &idempotency, Kind::CancelAtPeriodEnd).await
}

/// Lets a subscription go on that was to end.
#[utoipa::path(
    post, path = "/api/stripe/resume", tag = "billing", security(("session" = [])),
    responses(
        (status = 200, body = SubscriptionEnds), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn resume(who: SignedIn, State(billing): State<Billing>, headers: HeaderMap) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /api/stripe/resume", &headers, &[])?;
    ends(&billing, &who, &idempotency, Kind::Resume).await
}

async fn ends(billing: &Billing, who: &SignedIn, idempotency: &Idempotency, kind: Kind) -> Result<Response, ApiError> {
    let decide = |buyer: &Buyer, _: &Catalogue| {
        buyer.live_subscription().ok_or(ApiError::NotFound { what: "Subscription" })?;
        Ok(Wish { kind, item: None })
    };
    let answer = |_: &Done, buyer: &Buyer, _: &Operation| {
        let end = |subscription: &Subscription| subscription.period_end.map(iso);
        json!(SubscriptionEnds {
            success: true,
            cancel_at_period_end: kind == Kind::CancelAtPeriodEnd,
            current_period_end: buyer.live_subscription().and_then(end),
        })
    };
    grant(billing, who, idempotency, decide, answer).await
}
