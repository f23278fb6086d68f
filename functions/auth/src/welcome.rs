//! What happens for everybody who is new, however they come: the account, who brought them, the first session and, when the
//! address is not proved yet, the mail that proves it.

use jiff::Timestamp;
use shared::caller::{Anyone, SessionToken};
use shared::new_user::{Attempt, NewUser};
use shared::{ApiError, App, Identity, Statement, referrals};

use crate::Settings;
use crate::sign_in::{self, Signed};
use crate::verification::{self, Purpose};

/// Makes the person and signs them in, in one transaction; `also` adds statements for the new id.
///
/// # Errors
/// As [`Attempt::after`].
pub async fn make(
    app: &App,
    settings: &Settings,
    stranger: &Anyone,
    user: &NewUser<'_>,
    referral_code: Option<&str>,
    also: impl Fn(&str) -> Vec<Statement>,
) -> Result<Signed, ApiError> {
    let salt = &settings.user_id_salt;
    let mut attempt = Attempt::first(user, salt)?;
    loop {
        let mut statements = attempt.statements(user, salt, stranger.now);
        statements.extend(also(&attempt.id));
        if let Some(code) = referral_code {
            statements.push(referrals::link(code, &attempt.id, attempt.came_back(), stranger));
        }
        match signed_in(app, settings, stranger, user, &attempt.id, statements).await {
            Ok(signed) => return Ok(signed),
            Err(error) => attempt = attempt.after(error, user, salt, &app.database).await?,
        }
    }
}

/// Runs `statements`, which make the person, and opens their first session, in one transaction.
async fn signed_in(
    app: &App,
    settings: &Settings,
    stranger: &Anyone,
    user: &NewUser<'_>,
    id: &str,
    mut statements: Vec<Statement>,
) -> Result<Signed, ApiError> {
    let unproved = user.email.filter(|_| !user.email_verified);
    let mail = unproved.map(|email| {
        let (link, mail) = verification::link(&settings.auth_secret, id, email, Purpose::VerifyEmail, stranger.now);
        statements.extend(link);
        mail
    });
    let token = SessionToken::generate();
    let (opening, expires_at) = sign_in::session(id, &token, stranger, None);
    statements.push(opening);
    let rows = app.database.write_all(statements).await?;
    let person = rows.last().and_then(|rows| rows.first()).ok_or(ApiError::EmailTaken)?;
    let signed = Signed { person: Identity::of(person)?, token: token.text, expires_at };
    match mail {
        Some(mail) => settings.mailer.deliver(&app.database, &[mail], stranger.now).await,
        // The address is proved already.
        None => settle_referral(app, settings, id, stranger.now).await,
    }
    Ok(signed)
}

/// Rewards who brought somebody whose address is proved now. That is done already and stands, so what goes wrong here is
/// logged: the referral stays pending until it is settled.
pub async fn settle_referral(app: &App, settings: &Settings, user_id: &str, now: Timestamp) {
    if let Err(error) = settings.referrals.complete(&app.database, user_id, now).await {
        tracing::warn!(%error, user_id, "a referral stays pending");
    }
}
