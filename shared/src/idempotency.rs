//! `Idempotency-Key`: a client that lost an answer asks again under the same key, gets the same answer, and nothing
//! happens twice. An answer is kept in the transaction of its effect, 30 days.
//!
//! Within one transaction: [`Idempotency::claim`] first, then the effect and [`Idempotency::answer`] in the same commit.
//! Around a call to somebody else: commit the claim, call, then commit the answer with what is settled, or
//! [`Idempotency::release`] when it is known that nothing happened. A claim whose request died is taken over by a
//! repetition after a while, and [`Idempotency::derived`] gives that one the same id to ask the other side with.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;
use tokio_postgres::Row;

use crate::caller::{Accepts, Caller};
use crate::database::{DatabaseError, Statement};
use crate::error::ApiError;
use crate::fields::invalid;
use crate::ids::new_id;
use crate::limits;
use crate::secret::{hex, sha256};

/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request and the key that its client gave it, if any. Without a key every statement here changes nothing and every
/// request is new.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The digest: what clients choose as a key is not kept.
    key: Option<String>,
    request: [u8; 32],
}

impl Idempotency {
    /// Reads the key of a request to `endpoint`, such as `POST /api/stripe/checkout`, with this body. The same key with
    /// another body, or for another endpoint, is another request.
    ///
    /// # Errors
    /// [`ApiError::InvalidField`] when the key is not 1 to 200 ASCII characters.
    pub fn from(endpoint: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, ApiError> {
        let request = sha256([endpoint.as_bytes(), b"\n", body].concat());
        let Some(value) = headers.get("idempotency-key") else { return Ok(Idempotency { key: None, request }) };
        let refusal = || invalid("Idempotency-Key", "Idempotency-Key is 1 to 200 ASCII characters");
        let text = value.to_str().map(str::trim).map_err(|_| refusal())?;
        match (1..=limits::IDEMPOTENCY_KEY_CHARACTERS).contains(&text.len()) {
            true => Ok(Idempotency { key: Some(hex(&sha256(text))), request }),
            false => Err(refusal()),
        }
    }

    /// Takes the key for this request, or finds what came of it before; [`Idempotency::replayed`] reads the answer. The
    /// first statement of a transaction, so that a request that is not to be done does nothing. It does not wait for a
    /// request with the same key that is under way.
    pub fn claim<By: Accepts>(&self, who: &Caller<By>) -> Statement {
        let dead = who.now() - SignedDuration::try_from(limits::IDEMPOTENCY_UNDER_WAY).unwrap_or_default();
        who.statement(CLAIM).bind(self.key.as_deref()).bind(self.request).bind(dead)
    }

    /// Reads the answer to [`Idempotency::claim`]: `None` when the request is to be done, else the answer it got before.
    ///
    /// # Errors
    /// [`ApiError::IdempotencyKeyReused`] for another request under the key, [`ApiError::RequestUnderWay`] when the
    /// first one has no answer yet.
    pub fn replayed(rows: &[Row]) -> Result<Option<Response>, ApiError> {
        let row = rows.first().ok_or(DatabaseError::Protocol("a claim was not answered"))?;
        if row.try_get("fresh")? {
            return Ok(None);
        }
        if row.try_get::<_, Option<bool>>("same")? == Some(false) {
            return Err(ApiError::IdempotencyKeyReused);
        }
        let (Some(status), Some(answer)) =
            (row.try_get::<_, Option<i32>>("status")?, row.try_get::<_, Option<Value>>("answer")?)
        else {
            return Err(ApiError::RequestUnderWay);
        };
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.ok_or(DatabaseError::Protocol("a kept answer has no status"))?;
        Ok(Some((status, [(REPLAYED, HeaderValue::from_static("true"))], Json(answer)).into_response()))
    }

    /// Keeps the answer, for the transaction of its effect. A refusal that changed nothing need not be kept: a
    /// repetition then tries again.
    pub fn answer(&self, user_id: &str, status: StatusCode, body: Value) -> Statement {
        Statement::new("update idempotency_keys set status = $3, answer = $4 where user_id = $1 and key = $2")
            .bind(user_id)
            .bind(self.key.as_deref())
            .bind(i32::from(status.as_u16()))
            .bind(body)
    }

    /// As [`Idempotency::answer`], in the same exchange as a movement of the ledger of which it is not known yet whether
    /// the balance covers it: kept only if the entry `event_key` is there, with its balance added to `body` as `balance`.
    /// [`Idempotency::release`] after it gives the key back otherwise.
    pub fn answer_if_posted(&self, user_id: &str, event_key: &str, status: StatusCode, body: Value) -> Statement {
        Statement::new(ANSWER_IF_POSTED)
            .bind(user_id)
            .bind(self.key.as_deref())
            .bind(i32::from(status.as_u16()))
            .bind(body)
            .bind(event_key)
    }

    /// Gives a committed claim back: nothing happened, and the same request may be tried again.
    pub fn release(&self, user_id: &str) -> Statement {
        Statement::new("delete from idempotency_keys where user_id = $1 and key = $2 and answer is null")
            .bind(user_id)
            .bind(self.key.as_deref())
    }

    /// An id that a repetition under the same key gets again; a new one without a key.
    pub fn derived<By: Accepts>(&self, prefix: &str, user_id: &str, who: &Caller<By>) -> String {
        match &self.key {
            Some(key) => {
                let digest = sha256([user_id.as_bytes(), b"\n", key.as_bytes(), b"\n", &self.request].concat());
                format!("{prefix}_{}", hex(digest.get(..16).unwrap_or_default()))
            }
            None => new_id(prefix, who.now()),
        }
    }

    /// Whether the client gave a key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

const ANSWER_IF_POSTED: &str = "
update idempotency_keys k
   set status = $3, answer = $4::jsonb || jsonb_build_object('balance', t.balance_after)
  from token_transactions t
 where k.user_id = $1
   and k.key = $2
   and t.user_id = $1
   and t.event_key = $5";

/// $4 key, $5 digest of the request, $6 from before when a claim without an answer is a dead request's.
///
/// Of two at once one gets the lock. The other inserts nothing and finds no row yet, which reads as under way.
const CLAIM: &str = "
with claimed as (
    insert into idempotency_keys as k (user_id, key, request_hash, created_at)
    select c.user_id, $4, $5, $3
      from caller($1, $2, $3) c
     where $4::text is not null
       and pg_try_advisory_xact_lock(hashtextextended('idempotency:' || c.user_id || ':' || $4, 0))
    on conflict (user_id, key) do update
       set created_at = excluded.created_at
     where k.answer is null and k.request_hash = excluded.request_hash and k.created_at <= $6
    returning k.user_id
)
select $4::text is null or exists (select from claimed) as fresh,
       k.request_hash = $5 as same,
       k.status,
       k.answer
  from caller($1, $2, $3) c
  left join idempotency_keys k on k.user_id = c.user_id and k.key = $4";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: &str, key: Option<&str>, body: &str) -> Result<Idempotency, &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert("idempotency-key", HeaderValue::from_bytes(key.as_bytes()).unwrap());
        }
        Idempotency::from(endpoint, &headers, body.as_bytes()).map_err(|error| error.code())
    }

    #[test]
    fn a_key_is_bounded_and_kept_as_its_digest() {
        assert!(!read("POST /a", None, "").unwrap().has_key());
        let key = read("POST /a", Some(" gift "), "").unwrap().key.unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(key, read("POST /a", Some("gift"), "").unwrap().key.unwrap());
        assert!(read("POST /a", Some(&"x".repeat(200)), "").is_ok());
        for bad in ["", " ", &"x".repeat(201), "é"] {
            assert_eq!(read("POST /a", Some(bad), "").err(), Some("invalid_field"), "{bad:?}");
        }
    }

    #[test]
    fn a_request_is_its_endpoint_and_its_body() {
        let request = |endpoint, body| read(endpoint, Some("k"), body).unwrap().request;
        assert_eq!(request("POST /a", "{}"), request("POST /a", "{}"));
        assert_ne!(request("POST /a", "{}"), request("POST /b", "{}"));
        assert_ne!(request("POST /a", "{}"), request("POST /a", "{ }"));
    }
}
