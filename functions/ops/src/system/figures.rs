//! The server's figures, asked for under the role that may see them; who asks has to be an administrator first.

use axum::Json;
use axum::extract::State;
use shared::error::ErrorBody;
use shared::monitoring::{Connections, Indexes, Monitor, MonitorError, Pooler, Replication, Sizes};
use shared::monitoring::{SlowStatements, Tables, Versions};
use shared::{Admin, ApiError};

use crate::Watch;

/// Checks the caller, then asks.
async fn figures<T>(
    who: &Admin,
    watch: &Watch,
    ask: impl AsyncFnOnce(&Monitor) -> Result<T, MonitorError>,
) -> Result<Json<T>, ApiError> {
    who.identify().await?;
    let monitor = Monitor::required(watch.0.as_ref())?;
    Ok(Json(ask(monitor).await?))
}

/// Who is connected, by application and state, against the limit.
#[utoipa::path(
    get, path = "/api/admin/system/connections", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Connections), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn connections(who: Admin, State(watch): State<Watch>) -> Result<Json<Connections>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.connections().await).await
}

/// PgBouncer's pools: who waits for a connection, and how long.
#[utoipa::path(
    get, path = "/api/admin/system/pool", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Pooler), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn pool(who: Admin, State(watch): State<Watch>) -> Result<Json<Pooler>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.pooler().await).await
}

/// The ten slowest statements by mean time; a note where the server does not count them.
#[utoipa::path(
    get, path = "/api/admin/system/slow-statements", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = SlowStatements), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn slow_statements(who: Admin, State(watch): State<Watch>) -> Result<Json<SlowStatements>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.slow_statements().await).await
}

/// How large the database and its tables are. The months of a table count as one.
#[utoipa::path(
    get, path = "/api/admin/system/sizes", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Sizes), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn sizes(who: Admin, State(watch): State<Watch>) -> Result<Json<Sizes>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.sizes().await).await
}

/// Indexes by use, and which are never used and needed by nothing.
#[utoipa::path(
    get, path = "/api/admin/system/indexes", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Indexes), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn indexes(who: Admin, State(watch): State<Watch>) -> Result<Json<Indexes>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.indexes().await).await
}

/// Dead rows, and when each table was last vacuumed and analysed.
#[utoipa::path(
    get, path = "/api/admin/system/bloat", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Tables), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn bloat(who: Admin, State(watch): State<Watch>) -> Result<Json<Tables>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.tables().await).await
}

/// How far replicas are behind, and whether the log is archived.
#[utoipa::path(
    get, path = "/api/admin/system/replication", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Replication), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn replication(who: Admin, State(watch): State<Watch>) -> Result<Json<Replication>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.replication().await).await
}

/// What runs, and what of it is older than it should be.
#[utoipa::path(
    get, path = "/api/admin/system/versions", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = Versions), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn versions(who: Admin, State(watch): State<Watch>) -> Result<Json<Versions>, ApiError> {
    figures(&who, &watch, async |monitor| monitor.versions().await).await
}
