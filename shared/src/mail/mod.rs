//! Mail: written down in the transaction that causes it, sent after the commit, tried again until it is delivered.
//!
//! A process that ends between sending a mail and marking it leaves it to be sent once more: a mail can go out twice, never
//! not at all. Both bear the same Message-ID, so a mail client shows one.

mod message;
mod outbox;
mod settings;
mod template;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use lettre::message::Mailbox;

pub use self::outbox::{Letter, written};
pub(crate) use self::settings::parse_sender;
pub use self::settings::{Encryption, MailSettings, Route, Server};
pub use self::template::TemplateName;

use self::message::{Unmade, message, message_id};
use self::outbox::{Claimed, Outcome, Verification, claim, claim_due, claimed, settle};
use self::template::{Link, Template, moment};
use self::transport::{Refused, Session, Transport};
use crate::config::{Config, ConfigError};
use crate::database::{Database, DatabaseError, Statement};
use crate::error::ApiError;
use crate::limits;
use crate::secret::{Secret, constant_time_eq, hmac_sha256, sha256};

/// The token in the link of a mail: 43 characters, base64url. It is made anew from `AUTH_SECRET` when the mail is sent, so it is
/// stored nowhere; `verification_tokens.token_hash` is its SHA-256.
pub fn link_token(auth_secret: &Secret, verification_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(auth_secret, &[b"mail-link:", verification_id.as_bytes()]))
}

/// Sends what was written down.
#[derive(Clone)]
pub struct Mailer {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    from: Mailbox,
    auth_secret: Secret,
    /// Where the front end lives, without a slash at the end.
    home: String,
}

/// What a scheduled run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Taken by the mail server.
    pub sent: u32,
    /// To be tried again.
    pub postponed: u32,
    /// Given up.
    pub failed: u32,
}

impl Mailer {
    /// From the configuration; connects when there is a mail.
    ///
    /// # Errors
    /// `MAIL_URL`, `MAIL_FROM`, `AUTH_SECRET` or `APP_URL` is missing or malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let MailSettings { route, from } = config.mail()?;
        let home = config.app_url()?.as_str().trim_end_matches('/').to_owned();
        let transport = Transport::new(route, &from);
        Ok(Mailer { inner: Arc::new(Inner { transport, from, auth_secret: config.auth_secret()?, home }) })
    }

    /// After the commit: sends the mails of `ids` that are due, and a few overdue ones besides. Waits for the mail server for
    /// at most [`limits::MAIL_WAIT`] in all. What goes wrong is logged: the request that caused the mail has succeeded, and
    /// the mail is tried again.
    pub async fn deliver(&self, database: &Database, ids: &[String], now: Timestamp) {
        let claims = [claim(ids, now), claim_due(now, limits::MAIL_TAKEN_ALONG)];
        if let Err(error) = self.deliver_claimed(database, claims, limits::MAIL_WAIT, now).await {
            tracing::warn!(%error, "mails stay in the outbox for now");
        }
    }

    /// Sends at most `batch` of the mails that are due, for the schedule. Takes at most [`limits::MAIL_BATCH_WAIT`].
    ///
    /// # Errors
    /// The database's. Mails that were sent by then and could not be marked are sent once more.
    pub async fn deliver_due(&self, database: &Database, batch: i64, now: Timestamp) -> Result<Delivered, ApiError> {
        Ok(self.deliver_claimed(database, [claim_due(now, batch)], limits::MAIL_BATCH_WAIT, now).await?)
    }

    async fn deliver_claimed<const N: usize>(
        &self,
        database: &Database,
        claims: [Statement; N],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Delivered, DatabaseError> {
        let rows = database.write(claims).await?;
        let letters = rows.iter().flatten().map(claimed).collect::<Result<Vec<_>, _>>()?;
        if letters.is_empty() {
            return Ok(Delivered::default());
        }
        let attempts: Vec<_> = letters.iter().zip(self.outcomes(&letters, wait, now).await).collect();
        let delivered = counted(&attempts);
        database.write([settle(&attempts, now)]).await?;
        Ok(delivered)
    }

    /// How the attempt at each mail ended, in their order.
    async fn outcomes(&self, letters: &[Claimed], wait: Duration, now: Timestamp) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(letters.len());
        let all = self.send_all(letters, &mut outcomes, now);
        if tokio::time::timeout(wait, all).await.is_err() && outcomes.len() < letters.len() {
            outcomes.push(Outcome::Later(format!("no answer within {wait:?}")));
        }
        outcomes.resize_with(letters.len(), || Outcome::Untried);
        for (letter, outcome) in letters.iter().zip(&mut outcomes) {
            if let Outcome::Later(error) = outcome
                && letter.attempts >= limits::MAIL_ATTEMPTS
            {
                *outcome = Outcome::Never(std::mem::take(error));
            }
        }
        outcomes
    }

    /// One after the other over one connection, which is opened for the first that is still needed.
    async fn send_all(&self, letters: &[Claimed], outcomes: &mut Vec<Outcome>, now: Timestamp) {
        let mut session = None;
        for letter in letters {
            outcomes.push(match self.mail(letter, now) {
                Ok(mail) => self.send(&mut session, letter, &mail).await,
                Err(outcome) => outcome,
            });
        }
        if let Some(Ok(session)) = session {
            session.close().await;
        }
    }

    /// Sends a mail. When the server was not reached, it is not tried again for the others.
    async fn send<'a>(
        &'a self,
        session: &mut Option<Result<Session<'a>, String>>,
        letter: &Claimed,
        mail: &lettre::Message,
    ) -> Outcome {
        let opened = match session.take().filter(|opened| !opened.as_ref().is_ok_and(Session::is_broken)) {
            Some(opened) => opened,
            None => self.inner.transport.open().await,
        };
        match session.insert(opened) {
            Ok(open) => match open.send(&letter.id, mail).await {
                Ok(()) => Outcome::Sent(message_id(&letter.id, &self.inner.from)),
                Err(Refused::Recipient(error)) => Outcome::Never(error),
                Err(Refused::ForNow(error)) => Outcome::Later(error),
            },
            Err(error) => Outcome::Later(error.clone()),
        }
    }

    /// The mail of a row, or how the attempt has ended without one.
    fn mail(&self, letter: &Claimed, now: Timestamp) -> Result<lettre::Message, Outcome> {
        let said = self.said(letter, now)?;
        message(letter, &said, &self.inner.from, &self.inner.home).map_err(|unmade| match unmade {
            Unmade::NoAddress => Outcome::Never("the recipient is no address that mail can reach".to_owned()),
            Unmade::Defect(error) => Outcome::Later(error),
        })
    }

    /// What the mail says; the link in it is made anew.
    fn said(&self, letter: &Claimed, now: Timestamp) -> Result<Template, Outcome> {
        // A newer build has written it, and will send it.
        let Some(name) = TemplateName::parse(&letter.template) else {
            return Err(Outcome::Later("this build does not know the template".to_owned()));
        };
        let home = &self.inner.home;
        Ok(match name {
            TemplateName::VerifyEmail => Template::VerifyEmail(self.link("verify-email", letter, now)?),
            TemplateName::ResetPassword => Template::ResetPassword(self.link("reset-password", letter, now)?),
            TemplateName::PasswordChanged => {
                Template::PasswordChanged { when: moment(letter.created_at), sign_in: format!("{home}/auth/signin") }
            }
            TemplateName::AccountDeleted => Template::AccountDeleted,
            TemplateName::Test => Template::Test,
        })
    }

    fn link(&self, page: &str, letter: &Claimed, now: Timestamp) -> Result<Link, Outcome> {
        let still_good = |token: &&Verification| !token.is_used && token.expires_at > now;
        let Some(verification) = letter.verification.as_ref().filter(still_good) else {
            return Err(Outcome::Never("no longer needed".to_owned()));
        };
        let token = link_token(&self.inner.auth_secret, &verification.id);
        // Another secret since then, or a token that is not ours: the link would lead nowhere.
        if !constant_time_eq(sha256(&token), &verification.token_hash) {
            return Err(Outcome::Never("the link can no longer be made".to_owned()));
        }
        let address = format!("{}/auth/{page}?token={token}", self.inner.home);
        Ok(Link::new(address, now, verification.expires_at))
    }
}

/// Counts the outcomes and logs each, by the mail's id alone.
fn counted(attempts: &[(&Claimed, Outcome)]) -> Delivered {
    let mut counts = Delivered::default();
    for (letter, outcome) in attempts {
        let (id, attempt) = (letter.id.as_str(), letter.attempts);
        match outcome {
            Outcome::Sent(_) => {
                counts.sent += 1;
                tracing::debug!(mail = id, attempt, "a mail was sent");
            }
            Outcome::Later(error) => {
                counts.postponed += 1;
                tracing::warn!(mail = id, attempt, error, "a mail was not sent and stays in the outbox");
            }
            Outcome::Never(error) => {
                counts.failed += 1;
                tracing::warn!(mail = id, attempt, error, "a mail was given up");
            }
            Outcome::Untried => counts.postponed += 1,
        }
    }
    counts
}

#[cfg(test)]
mod tests;
