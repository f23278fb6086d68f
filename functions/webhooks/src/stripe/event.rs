//! An event of Stripe and its place in the inbox.

use jiff::Timestamp;
use serde::Deserialize;
use shared::{ApiError, Database, Statement};

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
    object: serde_json::Map<String, serde_json::Value>,
}

/// A verified event.
pub struct Event {
    /// `evt_…`, unique per event.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// What happened to.
    pub object: serde_json::Value,
    created: Timestamp,
    payload: String,
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
        let object = serde_json::Value::Object(envelope.data.object);
        Ok(Event { id: envelope.id, kind: envelope.r#type, object, created, payload })
    }

    /// Puts the event into the inbox as applied; returns a row only the first time. A second one at the same moment
    /// waits here until the first has ended.
    pub fn insert(&self, now: Timestamp) -> Statement {
        self.insert_as("APPLIED", None, now)
    }

    /// Keeps an event that changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn ignore(&self, database: &Database, reason: &'static str, now: Timestamp) -> Result<(), ApiError> {
        database.write([self.insert_as("IGNORED", Some(reason), now)]).await?;
        Ok(())
    }

    /// Corrects the inbox within the transaction that inserted the event: `outcome` is IGNORED or REJECTED.
    pub fn set_outcome(&self, outcome: &'static str, reason: String) -> Statement {
        Statement::new("update stripe_events set outcome = $2, reason = $3 where event_id = $1")
            .bind(self.id.as_str())
            .bind(outcome)
            .bind(reason)
    }

    fn insert_as(&self, outcome: &'static str, reason: Option<&'static str>, now: Timestamp) -> Statement {
        Statement::new(INSERT)
            .bind(self.id.as_str())
            .bind(self.kind.as_str())
            .bind(self.object.get("id").and_then(|id| id.as_str()))
            .bind(self.created)
            .bind(now)
            .bind(outcome)
            .bind(reason)
            .bind(self.payload.as_str())
    }
}

const INSERT: &str = "
insert into stripe_events (event_id, type, object_id, stripe_created, received_at, outcome, reason, payload)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::json)
on conflict (event_id) do nothing
returning event_id";
