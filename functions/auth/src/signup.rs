//! `POST /api/auth/signup`: a new account with its wallet, and a session for the app that made it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::caller::{Anyone, SessionToken};
use shared::clock::iso;
use shared::error::ErrorBody;
use shared::request::JsonBody;
use shared::{ApiError, App, Statement, ids, ledger, limits, password};
use utoipa::ToSchema;

use crate::{Settings, fields, sign_in};

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
pub struct SignUp {
    /// Any case; stored in lower case.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    email: Option<String>,
    /// 8 to 1024 characters.
    #[serde(default, deserialize_with = "fields::text")]
    #[schema(value_type = String)]
    password: Option<String>,
    /// What to call the person; up to 100 characters.
    #[serde(default, deserialize_with = "fields::text")]
    name: Option<String>,
}

/// The new account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedUp {
    success: bool,
    message: &'static str,
    user: NewUser,
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// When the token ends, ISO 8601.
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
struct NewUser {
    id: String,
    email: String,
}

/// Makes an account with ten tokens. The first account of all becomes ADMIN.
#[utoipa::path(
    post, path = "/api/auth/signup", tag = "auth", security(), request_body = SignUp,
    responses(
        (status = 200, body = SignedUp), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
)]
pub async fn create(
    stranger: Anyone,
    State(app): State<App>,
    State(settings): State<Settings>,
    JsonBody(body): JsonBody<SignUp, { limits::CREDENTIALS_BODY }>,
) -> Result<Json<SignedUp>, ApiError> {
    let email = fields::email(body.email.as_deref())?;
    let password = fields::new_password(body.password.as_deref())?;
    let name = fields::name(body.name.as_deref())?;

    let id = ids::user_id(&email, &settings.user_id_salt);
    let user = Statement::new(CREATE)
        .bind(id.as_str())
        .bind(email.as_str())
        .bind(name)
        .bind(password::hash(password).map_err(ApiError::internal)?)
        .bind(stranger.now);
    let token = SessionToken::generate();
    let (session, expires_at) = sign_in::session(&id, &token, &stranger);
    app.database.write([user, ledger::open(&id, stranger.now), session]).await?;

    Ok(Json(SignedUp {
        success: true,
        message: "Account created successfully",
        user: NewUser { id, email: email.as_str().to_owned() },
        token: token.text,
        expires_at: iso(expires_at),
    }))
}

/// Of several first sign-ups at once one takes the claim; the others wait for its row and find it taken.
const CREATE: &str = "
with claim as (
    update deployment
       set first_admin_at = $5
     where first_admin_at is null
    returning one_row
)
insert into users (id, email, name, password_hash, role, created_at)
values ($1, $2, $3, $4, case when exists (select from claim) then 'ADMIN' else 'USER' end, $5)";
