//! `GET /api/admin/system/alerts`: how each rule stands, and what has changed lately.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use shared::alerts::{RULES, Rule};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::{Admin, ApiError, DatabaseError, Statement};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// Alerts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alerts {
    /// Every rule.
    rules: Vec<AlertRule>,
    /// Changes, the newest first; at most 100.
    events: Vec<AlertEvent>,
    /// Changes that somebody has still to be told of.
    undelivered: i64,
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AlertRule {
    rule: &'static str,
    about: &'static str,
    unit: &'static str,
    /// OK, FIRING or RESOLVED; absent before the first evaluation.
    state: Option<String>,
    /// Since when, ISO 8601.
    since: Option<String>,
    /// At the last evaluation; absent where it could not be measured.
    value: Option<f64>,
    /// Fires above it.
    threshold: f64,
    /// ISO 8601.
    evaluated_at: Option<String>,
    /// When somebody was last told, ISO 8601.
    notified_at: Option<String>,
}

/// A change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AlertEvent {
    id: String,
    rule: String,
    from: String,
    to: String,
    value: Option<f64>,
    threshold: f64,
    /// ISO 8601.
    at: String,
}

/// How each rule stands, and what has changed lately.
#[utoipa::path(
    get, path = "/api/admin/system/alerts", tag = "system", security(("session" = [])),
    responses((status = 200, body = Alerts), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)),
)]
pub async fn list(who: Admin) -> Result<Json<Alerts>, ApiError> {
    let statements = [Statement::new(STATES), Statement::new(EVENTS), Statement::new(UNDELIVERED)];
    let (_, [states, events, undelivered]) = who.read(statements).await?;
    let undelivered = undelivered.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    let mut known = BTreeMap::new();
    for row in &states {
        known.insert(row.try_get::<_, &str>("rule")?, row);
    }
    Ok(Json(Alerts {
        rules: RULES.iter().map(|rule| standing(rule, known.get(rule.name).copied())).collect::<Result<_, _>>()?,
        events: events.iter().map(event).collect::<Result<_, _>>()?,
        undelivered: undelivered.try_get("undelivered")?,
    }))
}

const STATES: &str = "
select rule, state::text as state, since, value, threshold, evaluated_at, last_notified_at
  from alert_states
 order by rule";

const EVENTS: &str = "
select id, rule, from_state::text as from_state, to_state::text as to_state, value, threshold, created_at
  from alert_events
 order by created_at desc, id desc
 limit 100";

const UNDELIVERED: &str = "select count(*) as undelivered from alert_outbox where next_attempt_at is not null";

fn standing(rule: &'static Rule, row: Option<&Row>) -> Result<AlertRule, ApiError> {
    let mut standing = AlertRule {
        rule: rule.name,
        about: rule.about,
        unit: rule.unit,
        state: None,
        since: None,
        value: None,
        threshold: rule.threshold,
        evaluated_at: None,
        notified_at: None,
    };
    if let Some(row) = row {
        standing.state = row.try_get("state")?;
        standing.since = Some(iso(row.try_get("since")?));
        standing.value = row.try_get("value")?;
        standing.threshold = row.try_get("threshold")?;
        standing.evaluated_at = Some(iso(row.try_get("evaluated_at")?));
        standing.notified_at = row.try_get::<_, Option<_>>("last_notified_at")?.map(iso);
    }
    Ok(standing)
}

fn event(row: &Row) -> Result<AlertEvent, ApiError> {
    Ok(AlertEvent {
        id: row.try_get("id")?,
        rule: row.try_get("rule")?,
        from: row.try_get("from_state")?,
        to: row.try_get("to_state")?,
        value: row.try_get("value")?,
        threshold: row.try_get("threshold")?,
        at: iso(row.try_get("created_at")?),
    })
}
