//! `DELETE /api/settings/account`: a person leaves.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use shared::audit::Entry;
use shared::error::ErrorBody;
use shared::fields::{self, invalid};
use shared::request::JsonBody;
use shared::{ApiError, App, SignedIn, deletion, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{SettingsChanged, own_password};

/// That it is meant.
#[derive(Deserialize, ToSchema)]
pub struct Leaving {
    /// Of a person who has one.
    #[serde(default, deserialize_with = "fields::text")]
    password: Option<String>,
    /// `DELETE`, of a person who has no password.
    #[serde(default, deserialize_with = "fields::text")]
    confirm: Option<String>,
}

/// Deletes the caller's account, at once and for good: everything that says who they were goes, and all that lets them in. The
/// wallet and what was paid stay in the books, without a name. A subscription ends at once.
#[utoipa::path(
    delete, path = "/api/settings/account", tag = "settings", security(("session" = [])), request_body = Leaving,
    responses(
        (status = 200, body = SettingsChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
)]
pub async fn delete(
    who: SignedIn,
    State(app): State<App>,
    JsonBody(body): JsonBody<Leaving, { limits::SETTINGS_BODY }>,
) -> Result<Json<SettingsChanged>, ApiError> {
    let (identity, stored) = own_password::stored(&who).await?;
    let user_id = identity.user_id;
    match &stored {
        Some(stored) => {
            let password = fields::given_password(body.password.as_deref())?;
            own_password::check(&app, &who, &user_id, password, stored).await?;
        }
        None if body.confirm.as_deref() == Some("DELETE") => {}
        None => return Err(invalid("confirm", "Send \"confirm\": \"DELETE\" to delete the account")),
    }

    let locks = [deletion::administrators(), who.statement(LOCK).bind(stored)];
    let (transaction, _, [administrators, person]) = who.begin(locks).await?;
    if let Err(refusal) = may_leave(&administrators, &person, &user_id) {
        transaction.rollback().await;
        return Err(refusal);
    }
    // First, while there is still a session to say who it was.
    let mut statements = vec![who.audit(deleted(&user_id))];
    statements.extend(deletion::statements(&user_id, who.now()));
    transaction.commit_all(statements).await?;
    Ok(Json(SettingsChanged::new("Your account is deleted.")))
}

/// The person, if the password that was asked for is still theirs.
const LOCK: &str = "
select u.id
  from caller($1, $2, $3) c
  join users u on u.id = c.user_id
 where u.password_hash is not distinct from $4
   and u.deleted_at is null
   for no key update of u";

fn may_leave(administrators: &[Row], person: &[Row], user_id: &str) -> Result<(), ApiError> {
    if person.is_empty() {
        return Err(ApiError::InvalidCredentials);
    }
    match deletion::is_last_administrator(administrators, user_id)? {
        true => Err(ApiError::NotAllowed {
            message: "You are the last administrator: make somebody else one before you leave.",
        }),
        false => Ok(()),
    }
}

fn deleted(user_id: &str) -> Entry {
    Entry {
        action: "USER_DELETE",
        target_type: "user",
        target_id: user_id.to_owned(),
        metadata: json!({ "self": true }),
    }
}
