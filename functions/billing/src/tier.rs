//! `/api/tiers/upgrade` and `/api/tiers/downgrade`: more now, or less from the end of the paid period on.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::idempotency::Idempotency;
use shared::request::{RawBody, parse_json};
use shared::stripe::{Buyer, Catalogue, Done, Kind, Operation, Subscription, What, upgraded};
use shared::{ApiError, SignedIn, limits};
use utoipa::ToSchema;

use crate::Billing;
use crate::change::{Wish, grant};
use crate::checkout::{CheckoutPage, with_email};

/// The tier that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierWanted {
    /// BASIC, STANDARD or PREMIUM; to go down also FREE.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    target_tier: Option<String>,
}

/// What will be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DowngradeScheduled {
    success: bool,
    /// The end of the period that is paid, ISO 8601.
    effective_date: Option<String>,
    message: &'static str,
}

/// What will not be.
#[derive(Serialize, ToSchema)]
pub struct DowngradeUndone {
    success: bool,
    message: &'static str,
}

/// A higher tier: a page on which it is subscribed to, or, for somebody who pays for a tier, another price at once.
#[utoipa::path(
    post, path = "/api/tiers/upgrade", tag = "billing", security(("session" = [])), request_body = TierWanted,
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer")),
    responses(
        (status = 200, body = CheckoutPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn upgrade(
    who: SignedIn,
    State(billing): State<Billing>,
    headers: HeaderMap,
    RawBody(body): RawBody<{ limits::BILLING_BODY }>,
) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /api/tiers/upgrade", &headers, &body)?;
    let wanted = parse_json::<TierWanted>(&body);
    let decide = |buyer: &Buyer, catalogue: &Catalogue| higher(wanted?, buyer, catalogue);
    let answer = |done: &Done, _: &Buyer, operation: &Operation| {
        CheckoutPage::json(done, || billing.cashier.page(&upgraded(operation.item.as_deref().unwrap_or_default())))
    };
    grant(&billing, &who, &idempotency, decide, answer).await
}

fn higher(wanted: TierWanted, buyer: &Buyer, catalogue: &Catalogue) -> Result<Wish, ApiError> {
    let target = wanted.target_tier.unwrap_or_default();
    let subscription = buyer.live_subscription();
    let current = subscription.and_then(|subscription| subscription.tier.as_deref()).unwrap_or(&buyer.tier);
    let wanted = position(catalogue, &target).filter(|_| target != "FREE");
    let wanted = wanted.ok_or_else(|| invalid("targetTier", "Invalid target tier"))?;
    if wanted <= position(catalogue, current).unwrap_or(0) {
        return Err(invalid("targetTier", "Cannot upgrade: this tier is not above the present one"));
    }
    with_email(buyer)?;
    let kind = match subscription {
        None => Kind::CheckoutTier,
        Some(paid) if paid.is_paid() && paid.tier.is_some() => Kind::ChangeTier,
        // A plan, or an invoice that is not paid.
        Some(_) => return Err(ApiError::LimitReached { message: "You already have an active subscription" }),
    };
    Ok(Wish { kind, item: Some(target) })
}

/// A lower tier from the end of the paid period on.
#[utoipa::path(
    post, path = "/api/tiers/downgrade", tag = "billing", security(("session" = [])), request_body = TierWanted,
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer")),
    responses(
        (status = 200, body = DowngradeScheduled), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn downgrade(
    who: SignedIn,
    State(billing): State<Billing>,
    headers: HeaderMap,
    RawBody(body): RawBody<{ limits::BILLING_BODY }>,
) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /api/tiers/downgrade", &headers, &body)?;
    let wanted = parse_json::<TierWanted>(&body);
    let decide = |buyer: &Buyer, catalogue: &Catalogue| lower(wanted?, buyer, catalogue);
    let answer = |_: &Done, buyer: &Buyer, _: &Operation| {
        let effective_date = buyer.live_subscription().and_then(|subscription| subscription.period_end).map(iso);
        json!(DowngradeScheduled {
            success: true,
            effective_date,
            message: "The lower tier begins when the paid period ends. Your tokens stay.",
        })
    };
    grant(&billing, &who, &idempotency, decide, answer).await
}

fn lower(wanted: TierWanted, buyer: &Buyer, catalogue: &Catalogue) -> Result<Wish, ApiError> {
    let target = wanted.target_tier.unwrap_or_default();
    let wanted = position(catalogue, &target).ok_or_else(|| invalid("targetTier", "Invalid target tier"))?;
    let subscription = tier_subscription(buyer);
    let current = subscription.and_then(|subscription| subscription.tier.as_deref()).unwrap_or(&buyer.tier);
    if wanted >= position(catalogue, current).unwrap_or(0) {
        return Err(invalid("targetTier", "Cannot downgrade: this tier is not below the present one"));
    }
    if subscription.is_none() {
        return Err(invalid("targetTier", "Failed to schedule downgrade: there is no subscription"));
    }
    Ok(Wish { kind: Kind::ScheduleDowngrade, item: Some(target) })
}

/// The present tier stays after all.
#[utoipa::path(
    delete, path = "/api/tiers/downgrade", tag = "billing", security(("session" = [])),
    responses(
        (status = 200, body = DowngradeUndone), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn keep(who: SignedIn, State(billing): State<Billing>, headers: HeaderMap) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("DELETE /api/tiers/downgrade", &headers, &[])?;
    let message = "The downgrade is cancelled: your tier stays.";
    let nothing = ApiError::LimitReached { message: "Nothing to do" };
    let decide = |buyer: &Buyer, _: &Catalogue| {
        let subscription =
            tier_subscription(buyer).ok_or_else(|| invalid("subscription", "Failed to cancel downgrade"))?;
        match subscription.downgrade_to {
            Some(_) => Ok(Wish { kind: Kind::UndoDowngrade, item: None }),
            None => Err(nothing),
        }
    };
    let answer = |_: &Done, _: &Buyer, _: &Operation| json!(DowngradeUndone { success: true, message });
    match grant(&billing, &who, &idempotency, decide, answer).await {
        // None is scheduled: as it should be, and Stripe need not be asked.
        Err(ApiError::LimitReached { .. }) => Ok(Json(DowngradeUndone { success: true, message }).into_response()),
        other => other,
    }
}

fn tier_subscription(buyer: &Buyer) -> Option<&Subscription> {
    buyer.live_subscription().filter(|subscription| subscription.tier.is_some())
}

fn position(catalogue: &Catalogue, tier: &str) -> Option<i32> {
    catalogue.find(What::Tier, tier).map(|offer| offer.position)
}
