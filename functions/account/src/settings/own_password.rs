//! Asking a person who is signed in for their password again, before what somebody at their desk must not do.

use shared::caller::Identity;
use shared::limits::PASSWORD_CHECKS;
use shared::{ApiError, App, SignedIn, password};

/// Who it is, and the hash of their password if they have one.
///
/// # Errors
/// As [`SignedIn::read`].
pub async fn stored(who: &SignedIn) -> Result<(Identity, Option<String>), ApiError> {
    let (identity, [rows]) = who.read([who.statement(STORED)]).await?;
    let row = rows.first().ok_or(ApiError::Unauthorized)?;
    Ok((identity, row.try_get("password_hash")?))
}

const STORED: &str = "select u.password_hash from caller($1, $2, $3) c join users u on u.id = c.user_id";

/// Makes sure that `given` is the password that `stored` was made of. Every
/// attempt counts, also one that is right.
///
/// # Errors
/// [`ApiError::InvalidCredentials`], [`ApiError::TooManyRequests`], or the database's.
pub async fn check(app: &App, who: &SignedIn, user_id: &str, given: &str, stored: &str) -> Result<(), ApiError> {
    let [hits] = app.database.read([PASSWORD_CHECKS.hit(user_id, who.now())]).await?;
    PASSWORD_CHECKS.check(&hits, who.now())?;
    match password::verify(given, Some(stored), false).is_right() {
        true => Ok(()),
        false => Err(ApiError::InvalidCredentials),
    }
}
