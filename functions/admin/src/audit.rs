//! `GET /api/admin/audit`: what was done by whom; `GET /api/admin/audit/check`: whether the record is whole.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::request::QueryString;
use shared::{Admin, ApiError, DatabaseError, Statement, SuperAdmin, limits};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

use crate::page::{Page, filter};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct EntriesWanted {
    /// Who acted.
    actor_id: Option<String>,
    /// What kind of thing was acted on, such as `user`.
    target_type: Option<String>,
    /// Its id.
    target_id: Option<String>,
    /// Such as ROLE_CHANGE.
    action: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Entries of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of the record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntries {
    entries: Vec<AuditEntry>,
    /// Leads to the next page; absent on the last one.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditEntry {
    id: String,
    /// Who acted; the entry outlives them.
    actor_id: String,
    /// 1, 2, 3 … of each actor.
    entry_number: i64,
    /// What they were at the time.
    actor_role: Option<String>,
    /// Such as ROLE_CHANGE.
    action: String,
    target_type: Option<String>,
    target_id: Option<String>,
    /// Before and after.
    #[schema(value_type = Object)]
    metadata: Value,
    ip_address: Option<String>,
    user_agent: Option<String>,
    session_id: Option<String>,
    /// ISO 8601.
    created_at: String,
}

/// The record of what was done, newest first.
#[utoipa::path(
    get, path = "/api/admin/audit", tag = "admin", params(EntriesWanted), security(("session" = [])),
    responses(
        (status = 200, body = AuditEntries), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
    ),
)]
pub async fn list(who: Admin, QueryString(wanted): QueryString<EntriesWanted>) -> Result<Json<AuditEntries>, ApiError> {
    let page = Page::wanted(wanted.cursor.as_deref(), wanted.limit, limits::PAGE_DEFAULT)?;
    let entries = Statement::new(ENTRIES)
        .bind(narrowed("actorId", "actorId is at most 100 characters", wanted.actor_id.as_deref())?)
        .bind(narrowed("targetType", "targetType is at most 100 characters", wanted.target_type.as_deref())?)
        .bind(narrowed("targetId", "targetId is at most 100 characters", wanted.target_id.as_deref())?)
        .bind(narrowed("action", "Unknown action", wanted.action.as_deref())?);
    let (_, [rows]) = who.read([page.bound(entries)]).await?;
    let (rows, next_cursor) = page.cut(rows)?;
    Ok(Json(AuditEntries { entries: rows.iter().map(entry).collect::<Result<_, _>>()?, next_cursor }))
}

fn narrowed<'a>(
    field: &'static str,
    message: &'static str,
    text: Option<&'a str>,
) -> Result<Option<&'a str>, ApiError> {
    filter(text, limits::FILTER_CHARACTERS, || invalid(field, message))
}

/// The domain knows the actions, and refuses others.
const ENTRIES: &str = "
select id, actor_id, entry_number, actor_role::text as actor_role, action::text as action, target_type, target_id,
       metadata, ip_address, user_agent, session_id, created_at
  from audit_entries
 where ($1::text is null or actor_id = $1)
   and ($2::text is null or target_type = $2)
   and ($3::text is null or target_id = $3)
   and ($4::text is null or action = $4::audit_action)
   and ($5::timestamptz is null or (created_at, id) < ($5, $6::text))
 order by created_at desc, id desc
 limit $7";

fn entry(row: &Row) -> Result<AuditEntry, ApiError> {
    Ok(AuditEntry {
        id: row.try_get("id")?,
        actor_id: row.try_get("actor_id")?,
        entry_number: row.try_get("entry_number")?,
        actor_role: row.try_get("actor_role")?,
        action: row.try_get("action")?,
        target_type: row.try_get("target_type")?,
        target_id: row.try_get("target_id")?,
        metadata: row.try_get("metadata")?,
        ip_address: row.try_get("ip_address")?,
        user_agent: row.try_get("user_agent")?,
        session_id: row.try_get("session_id")?,
        created_at: iso(row.try_get("created_at")?),
    })
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub struct AuditCheck {
    /// At most 100; empty when all is well.
    faults: Vec<AuditFault>,
    /// Entries that were looked at.
    entries: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditFault {
    actor_id: String,
    entry_number: i64,
    /// What is wrong with the entry.
    fault: String,
}

/// Looks for entries that were changed, removed or slipped in since they were written.
#[utoipa::path(
    get, path = "/api/admin/audit/check", tag = "admin", security(("session" = [])),
    responses(
        (status = 200, body = AuditCheck), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
)]
pub async fn check(who: SuperAdmin) -> Result<Json<AuditCheck>, ApiError> {
    let faults = Statement::new(FAULTS).bind(limits::AUDIT_FAULTS);
    let (_, [faults, count]) =
        who.read([faults, Statement::new("select count(*) as entries from audit_entries")]).await?;
    let count = count.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    Ok(Json(AuditCheck {
        faults: faults.iter().map(fault).collect::<Result<_, _>>()?,
        entries: count.try_get("entries")?,
    }))
}

const FAULTS: &str =
    "select actor_id, entry_number, fault from audit_faults() order by actor_id, entry_number, fault limit $1";

fn fault(row: &Row) -> Result<AuditFault, ApiError> {
    Ok(AuditFault {
        actor_id: row.try_get("actor_id")?,
        entry_number: row.try_get("entry_number")?,
        fault: row.try_get("fault")?,
    })
}
