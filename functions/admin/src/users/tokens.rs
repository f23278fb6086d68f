//! `adjustTokens`: gives and takes tokens, once per idempotency key.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use shared::audit::Entry;
use shared::database::DatabaseError;
use shared::fields::invalid;
use shared::idempotency::Idempotency;
use shared::ids::new_id;
use shared::ledger::{self, Movement, Outcome};
use shared::{Admin, ApiError, Statement, Tokens, limits};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::PersonChanged;

/// What a person has now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokensAdjusted {
    success: bool,
    new_balance: Tokens,
}

/// Adds `value` to the wallet, or takes it out.
pub(super) async fn adjust(
    who: &Admin,
    user_id: &str,
    value: &Value,
    idempotency: &Idempotency,
) -> Result<Response, ApiError> {
    let amount = amount(value).ok_or_else(|| invalid("value", "Invalid amount"))?;
    let (transaction, actor, [claimed, person, _, wallet]) = who
        .begin([
            idempotency.claim(who),
            Statement::new(PERSON).bind(user_id),
            ledger::open(user_id, who.now()),
            ledger::lock(user_id),
        ])
        .await?;
    let new_balance = match plan(&claimed, &person, &wallet, amount) {
        Ok(Plan::Move { new_balance }) => new_balance,
        Ok(Plan::Repeat(answer)) => {
            transaction.rollback().await;
            return Ok(answer);
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
        event_key: format!("admin:{}", new_id("adj", who.now())),
        metadata: None,
    };
    let metadata = json!({ "amount": amount, "newBalance": new_balance });
    let entry = Entry { action: "TOKEN_ADJUSTMENT", target_type: "user", target_id: user_id.to_owned(), metadata };
    let answer = json!(PersonChanged::Tokens(TokensAdjusted { success: true, new_balance }));
    let [posted, _, _] = transaction
        .commit([
            ledger::post(movement, who.now()),
            who.audit(entry),
            idempotency.answer(&actor.user_id, StatusCode::OK, answer.clone()),
        ])
        .await?;
    match ledger::outcome(&posted)? {
        Outcome::Posted(_) => Ok(Json(answer).into_response()),
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

/// What is to be done.
enum Plan {
    Move {
        new_balance: Tokens,
    },
    /// It was done before: the same answer again.
    Repeat(Response),
}

/// Decides from what is known when the wallet is locked.
fn plan(claimed: &[Row], person: &[Row], wallet: &[Row], amount: Tokens) -> Result<Plan, ApiError> {
    if let Some(answer) = Idempotency::replayed(claimed)? {
        return Ok(Plan::Repeat(answer));
    }
    let (Some(_), Some(wallet)) = (person.first(), wallet.first()) else {
        return Err(ApiError::NotFound { what: "User" });
    };
    let balance: i64 = wallet.try_get("balance")?;
    match balance.saturating_add(amount.0) {
        new @ 0.. => Ok(Plan::Move { new_balance: Tokens(new) }),
        _ => Err(ApiError::InsufficientTokens { required: Tokens(-amount.0), balance: Tokens(balance) }),
    }
}

/// Shared: a deletion at the same time waits, another movement does not.
const PERSON: &str = "select id from users where id = $1 and deleted_at is null for share";

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
}
