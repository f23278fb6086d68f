//! `GET /api/admin/system/samples`: figures over time, as the alerts have measured them minute by minute.

use std::collections::BTreeMap;

use axum::Json;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::request::QueryString;
use shared::{Admin, ApiError, Statement};
use utoipa::{IntoParams, ToSchema};

/// The figures that are kept, without those of single statements.
const METRICS: [&str; 9] = [
    "connections.used",
    "connections.limit",
    "pooler.clients",
    "pooler.waiting",
    "replication.lag",
    "database.bytes",
    "log.bytes",
    "disk.percent",
    "queries.slow",
];
const HOURS: i64 = 24;
const HOURS_MAX: i64 = 24 * 90;
/// Points of a line: as many as a chart can show.
const POINTS: i64 = 240;

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SamplesWanted {
    /// Hours, 1 to 2,160; 24 when absent.
    hours: Option<i64>,
}

/// Figures over time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Samples {
    /// ISO 8601.
    from: String,
    /// ISO 8601.
    to: String,
    /// Each point is the highest of so many seconds.
    step_seconds: i64,
    /// By name: `[seconds since 1970, value]`, the oldest first.
    series: BTreeMap<String, Vec<(i64, f64)>>,
}

/// Figures over time, for charts.
#[utoipa::path(
    get, path = "/api/admin/system/samples", tag = "system", params(SamplesWanted), security(("session" = [])),
    responses(
        (status = 200, body = Samples), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn list(who: Admin, QueryString(wanted): QueryString<SamplesWanted>) -> Result<Json<Samples>, ApiError> {
    let hours = wanted.hours.unwrap_or(HOURS);
    if !(1..=HOURS_MAX).contains(&hours) {
        return Err(invalid("hours", "hours is 1 to 2160"));
    }
    let from = who.now() - SignedDuration::from_hours(hours);
    let step_seconds = (hours * 3_600 / POINTS).max(60);
    let (_, [rows]) = who.read([Statement::new(SERIES).bind(json!(METRICS)).bind(from).bind(step_seconds)]).await?;
    let mut series: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for row in &rows {
        let point = (row.try_get("at")?, row.try_get("value")?);
        series.entry(row.try_get("metric")?).or_default().push(point);
    }
    Ok(Json(Samples { from: iso(from), to: iso(who.now()), step_seconds, series }))
}

/// $1 metrics, $2 since when, $3 seconds of a point. Of a point the highest: a peak must not be averaged away.
const SERIES: &str = "
select metric, (floor(extract(epoch from created_at) / $3) * $3)::bigint as at, max(value) as value
  from metric_samples
 where metric = any (array(select jsonb_array_elements_text($1)))
   and label = ''
   and created_at >= $2
 group by 1, 2
 order by 1, 2";
