//! `/api/admin/users`: people, one or many; their roles and tokens; their end.

mod delete;
mod detail;
pub mod list;
mod role;
mod target;
mod tokens;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::idempotency::Idempotency;
use shared::request::{QueryString, RawBody, parse_json};
use shared::{Admin, ApiError, limits};
use utoipa::{IntoParams, ToSchema};

/// Whom to show.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// One person, in detail; the others are for lists.
    user_id: Option<String>,
    /// Part of an e-mail address or a name, in any case; up to 100 characters.
    search: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// People of a page, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// One person, or a page of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Found {
    /// With `userId`.
    One(Box<detail::OnePerson>),
    /// Without.
    Many(list::People),
}

/// People, newest first; or one of them in detail.
#[utoipa::path(
    get, path = "/api/admin/users", tag = "admin", params(Wanted), security(("session" = [])),
    responses(
        (status = 200, body = Found), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
pub async fn find(who: Admin, QueryString(wanted): QueryString<Wanted>) -> Result<Json<Found>, ApiError> {
    let found = match wanted.user_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => Found::One(Box::new(detail::show(&who, user_id(Some(id))?).await?)),
        None => Found::Many(list::list(&who, &wanted).await?),
    };
    Ok(Json(found))
}

/// What to do to whom.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonChange {
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    user_id: Option<String>,
    /// `setRole` or `adjustTokens`.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    action: Option<String>,
    /// For `setRole` USER, ADMIN or SUPER_ADMIN; for `adjustTokens` a whole number, -1000 to 10000 and not 0.
    #[serde(default)]
    value: Value,
}

/// What was done.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum PersonChanged {
    /// After `setRole`.
    Role(role::RoleSet),
    /// After `adjustTokens`.
    Tokens(tokens::TokensAdjusted),
}

/// Sets a role, or gives and takes tokens. A repetition of `adjustTokens` with the same `Idempotency-Key` is done once.
#[utoipa::path(
    patch, path = "/api/admin/users", tag = "admin", security(("session" = [])), request_body = PersonChange,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters; for adjustTokens")),
    responses(
        (status = 200, body = PersonChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 402, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn change(
    who: Admin,
    headers: HeaderMap,
    RawBody(body): RawBody<{ limits::ADMIN_BODY }>,
) -> Result<Response, ApiError> {
    let idempotency = Idempotency::from("PATCH /api/admin/users", &headers, &body)?;
    let change: PersonChange = parse_json(&body)?;
    let user_id = user_id(change.user_id.as_deref())?;
    match change.action.as_deref() {
        Some("setRole") => {
            let set = role::set(&who, user_id, &change.value).await?;
            Ok(Json(PersonChanged::Role(set)).into_response())
        }
        Some("adjustTokens") => tokens::adjust(&who, user_id, &change.value, &idempotency).await,
        Some(_) => Err(invalid("action", "Invalid action: it is setRole or adjustTokens")),
        None => Err(invalid("action", "Action is required: setRole or adjustTokens")),
    }
}

/// Whom to delete.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Doomed {
    #[param(required = true)]
    user_id: Option<String>,
}

/// Deletes a person: nothing that says who they were stays, the ledger and the payments do.
#[utoipa::path(
    delete, path = "/api/admin/users", tag = "admin", params(Doomed), security(("session" = [])),
    responses(
        (status = 200, body = delete::PersonDeleted), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn remove(
    who: Admin,
    QueryString(doomed): QueryString<Doomed>,
) -> Result<Json<delete::PersonDeleted>, ApiError> {
    Ok(Json(delete::delete(&who, user_id(doomed.user_id.as_deref())?).await?))
}

/// The id of a person: any that we have, imported ones included.
fn user_id(text: Option<&str>) -> Result<&str, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("userId", "User ID is required"))?;
    match text.chars().count() > limits::USER_ID_CHARACTERS || text.chars().any(char::is_control) {
        true => Err(invalid("userId", "Invalid user ID format: at most 64 characters, without control characters")),
        false => Ok(text),
    }
}
