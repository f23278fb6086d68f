//! `/api/settings/preferences`: what a person has chosen. The front ends name the keys; here they are only kept small.

use axum::Json;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::error::ErrorBody;
use shared::fields::invalid;
use shared::request::JsonBody;
use shared::{ApiError, SignedIn, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// What a person has chosen.
#[derive(Serialize, ToSchema)]
pub struct Preferences {
    #[schema(value_type = Object)]
    preferences: Value,
}

/// The caller's preferences.
#[utoipa::path(
    get, path = "/api/settings/preferences", tag = "settings", security(("session" = [])),
    responses((status = 200, body = Preferences), (status = 401, body = ErrorBody)),
)]
pub async fn show(who: SignedIn) -> Result<Json<Preferences>, ApiError> {
    let rows = who.rows(who.statement(SHOW)).await?;
    Ok(Json(Preferences { preferences: preferences(&rows)? }))
}

const SHOW: &str = "select u.preferences from caller($1, $2, $3) c join users u on u.id = c.user_id";

/// Merges the body into the preferences (RFC 7396): null takes a key away, an object changes some of its keys, anything else
/// replaces. A preference is a text, a number, true or false, a list of such, or an object of all these, one level deep;
/// all together are at most 4 KiB of JSON.
#[utoipa::path(
    patch, path = "/api/settings/preferences", tag = "settings", security(("session" = [])),
    request_body(content = Object, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, body = Preferences), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 413, body = ErrorBody),
    ),
)]
pub async fn change(
    who: SignedIn,
    JsonBody(patch): JsonBody<Map<String, Value>, { limits::SETTINGS_BODY }>,
) -> Result<Json<Preferences>, ApiError> {
    if !object_fits(&patch, false) {
        return Err(invalid(
            "preferences",
            "A preference is a text, a number, true or false, a list of such, or an object of these",
        ));
    }
    let (transaction, identity, [rows]) = who.begin([who.statement(LOCK)]).await?;
    let mut preferences = preferences(&rows)?;
    json_patch::merge(&mut preferences, &Value::Object(patch));
    if preferences.to_string().len() > limits::PREFERENCES_BYTES {
        transaction.rollback().await;
        return Err(invalid("preferences", "All preferences together are at most 4096 bytes of JSON"));
    }
    let store = shared::Statement::new(STORE).bind(identity.user_id).bind(preferences.clone());
    transaction.commit([store]).await?;
    Ok(Json(Preferences { preferences }))
}

/// Two changes at once go one after the other, so that neither is lost.
const LOCK: &str = "
select u.preferences
  from caller($1, $2, $3) c
  join users u on u.id = c.user_id
   for no key update of u";

const STORE: &str = "update users set preferences = $2 where id = $1";

fn preferences(rows: &[Row]) -> Result<Value, ApiError> {
    Ok(rows.first().ok_or(ApiError::Unauthorized)?.try_get("preferences")?)
}

fn object_fits(object: &Map<String, Value>, is_inner: bool) -> bool {
    object.iter().all(|(name, value)| {
        let name_fits = (1..=limits::PREFERENCE_NAME_CHARACTERS).contains(&name.chars().count());
        name_fits
            && match value {
                Value::Object(inner) => !is_inner && object_fits(inner, true),
                Value::Array(items) => !items.iter().any(|item| item.is_object() || item.is_array()),
                _ => true,
            }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn preferences_are_flat_but_for_one_level() {
        let fits = |value: Value| object_fits(value.as_object().unwrap(), false);
        assert!(fits(
            json!({ "theme": "dark", "size": 2.5, "beta": null, "mail": { "news": false, "days": [1, "x"] } })
        ));
        assert!(fits(json!({})));
        for bad in [
            json!({ "a": { "b": { "c": 1 } } }),
            json!({ "a": [[1]] }),
            json!({ "a": { "b": [{}] } }),
            json!({ "": 1 }),
            json!({ "n".repeat(65): 1 }),
        ] {
            assert!(!fits(bad.clone()), "{bad}");
        }
    }
}
