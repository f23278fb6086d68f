//! `GET /api/admin/stripe/events/{id}`

use axum::Json;
use axum::extract::Path;
use shared::error::ErrorBody;
use shared::{Admin, ApiError};

use super::{WholeInboxEvent, one, whole};

/// One event, with what Stripe sent.
#[utoipa::path(
    get, path = "/api/admin/stripe/events/{id}", tag = "admin", security(("session" = [])),
    params(("id" = String, Path, description = "evt_…")),
    responses(
        (status = 200, body = WholeInboxEvent), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
)]
pub async fn event(who: Admin, Path(id): Path<String>) -> Result<Json<WholeInboxEvent>, ApiError> {
    let (_, [rows]) = who.read([one(&id)]).await?;
    Ok(Json(whole(&rows)?))
}
