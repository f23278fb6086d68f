//! `adjustTokens`: gives and takes tokens, once per idempotency key.

use http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use shared::audit::Entry;
use shared::database::DatabaseError;
use shared::fields::invalid;
use shared::ids::new_id;
use shared::ledger::{self, Movement, Outcome};
use shared::secret::{hex, sha256};
use shared::{Admin, ApiError, Statement, Tokens, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

/// What a person has now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokensAdjusted {
    success: bool,
    new_balance: Tokens,
}

/// The digest of the request's `Idempotency-Key`: what clients choose as a key is not kept.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let refusal = || invalid("Idempotency-Key", "Idempotency-Key is 1 to 200 ASCII characters");
    let text = value.to_str().map(str::trim).map_err(|_| refusal())?;
    match (1..=limits::IDEMPOTENCY_KEY_CHARACTERS).contains(&text.len()) {
        true => Ok(Some(hex(&sha256(text)))),
        false => Err(refusal()),
    }
}

/// Adds `value` to the wallet, or takes it out.
pub(super) async fn adjust(
    who: &Admin,
    user_id: &str,
    value: &Value,
    key: Option<String>,
) -> Result<TokensAdjusted, ApiError> {
    let amount = amount(value).ok_or_else(|| invalid("value", "Invalid amount"))?;
    let (transaction, actor, [_, person, _, wallet, earlier, elsewhere]) = who
        .begin([
            who.statement(SERIALISE).bind(key.as_deref()),
            Statement::new(PERSON).bind(user_id),
            ledger::open(user_id, who.now()),
            ledger::lock(user_id),
            who.statement(EARLIER).bind(user_id).bind(key.as_deref()),
            who.statement(ELSEWHERE).bind(user_id).bind(key.as_deref()),
        ])
        .await?;
    let plan = Rows { person, wallet, earlier, elsewhere }.plan(amount);
    let new_balance = match plan {
        Ok(Plan::Move { new_balance }) => new_balance,
        Ok(Plan::Repeat { new_balance }) => {
            transaction.rollback().await;
            return Ok(TokensAdjusted { success: true, new_balance });
        }
        Err(refusal) => {
            transaction.rollback().await;
            return Err(refusal);
        }
    };
    let movement = Movement {
        user_id,
        amount,
        kind: "EARN_ADMIN_ADJUSTMENT",
        source: "admin_adjustment",
        source_id: Some(&actor.user_id),
        event_key: match &key {
            Some(key) => format!("admin:{}:{key}", actor.user_id),
            None => format!("admin:{}", new_id("adj", who.now())),
        },
        metadata: None,
    };
    let mut metadata = json!({ "amount": amount, "newBalance": new_balance });
    if let Some(key) = key {
        metadata["idempotencyKey"] = key.into();
    }
    let entry = Entry { action: "TOKEN_ADJUSTMENT", target_type: "user", target_id: user_id.to_owned(), metadata };
    let [posted, _] = transaction.commit([ledger::post(movement, who.now()), who.audit(entry)]).await?;
    match ledger::outcome(&posted)? {
        Outcome::Posted(new_balance) => Ok(TokensAdjusted { success: true, new_balance }),
        _ => Err(DatabaseError::Protocol("a movement under the wallet's lock was not made").into()),
    }
}

/// A whole number that may be given or taken, as a number or as its digits.
fn amount(value: &Value) -> Option<Tokens> {
    let amount = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_i64()?,
    };
    (amount != 0 && limits::TOKEN_ADJUSTMENT.contains(&amount)).then_some(Tokens(amount))
}

/// What is known when the wallet is locked.
struct Rows {
    person: Vec<Row>,
    wallet: Vec<Row>,
    earlier: Vec<Row>,
    elsewhere: Vec<Row>,
}

/// What is to be done.
enum Plan {
    Move {
        new_balance: Tokens,
    },
    /// It was done before: the same answer again.
    Repeat {
        new_balance: Tokens,
    },
}

impl Rows {
    fn plan(&self, amount: Tokens) -> Result<Plan, ApiError> {
        if let Some(entry) = self.earlier.first() {
            return match Tokens(entry.try_get("amount")?) == amount {
                true => Ok(Plan::Repeat { new_balance: Tokens(entry.try_get("balance_after")?) }),
                false => Err(ApiError::IdempotencyKeyReused),
            };
        }
        if !self.elsewhere.is_empty() {
            return Err(ApiError::IdempotencyKeyReused);
        }
        let (Some(_), Some(wallet)) = (self.person.first(), self.wallet.first()) else {
            return Err(ApiError::NotFound { what: "User" });
        };
        let balance: i64 = wallet.try_get("balance")?;
        match balance.saturating_add(amount.0) {
            new @ 0.. => Ok(Plan::Move { new_balance: Tokens(new) }),
            _ => Err(ApiError::InsufficientTokens { required: Tokens(-amount.0), balance: Tokens(balance) }),
        }
    }
}

/// One request at a time per administrator and key, whomever it is about.
const SERIALISE: &str = "
select pg_advisory_xact_lock(hashtextextended('token adjustment:' || c.user_id || ':' || $4, 0))
  from caller($1, $2, $3) c
 where $4::text is not null";

/// Shared: a deletion at the same time waits, another movement does not.
const PERSON: &str = "select id from users where id = $1 and deleted_at is null for share";

/// What this administrator has done to this wallet under the key.
const EARLIER: &str = "
select t.amount, t.balance_after
  from caller($1, $2, $3) c
  join token_transactions t on t.user_id = $4 and t.event_key = 'admin:' || c.user_id || ':' || $5";

/// What they have done to somebody else under it within a day. The ledger keeps a key with its wallet for ever; across
/// wallets the record of what was done is asked.
const ELSEWHERE: &str = "
select a.id
  from caller($1, $2, $3) c
  join audit_logs a on a.actor_id = c.user_id
 where a.action = 'TOKEN_ADJUSTMENT'
   and a.created_at > $3 - interval '24 hours'
   and a.metadata ->> 'idempotencyKey' = $5
   and a.target_id <> $4
 limit 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_whole_and_within_bounds() {
        for (value, expected) in [
            (json!(50), Some(50)),
            (json!("50"), Some(50)),
            (json!(" -1000 "), Some(-1_000)),
            (json!(10_000), Some(10_000)),
            (json!(10_001), None),
            (json!(-1_001), None),
            (json!(0), None),
            (json!("0"), None),
            (json!("-0"), None),
            (json!(1.5), None),
            (json!("1.5"), None),
            (json!("1e3"), None),
            (json!(""), None),
            (json!(null), None),
            (json!(true), None),
            (json!([50]), None),
            (json!(u64::MAX), None),
            (json!("99999999999999999999"), None),
        ] {
            assert_eq!(amount(&value), expected.map(Tokens), "{value}");
        }
    }

    #[test]
    fn a_key_is_bounded_and_kept_as_its_digest() {
        let key = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", http::HeaderValue::from_bytes(text.as_bytes()).unwrap());
            idempotency_key(&headers).map_err(|error| error.code())
        };
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(key("a").unwrap().unwrap().len(), 64);
        assert_ne!(key("a"), key("b"));
        assert!(key(&"x".repeat(200)).is_ok());
        for bad in ["", " ", &"x".repeat(201), "é"] {
            assert_eq!(key(bad), Err("invalid_field"), "{bad:?}");
        }
    }
}
