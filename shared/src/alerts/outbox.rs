//! The outbox: claimed by one sender at a time, sent, settled. A sender that dies leaves its letters to the next.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;

use crate::database::Statement;

/// Attempts before a letter is given up. Between them are half a minute, one, two, … at the most an hour: about a day.
const ATTEMPTS: i32 = 30;
/// What is kept of a receiver's refusal.
const ERROR_CHARACTERS: usize = 300;

/// A letter that is this sender's until its next attempt is due.
#[derive(Debug)]
pub struct Claimed {
    /// `alo_…`
    pub id: String,
    /// What the receiver gets.
    pub payload: Value,
    /// Attempts with this one.
    pub attempts: i32,
}

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Sent,
    /// Not now; why. After many of them never.
    Refused(String),
}

/// Claims at most `most` letters that are due, in their order. One waits for those before it about the same rule:
/// RESOLVED never comes before FIRING.
pub fn claim_due(now: Timestamp, most: i64) -> Statement {
    Statement::new(CLAIM).bind(now).bind(most)
}

const CLAIM: &str = "
with due as materialized (
    select o.id
      from alert_outbox o
     where o.next_attempt_at <= $1
       and o.channel = 'WEBHOOK'
       and not exists (
           select from alert_outbox e
            where e.rule = o.rule
              and e.channel = o.channel
              and e.next_attempt_at is not null
              and (e.created_at, e.id) < (o.created_at, o.id)
       )
     order by o.next_attempt_at, o.id
     limit $2
       for update skip locked
),
claimed as (
    update alert_outbox o
       set attempts = o.attempts + 1,
           next_attempt_at = $1 + least(interval '30 seconds' * 2 ^ least(o.attempts, 10), interval '1 hour')
      from due
     where o.id = due.id
    returning o.id, o.payload, o.attempts
)
select id, payload, attempts from claimed order by id";

/// Gives up all letters, as there is nobody to send them to: somebody who is named later wants no old news.
pub fn give_up() -> Statement {
    Statement::new(GIVE_UP)
}

const GIVE_UP: &str = "
update alert_outbox
   set status = 'FAILED', next_attempt_at = null, last_error = 'ALERT_WEBHOOK_URL is not set'
 where next_attempt_at is not null
   and channel = 'WEBHOOK'";

/// Reads a row of [`claim_due`].
///
/// # Errors
/// A column is missing.
pub fn claimed(row: &Row) -> Result<Claimed, tokio_postgres::Error> {
    Ok(Claimed { id: row.try_get("id")?, payload: row.try_get("payload")?, attempts: row.try_get("attempts")? })
}

/// Writes down how an attempt ended. One that another sender has claimed since is left to that one, unless it was sent.
pub fn settle(letter: &Claimed, outcome: &Outcome, now: Timestamp) -> Statement {
    let (outcome, error) = match outcome {
        Outcome::Sent => ("sent", None),
        Outcome::Refused(error) => {
            let outcome = if letter.attempts >= ATTEMPTS { "never" } else { "later" };
            (outcome, Some(error.chars().take(ERROR_CHARACTERS).collect::<String>()))
        }
    };
    let settled = json!({ "id": letter.id, "attempts": letter.attempts, "outcome": outcome, "error": error });
    Statement::new(SETTLE).bind(settled).bind(now)
}

const SETTLE: &str = "
with settled as (
    update alert_outbox o
       set status = case s.outcome when 'sent' then 'SENT' when 'never' then 'FAILED' else 'PENDING' end,
           next_attempt_at = case when s.outcome = 'later' then o.next_attempt_at end,
           last_error = s.error,
           sent_at = case when s.outcome = 'sent' then $2 end
      from jsonb_to_record($1) as s (id text, attempts int, outcome text, error text)
     where o.id = s.id
       and o.status = 'PENDING'
       and (o.attempts = s.attempts or s.outcome = 'sent')
    returning o.rule, o.sent_at
)
update alert_states a
   set last_notified_at = t.sent_at
  from settled t
 where a.rule = t.rule
   and t.sent_at is not null";
