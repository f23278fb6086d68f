//! Links sent by mail: one proves that an address is somebody's, the other lets them choose a new password.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::ids::{Email, new_id};
use shared::mail::{self, Letter, TemplateName};
use shared::secret::sha256;
use shared::{ApiError, Secret, Statement, limits};
use tokio_postgres::Row;

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Prove the address.
    VerifyEmail,
    /// Choose a new password.
    ResetPassword,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::VerifyEmail => "VERIFY_EMAIL",
            Purpose::ResetPassword => "RESET_PASSWORD",
        }
    }

    fn lifetime(self) -> std::time::Duration {
        match self {
            Purpose::VerifyEmail => limits::VERIFY_LINK_LIFETIME,
            Purpose::ResetPassword => limits::RESET_LINK_LIFETIME,
        }
    }

    fn template(self) -> TemplateName {
        match self {
            Purpose::VerifyEmail => TemplateName::VerifyEmail,
            Purpose::ResetPassword => TemplateName::ResetPassword,
        }
    }
}

/// The statements that write down a link and the mail that carries it, for the transaction that causes them; and the
/// mail's id, to be delivered after the commit.
pub fn link(
    secret: &Secret,
    user_id: &str,
    email: &Email,
    purpose: Purpose,
    now: Timestamp,
) -> ([Statement; 2], String) {
    let id = new_id("ver", now);
    let lifetime = SignedDuration::try_from(purpose.lifetime()).unwrap_or_default();
    let token = Statement::new(WRITE)
        .bind(id.as_str())
        .bind(user_id)
        .bind(purpose.as_str())
        .bind(email.as_str())
        .bind(sha256(mail::link_token(secret, &id)))
        .bind(now)
        .bind(now + lifetime);
    let letter = Letter {
        user_id: Some(user_id),
        recipient: email,
        template: purpose.template(),
        verification_id: Some(&id),
        metadata: None,
    };
    let (letter, mail_id) = mail::written(&letter, now);
    ([token, letter], mail_id)
}

const WRITE: &str = "
insert into verification_tokens (id, user_id, purpose, email, token_hash, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)";

/// The statement that tells somebody that their password was changed; and the mail's id.
pub fn password_changed(user_id: &str, email: &Email, now: Timestamp) -> (Statement, String) {
    let letter = Letter {
        user_id: Some(user_id),
        recipient: email,
        template: TemplateName::PasswordChanged,
        verification_id: None,
        metadata: Some(json!({ "when": shared::clock::iso(now) })),
    };
    mail::written(&letter, now)
}

/// The statement that uses a link up, with every other one of its purpose. Answers whose it was, or nothing.
pub fn used(token: &str, purpose: Purpose, now: Timestamp) -> Statement {
    Statement::new(USE).bind(sha256(token)).bind(purpose.as_str()).bind(now)
}

/// The same condition in the update's own `where`: of two uses at once the second waits and finds it used.
const USE: &str = "
with used as (
    update verification_tokens t
       set used_at = $3
     where t.token_hash = $1
       and t.purpose = $2
       and t.used_at is null
       and t.expires_at > $3
    returning t.id, t.user_id, t.email
),
others as (
    update verification_tokens t
       set used_at = $3
      from used
     where t.user_id = used.user_id
       and t.purpose = $2
       and t.id <> used.id
       and t.used_at is null
)
select u.user_id, u.email
  from used u
  join users p on p.id = u.user_id and p.email = u.email and p.deleted_at is null";

/// Whose link it was.
pub struct Used {
    /// `user_…`
    pub user_id: String,
    /// The address that it was sent to.
    pub email: Email,
}

/// Reads the answer to [`used`]; `None` when the link is unknown, used or too old.
pub fn used_by(rows: &[Row]) -> Result<Option<Used>, ApiError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let email: String = row.try_get("email")?;
    let email = Email::parse(&email).ok_or(ApiError::LinkExpired)?;
    Ok(Some(Used { user_id: row.try_get("user_id")?, email }))
}
