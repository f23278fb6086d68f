//! The outbox: mails are rows of `email_logs`, written with what causes them, claimed by one sender at a time, and settled.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;

use super::template::TemplateName;
use crate::database::Statement;
use crate::ids::{Email, new_id};
use crate::limits;

/// A mail to write down.
pub struct Letter<'a> {
    /// Whose account it is about.
    pub user_id: Option<&'a str>,
    /// Where it goes.
    pub recipient: &'a Email,
    /// What it says.
    pub template: TemplateName,
    /// The token in its link: a `verification_tokens` row whose hash is that of [`super::link_token`].
    pub verification_id: Option<&'a str>,
    /// What else is worth keeping; no secret.
    pub metadata: Option<Value>,
}

/// The statement that writes the mail down, to stand in the transaction of what causes it; and its id (`eml_…`), for
/// [`super::Mailer::deliver`] after the commit.
pub fn written(letter: &Letter<'_>, now: Timestamp) -> (Statement, String) {
    let id = new_id("eml", now);
    let statement = Statement::new(WRITE)
        .bind(id.as_str())
        .bind(letter.user_id)
        .bind(letter.recipient.as_str())
        .bind(letter.template.as_str())
        .bind(letter.template.subject())
        .bind(letter.verification_id)
        .bind(letter.metadata.clone())
        .bind(now);
    (statement, id)
}

const WRITE: &str = "
insert into email_logs
    (id, user_id, recipient, template, subject, verification_id, metadata, next_attempt_at, created_at)
values ($1, $2, $3, $4, $5, $6, coalesce($7, '{}'), $8, $8)";

/// A mail that is this sender's until its next attempt is due.
pub(super) struct Claimed {
    /// `eml_…`
    pub id: String,
    /// The word in the table; a newer build may know more of them.
    pub template: String,
    /// As it was written down.
    pub recipient: String,
    /// The token in its link, while there is one.
    pub verification: Option<Verification>,
    /// Attempts with this one.
    pub attempts: i32,
    /// When it was written down.
    pub created_at: Timestamp,
}

/// The token in a mail's link.
pub(super) struct Verification {
    pub id: String,
    pub token_hash: Vec<u8>,
    pub expires_at: Timestamp,
    pub is_used: bool,
}

/// Claims the mails of `ids` that are due and that nobody else has.
pub(super) fn claim(ids: &[String], now: Timestamp) -> Statement {
    let most = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    claim_of(Some(json!(ids)), now, most)
}

/// Claims at most `most` mails that are due, the longest first. One that was just written down is left to its request.
pub(super) fn claim_due(now: Timestamp, most: i64) -> Statement {
    claim_of(None, now, most)
}

fn claim_of(ids: Option<Value>, now: Timestamp, most: i64) -> Statement {
    Statement::new(CLAIM).bind(ids).bind(now).bind(most).bind(now - limits::MAIL_HEAD_START)
}

/// The next attempt is set before this one is made: a sender that dies leaves the mail to the next.
/// The ids are an array, so that the primary key finds them however many mails wait.
const CLAIM: &str = "
with due as materialized (
    select id
      from email_logs
     where status = 'PENDING'
       and next_attempt_at <= $2
       and case when $1 is null then attempts > 0 or created_at <= $4
                else id = any (array(select jsonb_array_elements_text($1))) end
     order by next_attempt_at
     limit $3
       for update skip locked
),
claimed as (
    update email_logs e
       set attempts = e.attempts + 1,
           next_attempt_at = $2 + interval '1 minute' * 2 ^ least(e.attempts, 20)
      from due
     where e.id = due.id
    returning e.id, e.template, e.recipient, e.verification_id, e.attempts, e.created_at
)
select c.id, c.template, c.recipient, c.attempts, c.created_at,
       v.id as verification_id, v.token_hash, v.expires_at, v.used_at is not null as is_used
  from claimed c
  left join verification_tokens v on v.id = c.verification_id
 order by c.created_at";

/// Reads a row of [`claim`] or [`claim_due`].
pub(super) fn claimed(row: &Row) -> Result<Claimed, tokio_postgres::Error> {
    let verification = match row.try_get::<_, Option<String>>("verification_id")? {
        None => None,
        Some(id) => Some(Verification {
            id,
            token_hash: row.try_get("token_hash")?,
            expires_at: row.try_get("expires_at")?,
            is_used: row.try_get("is_used")?,
        }),
    };
    Ok(Claimed {
        id: row.try_get("id")?,
        template: row.try_get("template")?,
        recipient: row.try_get("recipient")?,
        verification,
        attempts: row.try_get("attempts")?,
        created_at: row.try_get("created_at")?,
    })
}

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server has taken it. The Message-ID.
    Sent(String),
    /// Not now: again after a while. What was wrong.
    Later(String),
    /// Never. What was wrong.
    Never(String),
    /// It was not come to: this was no attempt.
    Untried,
}

/// Writes down how the attempts ended. One that others have claimed since is left to them, unless it was sent.
pub(super) fn settle(attempts: &[(&Claimed, Outcome)], now: Timestamp) -> Statement {
    let rows: Vec<Value> = attempts.iter().map(|(letter, outcome)| settled(letter, outcome)).collect();
    Statement::new(SETTLE).bind(Value::Array(rows)).bind(now)
}

fn settled(letter: &Claimed, outcome: &Outcome) -> Value {
    let (outcome, message_id, error) = match outcome {
        Outcome::Sent(message_id) => ("sent", Some(message_id), None),
        Outcome::Later(error) => ("later", None, Some(error)),
        Outcome::Never(error) => ("never", None, Some(error)),
        Outcome::Untried => ("untried", None, None),
    };
    json!({ "id": letter.id, "attempts": letter.attempts, "outcome": outcome, "message_id": message_id, "error": error })
}

const SETTLE: &str = "
update email_logs e
   set status = case o.outcome when 'sent' then 'SENT' when 'never' then 'FAILED' else 'PENDING' end,
       attempts = e.attempts - case when o.outcome = 'untried' then 1 else 0 end,
       next_attempt_at = case o.outcome when 'later' then e.next_attempt_at when 'untried' then $2 end,
       last_error = case when o.outcome = 'untried' then e.last_error else o.error end,
       provider_message_id = o.message_id,
       sent_at = case when o.outcome = 'sent' then $2 end
  from jsonb_to_recordset($1) as o (id text, attempts int, outcome text, message_id text, error text)
 where e.id = o.id
   and e.status = 'PENDING'
   and (e.attempts = o.attempts or o.outcome = 'sent')";
