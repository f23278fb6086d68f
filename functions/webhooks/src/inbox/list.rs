//! `GET /api/admin/stripe/events`

use axum::Json;
use serde::{Deserialize, Serialize};
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::request::QueryString;
use shared::{Admin, ApiError, Statement, limits};
use utoipa::{IntoParams, ToSchema};

use super::{InboxEvent, event};

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsWanted {
    /// APPLIED, IGNORED, REJECTED or FAILED.
    outcome: Option<String>,
    /// Such as `invoice.paid`.
    r#type: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Events of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of the inbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InboxEvents {
    events: Vec<InboxEvent>,
    /// Leads to the next page; absent on the last one.
    next_cursor: Option<String>,
}

/// What Stripe has sent, newest first.
#[utoipa::path(
    get, path = "/api/admin/stripe/events", tag = "admin", params(EventsWanted), security(("session" = [])),
    responses(
        (status = 200, body = InboxEvents), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn events(who: Admin, QueryString(wanted): QueryString<EventsWanted>) -> Result<Json<InboxEvents>, ApiError> {
    let outcome = wanted.outcome.as_deref().filter(|outcome| !outcome.is_empty());
    if outcome.is_some_and(|outcome| !["APPLIED", "IGNORED", "REJECTED", "FAILED"].contains(&outcome)) {
        return Err(invalid("outcome", "Unknown outcome"));
    }
    let limit = wanted.limit.unwrap_or(limits::PAGE_DEFAULT);
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        return Err(invalid("limit", "limit is 1 to 100"));
    }
    let page = Statement::new(PAGE)
        .bind(outcome)
        .bind(short("type", "type is at most 100 characters", &wanted.r#type)?)
        .bind(short("cursor", "cursor is the nextCursor of a page", &wanted.cursor)?)
        .bind(limit + 1);
    let (_, [rows]) = who.read([page]).await?;
    let mut events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let held = usize::try_from(limit).unwrap_or(usize::MAX);
    let further = events.len() > held;
    events.truncate(held);
    let next_cursor = events.last().filter(|_| further).map(|event| event.id.clone());
    Ok(Json(InboxEvents { events, next_cursor }))
}

fn short<'a>(
    field: &'static str,
    message: &'static str,
    text: &'a Option<String>,
) -> Result<Option<&'a str>, ApiError> {
    let text = text.as_deref().filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() > limits::FILTER_CHARACTERS || text.chars().any(char::is_control) => {
            Err(invalid(field, message))
        }
        _ => Ok(text),
    }
}

/// The id of an event says where it is, so it is the cursor.
const PAGE: &str = "
select event_id, type, object_id, outcome::text as outcome, reason, attempts, stripe_created, received_at, settled_at
  from stripe_events
 where ($1::text is null or outcome::text = $1)
   and ($2::text is null or type = $2)
   and ($3::text is null
        or (received_at, event_id) < (select e.received_at, e.event_id from stripe_events e where e.event_id = $3))
 order by received_at desc, event_id desc
 limit $4";
