//! Any movement. Spends and refunds have a stricter door: [`super::spend`], [`super::refund`].

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};
use crate::ids::new_id;
use crate::tokens::Tokens;

/// One movement to make.
pub struct Movement<'a> {
    /// Whose tokens.
    pub user_id: &'a str,
    /// Positive to give, negative to take; never zero.
    pub amount: Tokens,
    /// Such as `EARN_PURCHASE`; the sign has to fit.
    pub kind: &'static str,
    /// What kind of thing caused it, such as `stripe`.
    pub source: &'static str,
    /// The id of that thing.
    pub source_id: Option<&'a str>,
    /// Names the cause once and for all: the same key moves tokens once.
    pub event_key: String,
    /// What else is worth keeping; no personal data.
    pub metadata: Option<Value>,
}

/// How a movement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made; the balance after it.
    Posted(Tokens),
    /// An entry with this key exists: nothing was changed.
    AlreadyPosted,
    /// The balance does not cover it: nothing was changed. What there is.
    Insufficient(Tokens),
    /// The person has no wallet.
    NoWallet,
}

/// Makes a movement. Of two at once with the same key one makes it, and the other fails on
/// `token_transactions_event_key_key`, which is answered as a busy wallet, unless the wallet was locked by a statement
/// before.
pub fn post(movement: Movement<'_>, now: Timestamp) -> Statement {
    Statement::new(POST)
        .bind(movement.user_id)
        .bind(movement.amount)
        .bind(movement.kind)
        .bind(movement.source)
        .bind(movement.source_id)
        .bind(movement.event_key)
        .bind(movement.metadata)
        .bind(now)
        .bind(new_id("txn", now))
}

/// The conditions are tried again on the newest row after a wait for its lock. Whatever else they read is as it was when
/// the statement began: so the capacity is looked up by the row's tier, not joined to it. What is left, when it does not
/// cover the movement, is read anew for the same reason.
const POST: &str = "
with moved as (
    update user_token_balances b
       set balance = b.balance + $2,
           total_earned = b.total_earned
               + case when $3 in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS') then $2 else 0 end,
           total_spent = b.total_spent - case when $3 like 'SPEND_%' then $2 else 0 end,
           total_refunded = b.total_refunded + case when $3 = 'REFUND' then $2 else 0 end,
           total_adjusted = b.total_adjusted + case when $3 = 'EARN_ADMIN_ADJUSTMENT' then $2 else 0 end,
           transaction_count = b.transaction_count + 1,
           -- A full well does not grow: the first spend below its capacity starts the clock.
           last_regeneration = (
               select case
                          when b.balance >= t.well_capacity and b.balance + $2 < t.well_capacity then $8
                          else b.last_regeneration
                      end
                 from tiers t
                where t.tier = b.tier)
     where b.user_id = $1
       and b.balance + $2 >= 0
       and not exists (select from token_transactions e where e.user_id = $1 and e.event_key = $6)
    returning b.user_id, b.balance, b.transaction_count
),
posted as (
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, metadata, created_at)
    select user_id, transaction_count, $9, $2, $3, $4, $5, $6, balance, $7, $8
      from moved
    returning balance_after
),
untouched as (
    select b.balance
      from user_token_balances b
     where b.user_id = $1
       and not exists (select from moved)
       for no key update
)
select p.balance_after, u.balance, exists (
           select from token_transactions e where e.user_id = $1 and e.event_key = $6) as known
  from (select) as one
  left join posted p on true
  left join untouched u on true";

/// Reads the answer to [`post`].
///
/// # Errors
/// The row is not one of [`post`].
pub fn outcome(rows: &[Row]) -> Result<Outcome, DatabaseError> {
    let row = rows.first().ok_or(DatabaseError::Protocol("a movement was not answered"))?;
    let tokens = |column: &str| row.try_get::<_, Option<i64>>(column).map(|value| value.map(Tokens));
    Ok(match (tokens("balance_after")?, tokens("balance")?) {
        (Some(after), _) => Outcome::Posted(after),
        (None, None) => Outcome::NoWallet,
        (None, Some(_)) if row.try_get("known")? => Outcome::AlreadyPosted,
        (None, Some(balance)) => Outcome::Insufficient(balance),
    })
}
