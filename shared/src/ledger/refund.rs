//! Giving back what was spent: only of a spend that there is, never more than it took, each time once.

use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};
use crate::ids::new_id;
use crate::limits;
use crate::tokens::{Cost, Tokens};

/// One refund to make.
pub struct Refund<'a> {
    /// Whose tokens.
    pub user_id: &'a str,
    /// The event key of the spend, which is this person's.
    pub spend_key: &'a str,
    /// Which part, from 1 to [`limits::REFUND_PARTS`], when it is given back in parts; `None` when at once. Whoever
    /// gives back the same part, for whatever reason, gives it back once.
    pub part: Option<u16>,
    /// How many.
    pub amount: Cost,
    /// Why: `cancelled`, `processing_failed` … No personal data.
    pub reason: &'a str,
}

/// How a refund ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// It was made; the balance after it.
    Refunded(Tokens),
    /// This refund was made before: nothing was changed.
    AlreadyRefunded,
    /// This person has made no such spend: nothing was changed.
    NoSuchSpend,
    /// More than is left of the spend: nothing was changed. What is left.
    TooMuch(Tokens),
    /// The wallet moved meanwhile: nothing was changed, and it is to be tried again. Not after [`super::lock`].
    Contended,
}

/// Gives the tokens back, in one statement.
pub fn refund(refund: &Refund<'_>, now: Timestamp) -> Statement {
    let spend = refund.spend_key;
    let event_key = match refund.part {
        Some(part) => format!("refund:{spend}:{part}"),
        None => format!("refund:{spend}"),
    };
    Statement::new(REFUND)
        .bind(refund.user_id)
        .bind(spend)
        .bind(refund.amount.tokens())
        .bind(event_key)
        .bind(json!({ "refundOf": spend, "reason": refund.reason }))
        .bind(now)
        .bind(new_id("txn", now))
        .bind(i32::from(limits::REFUND_PARTS))
}

/// What was given back already is read as it was when the statement began. It is still true when the wallet has had no
/// entry since, and that is tried on the newest row under its lock.
const REFUND: &str = "
with spend as (
    select -e.amount as spent, e.source_id
      from token_transactions e
     where e.user_id = $1
       and e.event_key = $2
       and e.type like 'SPEND_%'
),
earlier as (
    select coalesce(sum(e.amount), 0)::bigint as refunded, coalesce(bool_or(e.event_key = $4), false) as known
      from token_transactions e
     where e.user_id = $1
       and e.event_key = any (
           select 'refund:' || $2 || part
             from (select '' union all select ':' || n from generate_series(1, $8) n) p (part))
       and e.type = 'REFUND'
       and e.metadata ->> 'refundOf' = $2
),
seen as (
    select b.user_id, b.transaction_count, s.spent, s.source_id, e.refunded, e.known
      from user_token_balances b
     cross join spend s
     cross join earlier e
     where b.user_id = $1
),
moved as (
    update user_token_balances b
       set balance = b.balance + $3,
           total_refunded = b.total_refunded + $3,
           transaction_count = b.transaction_count + 1
      from seen s
     where b.user_id = s.user_id
       and b.transaction_count = s.transaction_count
       and not s.known
       and s.refunded + $3 <= s.spent
    returning b.user_id, b.balance, b.transaction_count, s.source_id
),
posted as (
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, metadata, created_at)
    select user_id, transaction_count, $7, $3, 'REFUND', 'enhancement_failed', source_id, $4, balance, $5, $6
      from moved
    returning balance_after
)
select p.balance_after, s.known, s.spent - s.refunded as remaining
  from (select) as one
  left join seen s on true
  left join posted p on true";

/// Reads the answer to [`refund`] of `amount`.
///
/// # Errors
/// The row is not one of [`refund`].
pub fn refund_outcome(rows: &[Row], amount: Cost) -> Result<RefundOutcome, DatabaseError> {
    let row = rows.first().ok_or(DatabaseError::Protocol("a refund was not answered"))?;
    if let Some(after) = row.try_get::<_, Option<i64>>("balance_after")? {
        return Ok(RefundOutcome::Refunded(Tokens(after)));
    }
    let (Some(known), Some(remaining)) =
        (row.try_get::<_, Option<bool>>("known")?, row.try_get::<_, Option<i64>>("remaining")?)
    else {
        return Ok(RefundOutcome::NoSuchSpend);
    };
    Ok(match Tokens(remaining) {
        _ if known => RefundOutcome::AlreadyRefunded,
        remaining if remaining < amount.tokens() => RefundOutcome::TooMuch(remaining),
        _ => RefundOutcome::Contended,
    })
}
