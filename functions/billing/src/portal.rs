//! `POST /api/stripe/portal`: Stripe's own pages for invoices and cards.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::error::ErrorBody;
use shared::ids::new_id;
use shared::stripe::{Buyer, StripeError};
use shared::{ApiError, SignedIn};
use utoipa::ToSchema;

use crate::Billing;
use crate::buyer::SEEN_BY_CALLER;

/// Where to go.
#[derive(Serialize, ToSchema)]
pub struct PortalPage {
    /// Works for a few minutes, for this person.
    url: String,
}

/// Opens Stripe's pages for the caller, who has bought something before.
#[utoipa::path(
    post, path = "/api/stripe/portal", tag = "billing", security(("session" = [])),
    responses(
        (status = 200, body = PortalPage), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn open(who: SignedIn, State(billing): State<Billing>) -> Result<Json<PortalPage>, ApiError> {
    let (_, [rows]) = who.read([who.statement(SEEN_BY_CALLER)]).await?;
    let customer = Buyer::of(&rows)?.customer.ok_or(ApiError::NotFound { what: "Billing account" })?;
    let return_url = billing.cashier.page("settings/subscription");
    let opened = billing.cashier.talk().open_portal(&customer, &return_url, &new_id("portal", who.now())).await;
    let url = opened.map_err(|error| match error {
        StripeError::Refused { .. } => ApiError::internal(error),
        StripeError::NoAnswer(_) => ApiError::Unavailable(Arc::new(error)),
    })?;
    Ok(Json(PortalPage { url }))
}
