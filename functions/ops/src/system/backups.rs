//! `GET /api/admin/system/backups`: the calendar of backups.

use axum::Json;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::request::QueryString;
use shared::{Admin, ApiError, Statement};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

const DAYS: i64 = 100;
const DAYS_MAX: i64 = 400;

/// How far back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BackupsWanted {
    /// Days, 1 to 400; 100 when absent.
    days: Option<i64>,
}

/// Backups.
#[derive(Serialize, ToSchema)]
pub struct Backups {
    /// The newest first; at most 1,000.
    runs: Vec<BackupRun>,
}

/// A backup, good or bad.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackupRun {
    id: String,
    /// daily, weekly, monthly or pre-migration.
    kind: String,
    /// The day (UTC) that it is of.
    day: String,
    /// RUNNING, SUCCEEDED or FAILED.
    status: String,
    bytes: Option<i64>,
    /// ISO 8601.
    started_at: String,
    /// ISO 8601.
    finished_at: Option<String>,
    /// When it was last restored and compared, ISO 8601.
    verified_at: Option<String>,
    /// When it was deleted because of its age, ISO 8601.
    pruned_at: Option<String>,
    /// Why it failed.
    error: Option<String>,
}

/// Backups by day.
#[utoipa::path(
    get, path = "/api/admin/system/backups", tag = "system", params(BackupsWanted), security(("session" = [])),
    responses(
        (status = 200, body = Backups), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn list(who: Admin, QueryString(wanted): QueryString<BackupsWanted>) -> Result<Json<Backups>, ApiError> {
    let days = wanted.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(invalid("days", "days is 1 to 400"));
    }
    let since = who.now() - SignedDuration::from_hours(24 * days);
    let (_, [rows]) = who.read([Statement::new(RUNS).bind(since)]).await?;
    Ok(Json(Backups { runs: rows.iter().map(run).collect::<Result<_, _>>()? }))
}

const RUNS: &str = "
select id, kind::text as kind, day::text as day, status::text as status, bytes, started_at, finished_at, verified_at,
       pruned_at, error
  from backup_runs
 where started_at >= $1
 order by started_at desc, id desc
 limit 1000";

fn run(row: &Row) -> Result<BackupRun, ApiError> {
    let moment = |name| Ok::<_, ApiError>(row.try_get::<_, Option<_>>(name)?.map(iso));
    Ok(BackupRun {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        day: row.try_get("day")?,
        status: row.try_get("status")?,
        bytes: row.try_get("bytes")?,
        started_at: iso(row.try_get("started_at")?),
        finished_at: moment("finished_at")?,
        verified_at: moment("verified_at")?,
        pruned_at: moment("pruned_at")?,
        error: row.try_get("error")?,
    })
}
