//! `POST /api/stripe/checkout`: a page of Stripe on which a package or a plan is paid.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::idempotency::Idempotency;
use shared::request::{RawBody, parse_json};
use shared::stripe::{Buyer, Catalogue, Done, Kind, Operation, What};
use shared::{ApiError, SignedIn, limits};
use utoipa::ToSchema;

use crate::Billing;
use crate::change::{Wish, grant};

/// What is to be bought.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Purchase {
    /// `payment` for a package, `subscription` for a plan.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    mode: Option<String>,
    /// starter, basic, pro or power.
    #[serde(default, deserialize_with = "fields::text")]
    package_id: Option<String>,
    /// hobby, creator or studio.
    #[serde(default, deserialize_with = "fields::text")]
    plan_id: Option<String>,
}

/// Where to pay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckoutPage {
    success: bool,
    /// Stripe's id of the session; null when there is nothing to pay now.
    session_id: Option<String>,
    /// Where the browser goes.
    url: String,
}

impl CheckoutPage {
    /// The answer for a page that was made; `otherwise` where there is none.
    pub fn json(done: &Done, otherwise: impl FnOnce() -> String) -> Value {
        let url = done.url.clone().unwrap_or_else(otherwise);
        json!(CheckoutPage { success: true, session_id: done.session_id.clone(), url })
    }
}

/// Makes a page on which a package or a plan is paid. With an `Idempotency-Key`, a repetition gets the same page.
#[utoipa::path(
    post, path = "/api/stripe/checkout", tag = "billing", security(("session" = [])), request_body = Purchase,
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body get the same answer")),
    responses(
        (status = 200, body = CheckoutPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    who: SignedIn,
    State(billing): State<Billing>,
    headers: HeaderMap,
    RawBody(body): RawBody<{ limits::BILLING_BODY }>,
) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("POST /api/stripe/checkout", &headers, &body)?;
    let purchase = parse_json::<Purchase>(&body);
    let decide = |buyer: &Buyer, catalogue: &Catalogue| wish(purchase?, buyer, catalogue);
    let answer = |done: &Done, _: &Buyer, _: &Operation| CheckoutPage::json(done, String::new);
    grant(&billing, &who, &idempotency, decide, answer).await
}

fn wish(purchase: Purchase, buyer: &Buyer, catalogue: &Catalogue) -> Result<Wish, ApiError> {
    match purchase.mode.as_deref() {
        Some("payment") => {
            let code = given(purchase.package_id, "packageId", "Package ID required for payment")?;
            catalogue.find(What::Package, &code).ok_or_else(|| invalid("packageId", "Invalid package ID"))?;
            with_email(buyer)?;
            Ok(Wish { kind: Kind::CheckoutPackage, item: Some(code) })
        }
        Some("subscription") => {
            let code = given(purchase.plan_id, "planId", "Plan ID required for subscription")?;
            catalogue.find(What::Plan, &code).ok_or_else(|| invalid("planId", "Invalid plan ID"))?;
            with_email(buyer)?;
            without_subscription(buyer)?;
            Ok(Wish { kind: Kind::CheckoutPlan, item: Some(code) })
        }
        _ => Err(invalid("mode", "Invalid request")),
    }
}

fn given(text: Option<String>, field: &'static str, message: &'static str) -> Result<String, ApiError> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| invalid(field, message))
}

/// Stripe sends receipts.
pub fn with_email(buyer: &Buyer) -> Result<(), ApiError> {
    let known = buyer.email.is_some() || buyer.customer.is_some();
    known.then_some(()).ok_or_else(|| invalid("email", "Add an email address to your account first"))
}

/// A second subscription would be paid besides the first, also while an invoice of the first is unpaid.
pub fn without_subscription(buyer: &Buyer) -> Result<(), ApiError> {
    match buyer.live_subscription() {
        None => Ok(()),
        Some(_) => Err(ApiError::LimitReached { message: "You already have an active subscription" }),
    }
}
