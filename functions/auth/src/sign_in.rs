//! Checking e-mail and password, and opening a session; the same for browsers and phones.

use jiff::{SignedDuration, Timestamp};
use shared::caller::{Anyone, SessionToken};
use shared::ids::{Email, new_id};
use shared::{ApiError, Database, Statement, limits, password};

/// Somebody who has just signed in.
pub struct Signed {
    /// `user_…`
    pub user_id: String,
    /// Lower case.
    pub email: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// Address of a portrait.
    pub image: Option<String>,
    /// What the client keeps.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Signs in, or says no in the same words and the same time whatever the reason.
///
/// # Errors
/// [`ApiError::InvalidCredentials`], or the database's.
pub async fn sign_in(
    database: &Database,
    stranger: &Anyone,
    email: &Email,
    password: &str,
) -> Result<Signed, ApiError> {
    let [rows] = database.read([Statement::new(FIND).bind(email.as_str())]).await?;
    let row = rows.first();
    let stored: Option<String> = row.map(|row| row.try_get("password_hash")).transpose()?.flatten();
    if !password::verify(password, stored.as_deref(), false).is_right() {
        return Err(ApiError::InvalidCredentials);
    }
    let row = row.ok_or(ApiError::InvalidCredentials)?;
    let user_id: String = row.try_get("id")?;
    let token = SessionToken::generate();
    let (opening, expires_at) = session(&user_id, &token, stranger);
    let [opened] = database.write([opening]).await?;
    if opened.is_empty() {
        // The account went away since it was looked up.
        return Err(ApiError::InvalidCredentials);
    }
    Ok(Signed {
        user_id,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        image: row.try_get("image")?,
        token: token.text,
        expires_at,
    })
}

const FIND: &str = "select id, email, name, image, password_hash from users where email = $1";

/// The statement that opens a session for `user_id`, and when the session ends.
pub fn session(user_id: &str, token: &SessionToken, stranger: &Anyone) -> (Statement, Timestamp) {
    let lifetime = SignedDuration::try_from(limits::SESSION_LIFETIME).unwrap_or_default();
    let expires_at = stranger.now + lifetime;
    let statement = Statement::new(OPEN)
        .bind(new_id("ses", stranger.now))
        .bind(user_id)
        .bind(token.hash)
        .bind(stranger.user_agent.as_deref())
        .bind(stranger.source_ip.as_deref())
        .bind(stranger.now)
        .bind(expires_at);
    (statement, expires_at)
}

const OPEN: &str = "
insert into sessions (id, user_id, token_hash, user_agent, ip_address, created_at, expires_at)
select $1, id, $3, $4, $5, $6, $7
  from users
 where id = $2
returning id";
