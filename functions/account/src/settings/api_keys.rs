//! `/api/settings/api-keys`: keys for programs that act in a person's name.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::request::JsonBody;
use shared::secret::sha256;
use shared::{ApiError, Environment, SignedIn, api_key, ids, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::SettingsChanged;
use crate::Settings;
use crate::path_id::PathId;

/// A person's keys, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeys {
    api_keys: Vec<ApiKey>,
}

/// One key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OneApiKey {
    api_key: ApiKey,
}

/// What may be told of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKey {
    id: String,
    name: String,
    /// The first seven characters and the last four.
    key_prefix: String,
    /// ISO 8601, to the nearest few minutes; null before the first use.
    last_used_at: Option<String>,
    /// False for a key that was revoked.
    is_active: bool,
    /// ISO 8601.
    created_at: String,
}

/// What a new key is to be called.
#[derive(Deserialize, ToSchema)]
pub struct NewApiKey {
    /// 1 to 50 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    name: Option<String>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyMade {
    api_key: MadeApiKey,
    message: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeApiKey {
    id: String,
    name: String,
    /// The key itself. It is shown now and never again.
    key: String,
    key_prefix: String,
    /// ISO 8601.
    created_at: String,
}

/// The caller's keys: all that work, and the newest hundred of those that were revoked.
#[utoipa::path(
    get, path = "/api/settings/api-keys", tag = "settings", security(("session" = [])),
    responses((status = 200, body = ApiKeys), (status = 401, body = ErrorBody)),
)]
pub async fn list(who: SignedIn) -> Result<Json<ApiKeys>, ApiError> {
    let (_, [rows]) = who.read([who.statement(LIST).bind(limits::PAGE_MAX)]).await?;
    Ok(Json(ApiKeys { api_keys: rows.iter().map(api_key).collect::<Result<_, _>>()? }))
}

const LIST: &str = "
with own as (
    select k.id, k.name, k.key_prefix, k.last_used_at, k.is_active, k.created_at
      from caller($1, $2, $3) c
      join api_keys k on k.user_id = c.user_id
)
select * from own where is_active
 union all
select * from (select * from own where not is_active order by created_at desc, id desc limit $4) revoked
 order by created_at desc, id desc";

/// Makes a key. A person has at most ten that work.
#[utoipa::path(
    post, path = "/api/settings/api-keys", tag = "settings", security(("session" = [])), request_body = NewApiKey,
    responses(
        (status = 200, body = ApiKeyMade), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody),
    ),
)]
pub async fn create(
    who: SignedIn,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<NewApiKey, { limits::SETTINGS_BODY }>,
) -> Result<Json<ApiKeyMade>, ApiError> {
    let name = name(body.name.as_deref())?;
    let (id, key) = (ids::new_id("key", who.now()), new_key(settings.environment));
    let key_prefix = api_key::shown(&key);
    let insert = who
        .statement(CREATE)
        .bind(id.as_str())
        .bind(name)
        .bind(sha256(&key))
        .bind(key_prefix.as_str())
        .bind(limits::API_KEYS);
    let (_, [_, made]) = who.write([who.statement(LOCK), insert]).await?;
    if made.is_empty() {
        return Err(ApiError::LimitReached {
            message: "You have 10 active API keys, which is the most: revoke one first.",
        });
    }
    let created_at = iso(who.now());
    Ok(Json(ApiKeyMade {
        api_key: MadeApiKey { id, name: name.to_owned(), key, key_prefix, created_at },
        message: "API key created. Copy it now: it is not shown again.",
    }))
}

/// One key of a person is made at a time, so that those that work are counted right.
const LOCK: &str = "
select u.id
  from caller($1, $2, $3) c
  join users u on u.id = c.user_id
   for no key update of u";

const CREATE: &str = "
insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
select $4, c.user_id, $5, $6, $7, $3
  from caller($1, $2, $3) c
 where (select count(*) from api_keys k where k.user_id = c.user_id and k.is_active) < $8
returning id";

/// One of the caller's keys.
#[utoipa::path(
    get, path = "/api/settings/api-keys/{id}", tag = "settings", security(("session" = [])),
    params(("id" = String, Path, description = "`key_…`")),
    responses((status = 200, body = OneApiKey), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
pub async fn show(who: SignedIn, PathId(id): PathId) -> Result<Json<OneApiKey>, ApiError> {
    let (_, [rows]) = who.read([who.statement(SHOW).bind(id)]).await?;
    let row = rows.first().ok_or(ApiError::NotFound { what: "API key" })?;
    Ok(Json(OneApiKey { api_key: api_key(row)? }))
}

const SHOW: &str = "
select k.id, k.name, k.key_prefix, k.last_used_at, k.is_active, k.created_at
  from caller($1, $2, $3) c
  join api_keys k on k.user_id = c.user_id
 where k.id = $4";

/// Revokes a key, for good and at once. It stays in the list.
#[utoipa::path(
    delete, path = "/api/settings/api-keys/{id}", tag = "settings", security(("session" = [])),
    params(("id" = String, Path, description = "`key_…`")),
    responses((status = 200, body = SettingsChanged), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
pub async fn revoke(who: SignedIn, PathId(id): PathId) -> Result<Json<SettingsChanged>, ApiError> {
    let (_, [rows]) = who.write([who.statement(REVOKE).bind(id)]).await?;
    let row = rows.first().ok_or(ApiError::NotFound { what: "API key" })?;
    match row.try_get("revoked_now")? {
        true => Ok(Json(SettingsChanged::new("API key revoked successfully"))),
        false => Err(ApiError::AlreadyRevoked),
    }
}

const REVOKE: &str = "
with found as (
    select k.id
      from caller($1, $2, $3) c
      join api_keys k on k.user_id = c.user_id
     where k.id = $4
),
revoked as (
    update api_keys k
       set is_active = false
      from found f
     where k.id = f.id
       and k.is_active
    returning k.id
)
select exists (select from revoked) as revoked_now
  from found";

/// Its length is counted before it is trimmed.
fn name(text: Option<&str>) -> Result<&str, ApiError> {
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| invalid("name", "API key name is required"))?;
    match text.chars().count() > limits::API_KEY_NAME_CHARACTERS {
        true => Err(invalid("name", "API key name must be 50 characters or less")),
        false => Ok(text.trim()),
    }
}

fn new_key(environment: Environment) -> String {
    let mut bytes = [0; 32];
    ids::fill_random(&mut bytes);
    let kind = if environment == Environment::Production { "live" } else { "test" };
    format!("sk_{kind}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn api_key(row: &Row) -> Result<ApiKey, ApiError> {
    Ok(ApiKey {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        key_prefix: row.try_get("key_prefix")?,
        last_used_at: row.try_get::<_, Option<Timestamp>>("last_used_at")?.map(iso),
        is_active: row.try_get("is_active")?,
        created_at: iso(row.try_get("created_at")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_where_they_work() {
        for (environment, start) in [
            (Environment::Production, "sk_live_"),
            (Environment::Staging, "sk_test_"),
            (Environment::Development, "sk_test_"),
        ] {
            let key = new_key(environment);
            assert!(key.starts_with(start) && key.len() == start.len() + 43, "{key}");
            assert_ne!(key, new_key(environment));
        }
    }

    #[test]
    fn a_name_is_counted_before_it_is_trimmed() {
        assert_eq!(name(Some("  robot ")).unwrap(), "robot");
        assert_eq!(name(Some(&"é".repeat(50))).unwrap().chars().count(), 50);
        for bad in [None, Some(""), Some(" \t"), Some(&*format!("{} ", "n".repeat(50)))] {
            assert_eq!(name(bad).unwrap_err().code(), "invalid_field", "{bad:?}");
        }
    }
}
