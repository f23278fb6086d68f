//! `GET /api/status`: what people are told of the system. It answers while the system itself does not.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use serde::Serialize;
use shared::caller::Anyone;
use shared::clock::iso;
use shared::{App, DatabaseError, Statement};
use tokio_postgres::Row;
use utoipa::ToSchema;

use crate::MaintenanceMode;

/// Half a minute: many people look at once when something is wrong.
const CACHED: &str = "public, max-age=30";
const MAINTENANCE: &str = "We are working on the system. Looking is possible, changing is not; nothing is lost.";
const UNAVAILABLE: &str = "The system cannot be reached at the moment. We have been told and are looking into it.";

/// How the system is.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// `ok`; `incident`: it works, with the trouble that the message tells of; `maintenance`: nothing is changed for now;
    /// `unavailable`.
    status: &'static str,
    /// What to tell people; absent when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Since when, ISO 8601, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// How the system is, for people and their status pages; 200 within three seconds whatever is wrong.
#[utoipa::path(get, path = "/api/status", tag = "ops", security(), responses((status = 200, body = Status)))]
pub async fn show(_: Anyone, State(app): State<App>, State(mode): State<MaintenanceMode>) -> Response {
    ([(CACHE_CONTROL, CACHED)], Json(status(&app, mode).await)).into_response()
}

async fn status(app: &App, MaintenanceMode(is_on): MaintenanceMode) -> Status {
    let told = |status, message: &str| Status { status, message: Some(message.to_owned()), since: None };
    if is_on {
        // The database is what is under maintenance: it is not asked.
        return told("maintenance", MAINTENANCE);
    }
    let read = async {
        let [rows] = app.database.read([Statement::new(TOLD)]).await?;
        let row = rows.first().ok_or(DatabaseError::Protocol("the deployment has no row"))?;
        known(row).map_err(DatabaseError::from)
    };
    read.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "people are told that the system is unavailable");
        told("unavailable", UNAVAILABLE)
    })
}

fn known(row: &Row) -> Result<Status, tokio_postgres::Error> {
    let maintenance_since = row.try_get::<_, Option<jiff::Timestamp>>("maintenance_since")?;
    let incident_since = row.try_get::<_, Option<jiff::Timestamp>>("incident_since")?;
    Ok(match (maintenance_since, incident_since) {
        (Some(since), _) => {
            let message = row.try_get::<_, Option<String>>("maintenance_message")?;
            let message = Some(message.unwrap_or_else(|| MAINTENANCE.to_owned()));
            Status { status: "maintenance", message, since: Some(iso(since)) }
        }
        (None, Some(since)) => {
            Status { status: "incident", message: row.try_get("incident_message")?, since: Some(iso(since)) }
        }
        (None, None) => Status { status: "ok", message: None, since: None },
    })
}

const TOLD: &str = "
select d.maintenance_since,
       d.maintenance_message,
       i.started_at as incident_since,
       i.message as incident_message
  from deployment d
  left join lateral (
           select started_at, message
             from incidents
            where resolved_at is null
            order by started_at desc
            limit 1
       ) i on true";
