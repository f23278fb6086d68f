//! `/api/admin/stripe/events`: what Stripe has sent and what became of it.

pub mod list;
pub mod replay;
pub mod show;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::clock::iso;
use shared::{ApiError, Statement};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// An event of Stripe in the inbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InboxEvent {
    /// `evt_…`
    id: String,
    /// Such as `invoice.paid`.
    r#type: String,
    /// The subscription, payment or other object that it is about.
    object_id: Option<String>,
    /// APPLIED, IGNORED, REJECTED or FAILED.
    outcome: String,
    /// Why it is not, or not simply, applied.
    reason: Option<String>,
    /// How often it was worked on.
    attempts: i32,
    /// When Stripe made it, ISO 8601, as the others.
    stripe_created: String,
    received_at: String,
    /// When it got its outcome; absent while Stripe sends it again.
    settled_at: Option<String>,
}

/// An event with all that Stripe sent.
#[derive(Serialize, ToSchema)]
pub struct WholeInboxEvent {
    #[serde(flatten)]
    event: InboxEvent,
    /// As Stripe signed it.
    #[schema(value_type = Object)]
    payload: Value,
}

fn one(event_id: &str) -> Statement {
    Statement::new(ONE).bind(event_id)
}

const ONE: &str = "
select event_id, type, object_id, outcome::text as outcome, reason, attempts, stripe_created, received_at, settled_at,
       payload::text as payload
  from stripe_events
 where event_id = $1";

fn event(row: &Row) -> Result<InboxEvent, ApiError> {
    Ok(InboxEvent {
        id: row.try_get("event_id")?,
        r#type: row.try_get("type")?,
        object_id: row.try_get("object_id")?,
        outcome: row.try_get("outcome")?,
        reason: row.try_get("reason")?,
        attempts: row.try_get("attempts")?,
        stripe_created: iso(row.try_get("stripe_created")?),
        received_at: iso(row.try_get("received_at")?),
        settled_at: row.try_get::<_, Option<Timestamp>>("settled_at")?.map(iso),
    })
}

fn whole(rows: &[Row]) -> Result<WholeInboxEvent, ApiError> {
    let row = rows.first().ok_or(ApiError::NotFound { what: "Event" })?;
    let payload: String = row.try_get("payload")?;
    Ok(WholeInboxEvent { event: event(row)?, payload: serde_json::from_str(&payload).map_err(ApiError::internal)? })
}
