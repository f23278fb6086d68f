//! `POST /api/admin/users/password`: a new password for somebody, or an account for them.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::audit::Entry;
use shared::error::ErrorBody;
use shared::ids::Email;
use shared::limits::ADMIN_PASSWORDS;
use shared::new_user::{Attempt, NewUser};
use shared::request::JsonBody;
use shared::{Admin, ApiError, App, Statement, fields, limits, password};
use tokio_postgres::Row;
use utoipa::ToSchema;

use crate::Settings;
use crate::role::Role;

/// Whose password is to be what.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordForPerson {
    /// Any case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
    /// 8 to 1024 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    password: Option<String>,
    /// What to call a person who is made; up to 100 characters.
    #[serde(default, deserialize_with = "fields::text")]
    name: Option<String>,
    /// Whether to make an account when there is none.
    #[serde(default)]
    #[schema(value_type = bool)]
    create_if_not_exists: Value,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct PersonHasPassword {
    success: bool,
    message: &'static str,
    user: PersonWithPassword,
}

#[derive(Serialize, ToSchema)]
struct PersonWithPassword {
    id: String,
    email: String,
    name: Option<String>,
}

/// Sets a person's password and ends all their sessions; makes the person if that is asked for.
#[utoipa::path(
    post, path = "/api/admin/users/password", tag = "admin", security(("session" = [])),
    request_body = PasswordForPerson,
    responses(
        (status = 200, body = PersonHasPassword), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn set(
    who: Admin,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<PasswordForPerson, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<PersonHasPassword>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let password = fields::new_password(body.password.as_deref())?;
    let name = fields::name(body.name.as_deref())?;
    let may_create = match body.create_if_not_exists {
        Value::Null => false,
        Value::Bool(flag) => flag,
        _ => return Err(fields::invalid("createIfNotExists", "createIfNotExists is true or false")),
    };
    let actor = who.identify().await?;
    let [hits] = app.database.read([ADMIN_PASSWORDS.hit(&actor.user_id, who.now())]).await?;
    ADMIN_PASSWORDS.check(&hits, who.now())?;

    let hash = password::hash(password).map_err(ApiError::internal)?;
    if let Some(user) = replace(&who, &email, &hash).await? {
        return Ok(Json(PersonHasPassword { success: true, message: "Password updated successfully", user }));
    }
    if !may_create {
        return Err(ApiError::NotFound { what: "User" });
    }
    let user = create(&who, &app, &settings, &email, name, &hash).await?;
    Ok(Json(PersonHasPassword { success: true, message: "User created successfully", user }))
}

/// Gives the person of this address the password; `None` when there is none.
async fn replace(who: &Admin, email: &Email, hash: &str) -> Result<Option<PersonWithPassword>, ApiError> {
    let (transaction, actor, [found]) = who.begin([Statement::new(FIND).bind(email.as_str())]).await?;
    let Some(row) = found.first() else {
        transaction.rollback().await;
        return Ok(None);
    };
    let id: String = row.try_get("id")?;
    if let Err(refusal) = allowed(&actor.role, &actor.user_id, row, &id) {
        transaction.rollback().await;
        return Err(refusal);
    }
    let set = Statement::new(SET).bind(id.as_str()).bind(hash).bind(who.now());
    let end = Statement::new(END_SESSIONS).bind(id.as_str()).bind(who.now());
    // Written down before the sessions end: one of them may be the one that writes.
    transaction.commit([who.audit(entry("PASSWORD_SET", &id)), set, end]).await?;
    Ok(Some(PersonWithPassword { id, email: email.as_str().to_owned(), name: row.try_get("name")? }))
}

/// Administrators set their own password, not those of their peers.
fn allowed(actor_role: &str, actor_id: &str, row: &Row, id: &str) -> Result<(), ApiError> {
    let actor = Role::parse(actor_role).unwrap_or(Role::User);
    match (actor_id == id, Role::parse(row.try_get("role")?)) {
        (true, _) => Ok(()),
        (false, target) => actor.require_above(target.unwrap_or(Role::SuperAdmin)),
    }
}

const FIND: &str = "
select id, name, role::text as role
  from users
 where email = $1
   and deleted_at is null
   for no key update";

const SET: &str = "update users set password_hash = $2, signed_out_at = $3 where id = $1";

const END_SESSIONS: &str = "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null";

/// Makes the person; who asks for it was checked by [`replace`].
async fn create(
    who: &Admin,
    app: &App,
    settings: &Settings,
    email: &Email,
    name: Option<&str>,
    hash: &str,
) -> Result<PersonWithPassword, ApiError> {
    let user = NewUser {
        email: Some(email),
        provider_account: None,
        name,
        image: None,
        password_hash: Some(hash),
        email_verified: false,
    };
    let salt = &settings.user_id_salt;
    let mut attempt = Attempt::first(&user, salt)?;
    loop {
        let mut statements = attempt.statements(&user, salt, who.now());
        statements.push(who.audit(entry("USER_CREATE", &attempt.id)));
        match app.database.write_all(statements).await {
            Ok(_) => break,
            Err(error) => attempt = attempt.after(error.into(), &user, salt, &app.database).await?,
        }
    }
    Ok(PersonWithPassword { id: attempt.id, email: email.as_str().to_owned(), name: name.map(str::to_owned) })
}

fn entry(action: &'static str, user_id: &str) -> Entry {
    Entry { action, target_type: "user", target_id: user_id.to_owned(), metadata: json!({}) }
}
