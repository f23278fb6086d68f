//! Checking e-mail and password, and opening a session; the same for browsers and phones.

use jiff::{SignedDuration, Timestamp};
use shared::caller::{Anyone, SessionToken};
use shared::ids::{Email, new_id};
use shared::limits::{GUESS_DELAY, GUESSES, QUICK_GUESSES, SIGN_INS, SIGN_INS_TO_ACCOUNT};
use shared::password::{self, Verdict};
use shared::{ApiError, Database, Identity, Secret, Statement, audit, limits, new_user, rate_limit};
use tokio_postgres::Row;

/// Somebody who has just signed in.
pub struct Signed {
    /// The person and when the session ends.
    pub person: Identity,
    /// What the client keeps.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Signs in, or says no in the same words and the same time whatever the reason.
///
/// # Errors
/// [`ApiError::InvalidCredentials`], [`ApiError::TooManyRequests`], or the database's.
pub async fn sign_in(
    database: &Database,
    salt: &Secret,
    stranger: &Anyone,
    email: &Email,
    password: &str,
) -> Result<Signed, ApiError> {
    let (network, email) = (stranger.network(), email.as_str());
    let [here, account, guesses, found, _] = database
        .read([
            SIGN_INS.hit(&network, stranger.now),
            SIGN_INS_TO_ACCOUNT.hit(&format!("{email} {network}"), stranger.now),
            GUESSES.hit(email, stranger.now),
            Statement::new(FIND).bind(email).bind(network.as_str()),
            new_user::require_salt(salt),
        ])
        .await?;
    SIGN_INS.check(&here, stranger.now)?;
    SIGN_INS_TO_ACCOUNT.check(&account, stranger.now)?;
    let found = Found::of(&found)?;
    if !found.is_known_here {
        slow_down(&guesses, stranger.now).await?;
    }
    let verdict = password::verify(password, found.password_hash.as_deref(), found.bcrypt_in_use);
    if !verdict.is_right() {
        // As many exchanges as a sign-in that succeeds. A guess without an entry gets no answer.
        database.write([audit::failed_sign_in(stranger, found.user_id.as_deref())]).await?;
        return Err(ApiError::InvalidCredentials);
    }
    let user_id = found.user_id.ok_or(ApiError::InvalidCredentials)?;

    let token = SessionToken::generate();
    let (opening, expires_at) = session(&user_id, &token, stranger, found.password_hash.as_deref());
    let mut statements = vec![opening, GUESSES.give_back(email)];
    if verdict == Verdict::RightButOld {
        let hash = password::hash(password).map_err(ApiError::internal)?;
        statements.push(Statement::new(UPGRADE).bind(user_id).bind(found.password_hash).bind(hash));
    }
    let opened = database.write_all(statements).await?;
    // No row: the account went away since it was looked up.
    let person = opened.first().and_then(|rows| rows.first()).ok_or(ApiError::InvalidCredentials)?;
    Ok(Signed { person: Identity::of(person)?, token: token.text, expires_at })
}

/// Many failed sign-ins to one account, from wherever: the next waits, and beyond a bound only the person's own places
/// get an answer.
async fn slow_down(guesses: &[Row], now: Timestamp) -> Result<(), ApiError> {
    GUESSES.check(guesses, now)?;
    if rate_limit::count(guesses)?.hits > QUICK_GUESSES {
        tokio::time::sleep(GUESS_DELAY).await;
    }
    Ok(())
}

/// What is known of an e-mail, whether or not anybody has it.
struct Found {
    user_id: Option<String>,
    password_hash: Option<String>,
    is_known_here: bool,
    bcrypt_in_use: bool,
}

impl Found {
    fn of(rows: &[Row]) -> Result<Self, ApiError> {
        let row = rows.first().ok_or(ApiError::InvalidCredentials)?;
        Ok(Found {
            user_id: row.try_get("id")?,
            password_hash: row.try_get("password_hash")?,
            is_known_here: row.try_get("is_known_here")?,
            bcrypt_in_use: row.try_get("bcrypt_in_use")?,
        })
    }
}

const FIND: &str = "
select u.id, u.password_hash,
       exists (select from sessions s where s.user_id = u.id and s.network = $2) as is_known_here,
       exists (select from users where password_hash like '$2%') as bcrypt_in_use
  from (values (1)) as always (one)
  left join users u on u.email = $1";

const UPGRADE: &str = "update users set password_hash = $3 where id = $1 and password_hash = $2";

/// The statement that opens a session for `user_id` and answers the person, and when the session ends. With the hash of the
/// password that was checked it opens none if the password has been changed since.
pub fn session(
    user_id: &str,
    token: &SessionToken,
    stranger: &Anyone,
    password_hash: Option<&str>,
) -> (Statement, Timestamp) {
    let lifetime = SignedDuration::try_from(limits::SESSION_LIFETIME).unwrap_or_default();
    let expires_at = stranger.now + lifetime;
    let statement = Statement::new(OPEN)
        .bind(new_id("ses", stranger.now))
        .bind(user_id)
        .bind(token.hash)
        .bind(stranger.user_agent.as_deref())
        .bind(stranger.source_ip.as_deref())
        .bind(stranger.network())
        .bind(stranger.now)
        .bind(expires_at)
        .bind(password_hash);
    (statement, expires_at)
}

const OPEN: &str = "
with person as (
    select id, role::text as role, email, name, image
      from users
     where id = $2
       and deleted_at is null
       and ($9::text is null or password_hash = $9)
       for no key update
),
opened as (
    insert into sessions
        (id, user_id, token_hash, user_agent, ip_address, network, created_at, last_seen_at, expires_at)
    select $1, id, $3, $4, $5, $6, $7, $7, $8
      from person
)
select id as user_id, role, email, name, image, $1 as session_id, $8 as expires_at
  from person";
