//! `GET /api/health`: the process is up. `GET /api/health/ready`: it can do its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::database::SCHEMA_VERSION;
use shared::error::ErrorBody;
use shared::{ApiError, App, DatabaseError, Statement};
use utoipa::ToSchema;

/// The process is up.
#[derive(Serialize, ToSchema)]
pub struct Alive {
    /// Always `ok`: a process that is not up does not answer.
    status: &'static str,
}

/// The service can do its work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// The newest migration of the database.
    schema_version: i32,
}

/// Whether the process is up; asks nobody else.
#[utoipa::path(get, path = "/api/health", tag = "ops", security(), responses((status = 200, body = Alive)))]
pub async fn alive() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Whether the database is reachable and migrated; 503 within three seconds when not.
#[utoipa::path(
    get, path = "/api/health/ready", tag = "ops", security(),
    responses((status = 200, body = Ready), (status = 503, body = ErrorBody)),
)]
pub async fn ready(State(app): State<App>) -> Result<Json<Ready>, ApiError> {
    let [rows] = app.database.read([Statement::new("select max(version) as version from schema_migrations")]).await?;
    let version: Option<i32> = rows.first().map(|row| row.try_get("version")).transpose()?.flatten();
    match version {
        Some(version) if version >= SCHEMA_VERSION => Ok(Json(Ready { status: "ready", schema_version: version })),
        _ => Err(ApiError::Unavailable(Arc::new(DatabaseError::NotMigrated(format!(
            "migration {} is the newest, this build needs {SCHEMA_VERSION}: run the migrate function",
            version.unwrap_or(0)
        ))))),
    }
}
