//! `POST /api/admin/stripe/events/{id}/replay`: what an event could not do when it came, it does now.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;
use shared::audit::Entry;
use shared::error::ErrorBody;
use shared::request::parse_json;
use shared::{Admin, ApiError, App};

use super::{WholeInboxEvent, one, whole};
use crate::stripe::{Event, deliver};

/// Works on an event again, as if Stripe had sent it; one that is applied stays as it is.
#[utoipa::path(
    post, path = "/api/admin/stripe/events/{id}/replay", tag = "admin", security(("session" = [])),
    params(("id" = String, Path, description = "evt_…")),
    responses(
        (status = 200, body = WholeInboxEvent), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn again(
    who: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<WholeInboxEvent>, ApiError> {
    let (_, [rows]) = who.read([one(&id)]).await?;
    let found = whole(&rows)?;
    if found.event.outcome == "APPLIED" {
        return Ok(Json(found));
    }
    // Before the work, which has a transaction of its own: what was tried is on record even when it fails.
    let entry = Entry {
        action: "INTEGRATION_SYNC",
        target_type: "stripe_event",
        target_id: id.clone(),
        metadata: json!({ "type": found.event.r#type, "outcomeBefore": found.event.outcome }),
    };
    who.write([who.audit(entry)]).await?;
    let payload = rows.first().map_or(Ok(String::new()), |row| row.try_get::<_, String>("payload"))?;
    let event = Event::new(parse_json(payload.as_bytes())?, payload.as_bytes())?.again();
    deliver(&app.database, &event, who.now()).await?;
    let (_, [rows]) = who.read([one(&id)]).await?;
    Ok(Json(whole(&rows)?))
}
