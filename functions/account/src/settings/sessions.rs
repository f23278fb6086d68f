//! `/api/settings/sessions`: where a person is signed in, and signing out from afar.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::QueryString;
use shared::{ApiError, SignedIn, limits};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};

use super::SettingsChanged;
use crate::path_id::PathId;

/// Where a person is signed in, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<OwnSession>,
}

/// A browser or phone that is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnSession {
    id: String,
    /// Whether this request came by it.
    current: bool,
    user_agent: Option<String>,
    ip_address: Option<String>,
    /// ISO 8601.
    created_at: String,
    /// ISO 8601, to the nearest few minutes.
    last_seen_at: Option<String>,
    /// ISO 8601.
    expires_at: String,
}

/// Which sessions to end.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `true` also ends the session that this request came by.
    all: Option<bool>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedOut {
    success: bool,
    message: &'static str,
    signed_out: i64,
}

/// The newest hundred sessions of the caller that are live.
#[utoipa::path(
    get, path = "/api/settings/sessions", tag = "settings", security(("session" = [])),
    responses((status = 200, body = Sessions), (status = 401, body = ErrorBody)),
)]
pub async fn list(who: SignedIn) -> Result<Json<Sessions>, ApiError> {
    let (_, [rows]) = who.read([who.statement(LIST).bind(limits::PAGE_MAX)]).await?;
    Ok(Json(Sessions { sessions: rows.iter().map(session).collect::<Result<_, _>>()? }))
}

const LIST: &str = "
select s.id, s.id = c.session_id as current, s.user_agent, s.ip_address, s.created_at, s.last_seen_at, s.expires_at
  from caller($1, $2, $3) c
  join sessions s on s.user_id = c.user_id
 where s.revoked_at is null
   and s.expires_at > $3
 order by s.created_at desc, s.id desc
 limit $4";

/// Ends one of the caller's sessions, at once.
#[utoipa::path(
    delete, path = "/api/settings/sessions/{id}", tag = "settings", security(("session" = [])),
    params(("id" = String, Path, description = "`ses_…`")),
    responses((status = 200, body = SettingsChanged), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
pub async fn end(who: SignedIn, PathId(id): PathId) -> Result<Json<SettingsChanged>, ApiError> {
    let (_, [ended]) = who.write([who.statement(END).bind(id)]).await?;
    match ended.is_empty() {
        true => Err(ApiError::NotFound { what: "Session" }),
        false => Ok(Json(SettingsChanged::new("Signed out there."))),
    }
}

const END: &str = "
update sessions s
   set revoked_at = $3
  from caller($1, $2, $3) c
 where s.id = $4
   and s.user_id = c.user_id
   and s.revoked_at is null
   and s.expires_at > $3
returning s.id";

/// Signs out everywhere else, or everywhere.
#[utoipa::path(
    delete, path = "/api/settings/sessions", tag = "settings", params(Which), security(("session" = [])),
    responses((status = 200, body = SignedOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)),
)]
pub async fn end_all(who: SignedIn, QueryString(which): QueryString<Which>) -> Result<Json<SignedOut>, ApiError> {
    let here_too = which.all.unwrap_or(false);
    let (_, [rows]) = who.write([who.statement(END_ALL).bind(here_too)]).await?;
    let signed_out = rows.first().map_or(Ok(0), |row| row.try_get("signed_out"))?;
    let message = if here_too { "Signed out everywhere." } else { "Signed out everywhere else." };
    Ok(Json(SignedOut { success: true, message, signed_out }))
}

/// `signed_out_at` also shuts out the cookies that the front end has made and nobody has shown here yet. The one of this
/// request has its session already, so it stays when that does.
const END_ALL: &str = "
with me as (
    update users u
       set signed_out_at = $3
      from caller($1, $2, $3) c
     where u.id = c.user_id
    returning u.id, c.session_id
),
ended as (
    update sessions s
       set revoked_at = $3
      from me
     where s.user_id = me.id
       and ($4 or s.id <> me.session_id)
       and s.revoked_at is null
       and s.expires_at > $3
    returning s.id
)
select count(*) as signed_out from ended";

fn session(row: &Row) -> Result<OwnSession, ApiError> {
    let moment = |column: &str| row.try_get::<_, Timestamp>(column).map(iso);
    Ok(OwnSession {
        id: row.try_get("id")?,
        current: row.try_get("current")?,
        user_agent: row.try_get("user_agent")?,
        ip_address: row.try_get("ip_address")?,
        created_at: moment("created_at")?,
        last_seen_at: row.try_get::<_, Option<Timestamp>>("last_seen_at")?.map(iso),
        expires_at: moment("expires_at")?,
    })
}
