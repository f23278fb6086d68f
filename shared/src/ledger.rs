//! The ledger: the only place that moves tokens. A movement is one statement that changes the balance if it may and
//! writes the entry with the new balance; the entry's event key makes a repetition change nothing.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};
use crate::ids::new_id;
use crate::tokens::Tokens;

/// What a new account starts with: a full FREE well.
pub const WELCOME: Tokens = Tokens(10);

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

/// Opens a person's wallet with the welcome tokens, unless they have one or do not exist.
pub fn open(user_id: &str, now: Timestamp) -> Statement {
    Statement::new(OPEN).bind(user_id).bind(now).bind(WELCOME).bind(new_id("txn", now))
}

const OPEN: &str = "
with opened as (
    insert into user_token_balances (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
    select u.id, $3, $2, $3, 1, $2
      from users u
     where u.id = $1
    on conflict (user_id) do nothing
    returning user_id
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, 1, $4, $3, 'EARN_BONUS', 'welcome', 'welcome', $3, $2
  from opened";

/// Locks a wallet until the transaction ends, so that the next statement sees every movement made before.
pub fn lock(user_id: &str) -> Statement {
    Statement::new("select balance from user_token_balances where user_id = $1 for update").bind(user_id)
}

/// Finds the entry that a cause has made before; sees everything when it follows [`lock`].
pub fn find(user_id: &str, event_key: &str) -> Statement {
    Statement::new("select id, balance_after from token_transactions where user_id = $1 and event_key = $2")
        .bind(user_id)
        .bind(event_key)
}

/// Makes a movement. Two at once with the same key: one of them fails on `token_transactions_event_key_key`, unless the
/// wallet was locked by a statement before.
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
           last_regeneration = case
               when b.balance >= t.well_capacity and b.balance + $2 < t.well_capacity then $8
               else b.last_regeneration
           end
      from tiers t
     where b.user_id = $1
       and t.tier = b.tier
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
)
select w.balance,
       (select balance_after from posted) as balance_after,
       exists (select from token_transactions e where e.user_id = $1 and e.event_key = $6) as known
  from user_token_balances w
 where w.user_id = $1";

/// Reads the answer to [`post`].
///
/// # Errors
/// The row is not one of [`post`].
pub fn outcome(rows: &[Row]) -> Result<Outcome, DatabaseError> {
    let Some(row) = rows.first() else { return Ok(Outcome::NoWallet) };
    let known: bool = row.try_get("known")?;
    let balance: i64 = row.try_get("balance")?;
    Ok(match row.try_get::<_, Option<i64>>("balance_after")? {
        Some(after) => Outcome::Posted(Tokens(after)),
        None if known => Outcome::AlreadyPosted,
        None => Outcome::Insufficient(Tokens(balance)),
    })
}
