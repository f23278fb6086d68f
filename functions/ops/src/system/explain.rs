//! `POST /api/admin/system/explain`: how the database goes about one of the functions' own statements.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::audit::Entry;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::monitoring::{masked, texts_masked};
use shared::request::JsonBody;
use shared::{ApiError, Statement, SuperAdmin};
use utoipa::ToSchema;

const BODY: usize = 1_024;
/// What the audit entry holds of the statement: enough to know it again after the counters were reset.
const NOTED_CHARACTERS: usize = 200;
const UNCOUNTED: &str =
    "The server does not count statements: GET /api/admin/system/slow-statements says what is missing";

/// Which statement: SQL itself is not taken from anybody.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementToExplain {
    /// As the list of slow statements has it.
    query_id: String,
}

/// A statement and its plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    query_id: String,
    /// Its text, without values.
    text: String,
    /// PostgreSQL's plan for any values, line by line; nothing was executed.
    plan: Option<String>,
    /// Why there is no plan: some statements cannot be planned without their values.
    problem: Option<String>,
}

/// The plan of a statement that the functions have run. Their own role asks, so what others have run is not found.
#[utoipa::path(
    post, path = "/api/admin/system/explain", tag = "system", security(("session" = [])),
    request_body = StatementToExplain,
    responses(
        (status = 200, body = Explained), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn explain(
    who: SuperAdmin,
    JsonBody(wanted): JsonBody<StatementToExplain, BODY>,
) -> Result<Json<Explained>, ApiError> {
    let query_id: i64 = wanted
        .query_id
        .parse()
        .map_err(|_| invalid("queryId", "queryId is a number, as the list of slow statements has it"))?;
    let (transaction, _, [rows]) = who.begin([Statement::new(EXPLAIN).bind(query_id)]).await?;
    let Some(row) = rows.first() else {
        transaction.rollback().await;
        return Err(ApiError::NotFound { what: "statement of the functions" });
    };
    let Some(text) = row.try_get::<_, Option<String>>("statement")?.as_deref().map(masked) else {
        transaction.rollback().await;
        return Err(ApiError::NotSetUp { missing: UNCOUNTED });
    };
    let shown = |column| Ok::<_, ApiError>(row.try_get::<_, Option<String>>(column)?.as_deref().map(texts_masked));
    let (plan, problem) = (shown("plan")?, shown("problem")?);
    let entry = Entry {
        action: "QUERY_EXPLAIN",
        target_type: "statement",
        target_id: wanted.query_id.clone(),
        metadata: json!({ "text": text.chars().take(NOTED_CHARACTERS).collect::<String>() }),
    };
    // What could not be written down is not answered.
    transaction.commit([who.audit(entry)]).await?;
    Ok(Json(Explained { query_id: wanted.query_id, text, plan, problem }))
}

const EXPLAIN: &str = "select statement, plan, problem from explain_statement($1)";
