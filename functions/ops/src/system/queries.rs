//! `GET /api/admin/system/queries`: what has been running for long. `POST …/queries/cancel`: ends one of them.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::audit::Entry;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::monitoring::{Monitor, RunningQuery};
use shared::request::JsonBody;
use shared::{Admin, ApiError, Statement, SuperAdmin};
use utoipa::ToSchema;

use crate::Watch;

const BODY: usize = 1_024;

/// The queries that have been running for more than five seconds.
#[derive(Serialize, ToSchema)]
pub struct RunningQueries {
    /// The longest first; at most 50.
    queries: Vec<RunningQuery>,
}

/// The queries that have been running for more than five seconds; their texts without values.
#[utoipa::path(
    get, path = "/api/admin/system/queries", tag = "system", security(("session" = [])),
    responses(
        (status = 200, body = RunningQueries), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn list(who: Admin, State(watch): State<Watch>) -> Result<Json<RunningQueries>, ApiError> {
    who.identify().await?;
    let monitor = Monitor::required(watch.0.as_ref())?;
    Ok(Json(RunningQueries { queries: monitor.runaway_queries().await? }))
}

/// Which query, exactly as the list has it: numbers of processes are used again, and a pooled connection serves many.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueryToCancel {
    pid: i32,
    backend_start: String,
    query_start: String,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct QueryCancelled {
    /// False when it ended by itself at this moment.
    cancelled: bool,
}

/// Cancels a query of the functions. Their own role does it, so it needs no right over others.
#[utoipa::path(
    post, path = "/api/admin/system/queries/cancel", tag = "system", security(("session" = [])),
    request_body = QueryToCancel,
    responses(
        (status = 200, body = QueryCancelled), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
pub async fn cancel(
    who: SuperAdmin,
    JsonBody(wanted): JsonBody<QueryToCancel, BODY>,
) -> Result<Json<QueryCancelled>, ApiError> {
    let backend_start = moment("backendStart", &wanted.backend_start)?;
    let query_start = moment("queryStart", &wanted.query_start)?;
    let named = |sql| Statement::new(sql).bind(wanted.pid).bind(backend_start).bind(query_start);
    let (transaction, _, [found]) = who.begin([named(FIND)]).await?;
    let refusal = match found.first().map(|row| row.try_get::<_, bool>("is_ours")).transpose()? {
        Some(true) => None,
        Some(false) => Some(ApiError::NotAllowed {
            message: "This query is not one of the functions': cancel it in the database, as its own role or a superuser",
        }),
        None => Some(ApiError::NotFound { what: "query that still runs" }),
    };
    if let Some(refusal) = refusal {
        transaction.rollback().await;
        return Err(refusal);
    }
    let entry = Entry {
        action: "QUERY_CANCEL",
        target_type: "backend",
        target_id: wanted.pid.to_string(),
        metadata: json!({ "backendStart": wanted.backend_start, "queryStart": wanted.query_start }),
    };
    // Written down first: what fails to be is not done.
    let [_, done] = transaction.commit([who.audit(entry), named(CANCEL)]).await?;
    let cancelled = done.first().map_or(Ok(false), |row| row.try_get("cancelled"))?;
    Ok(Json(QueryCancelled { cancelled }))
}

fn moment(field: &'static str, text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_| invalid(field, "backendStart and queryStart are as the list of queries has them"))
}

/// $1 process, $2 its start, $3 the query's. Of sessions of other roles one sees that they are there.
const FIND: &str = "
select usename = current_user as is_ours
  from pg_stat_activity
 where pid = $1
   and datname = current_database()
   and (usename <> current_user or (backend_start = $2 and query_start = $3 and state = 'active'))";

const CANCEL: &str = "
select pg_cancel_backend(pid) as cancelled
  from pg_stat_activity
 where pid = $1
   and backend_start = $2
   and query_start = $3
   and usename = current_user
   and state = 'active'";
