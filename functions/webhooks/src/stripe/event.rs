//! An event of Stripe and its place in the inbox.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::{ApiError, Statement};

/// What we read of every event.
#[derive(Deserialize)]
pub struct Envelope {
    id: String,
    r#type: String,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: serde_json::Map<String, Value>,
}

/// A verified event.
pub struct Event {
    /// `evt_…`, unique per event.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// What happened to.
    pub object: Value,
    created: Timestamp,
    payload: String,
    /// Taken from the inbox by an administrator: it may have been worked on before.
    again: bool,
}

impl Event {
    /// The event in `payload`, parsed as `envelope`.
    ///
    /// # Errors
    /// A date that is none.
    pub fn new(envelope: Envelope, payload: &[u8]) -> Result<Self, ApiError> {
        let malformed = |details: &str| ApiError::MalformedBody { details: details.to_owned() };
        let created = Timestamp::from_second(envelope.created).map_err(|_| malformed("created is no time"))?;
        let payload = str::from_utf8(payload).map_err(|_| malformed("the body is not UTF-8"))?.to_owned();
        let object = Value::Object(envelope.data.object);
        Ok(Event { id: envelope.id, kind: envelope.r#type, object, created, payload, again: false })
    }

    /// The same event, to be worked on although it was before.
    pub fn again(self) -> Self {
        Event { again: true, ..self }
    }

    /// Puts the event into the inbox as applied; returns a row only if it is to be worked on: the first time, after it has
    /// failed, or again. A second one at the same moment waits here until the first has ended.
    pub fn take(&self, about: &str, now: Timestamp) -> Statement {
        self.insert(TAKE, "APPLIED", None, Some(about), now).bind(self.again)
    }

    /// Keeps an event that changes nothing.
    pub fn ignore(&self, about: Option<&str>, reason: &'static str, now: Timestamp) -> Statement {
        self.insert(TAKE, "IGNORED", Some(reason), about, now).bind(self.again)
    }

    /// Keeps an event that could not be applied and will come again, with the reason.
    pub fn fail(&self, about: Option<&str>, reason: &str, now: Timestamp) -> Statement {
        self.insert(FAIL, "FAILED", Some(reason), about, now)
    }

    /// Corrects the inbox within the transaction that took the event.
    pub fn set_outcome(&self, outcome: &'static str, reason: String) -> Statement {
        Statement::new("update stripe_events set outcome = $2, reason = $3 where event_id = $1")
            .bind(self.id.as_str())
            .bind(outcome)
            .bind(reason)
    }

    fn insert(
        &self,
        sql: &'static str,
        outcome: &'static str,
        reason: Option<&str>,
        about: Option<&str>,
        now: Timestamp,
    ) -> Statement {
        Statement::new(sql)
            .bind(self.id.as_str())
            .bind(self.kind.as_str())
            .bind(about.or_else(|| self.object.get("id").and_then(Value::as_str)))
            .bind(self.created)
            .bind(now)
            .bind(outcome)
            .bind(reason)
            .bind(self.payload.as_str())
    }
}

const TAKE: &str = "
insert into stripe_events as e
    (event_id, type, object_id, stripe_created, received_at, outcome, reason, payload, settled_at)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::json, $5)
on conflict (event_id) do update
   set outcome = excluded.outcome, reason = excluded.reason, object_id = excluded.object_id,
       attempts = e.attempts + 1, settled_at = excluded.settled_at
 where e.outcome = 'FAILED' or ($9 and e.outcome <> 'APPLIED')
returning event_id";

/// What was settled meanwhile stays.
const FAIL: &str = "
insert into stripe_events as e
    (event_id, type, object_id, stripe_created, received_at, outcome, reason, payload)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::json)
on conflict (event_id) do update
   set outcome = excluded.outcome, reason = excluded.reason, attempts = e.attempts + 1, settled_at = null
 where e.outcome <> 'APPLIED'
returning event_id";
