//! `--fix`: recomputes totals from the entries they are the totals of. Never a balance, never an entry, and nothing where
//! the entries themselves are in doubt.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::clock::Clock;
use shared::ids::new_id;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::checks::{TOTALS, USES};
use crate::error::MigrateError;
use crate::transaction;

/// Something whose totals were recomputed.
#[derive(Debug, Clone, Serialize)]
pub struct Fixed {
    /// `wallet` or `voucher`.
    pub kind: &'static str,
    /// The person's or the voucher's id.
    pub id: String,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// A total that was wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    /// The column.
    pub field: String,
    /// What it said.
    pub from: i64,
    /// What the entries say.
    pub to: i64,
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = self.changes.iter().map(|change| format!("{} {} → {}", change.field, change.from, change.to));
        write!(f, "{} {}: {}", self.kind, self.id, changes.collect::<Vec<_>>().join(", "))
    }
}

/// A kind of thing that has totals.
struct Derived {
    kind: &'static str,
    /// Answers the ids of those that are wrong.
    wrong: &'static str,
    /// Locks one.
    lock: &'static str,
    /// Corrects one, writes the audit entry and answers what was changed. Sees everything, as it follows the lock.
    correct: &'static str,
}

const WALLETS: Derived = Derived {
    kind: "wallet",
    wrong: TOTALS,
    lock: "select from user_token_balances where user_id = $1 for update",
    correct: "
with entries as (
    select amount, type::text as type, event_key, entry_number, balance_after,
           row_number() over w as place,
           lag(balance_after, 1, 0::bigint) over w as before
      from token_transactions
     where user_id = $1
    window w as (order by entry_number)
),
sums as (
    select coalesce(sum(amount) filter (where type in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS')), 0)::bigint
               as earned,
           coalesce(-sum(amount) filter (where type like 'SPEND_%'), 0)::bigint as spent,
           coalesce(sum(amount) filter (where type = 'REFUND'), 0)::bigint as refunded,
           coalesce(sum(amount) filter (where type = 'EARN_ADMIN_ADJUSTMENT'), 0)::bigint as adjusted,
           count(*) as entries,
           coalesce(sum(amount), 0)::bigint as balance,
           count(distinct event_key) = count(*)
               and coalesce(bool_and(
                   entry_number = place
                   and balance_after = before + amount
                   and balance_after >= 0
                   and case
                           when type like 'SPEND_%' then amount < 0
                           when type = 'EARN_ADMIN_ADJUSTMENT' then amount <> 0
                           else amount > 0
                       end
               ), true) as sound
      from entries
),
corrected as (
    update user_token_balances b
       set total_earned = s.earned, total_spent = s.spent, total_refunded = s.refunded, total_adjusted = s.adjusted,
           transaction_count = s.entries
      from sums s
     where b.user_id = $1
       and s.sound
       and b.balance = s.balance
       and (b.total_earned, b.total_spent, b.total_refunded, b.total_adjusted, b.transaction_count)
        <> (s.earned, s.spent, s.refunded, s.adjusted, s.entries)
    returning b.user_id
)
insert into audit_logs (id, actor_id, action, target_type, target_id, metadata, created_at)
select $2, 'system', 'TOKEN_ADJUSTMENT', 'user', c.user_id, jsonb_build_object('fixed', jsonb_agg(
           jsonb_build_object('field', t.field, 'from', t.before, 'to', t.after) order by t.field)), $3
  from corrected c
  join user_token_balances b on b.user_id = c.user_id
 cross join sums s
 cross join lateral (values
           ('total_earned', b.total_earned, s.earned), ('total_spent', b.total_spent, s.spent),
           ('total_refunded', b.total_refunded, s.refunded), ('total_adjusted', b.total_adjusted, s.adjusted),
           ('transaction_count', b.transaction_count, s.entries)) t (field, before, after)
 where t.before <> t.after
 group by c.user_id
returning metadata -> 'fixed'",
};

const VOUCHERS: Derived = Derived {
    kind: "voucher",
    wrong: USES,
    lock: "select from vouchers where id = $1 for update",
    correct: "
with redeemed as (
    select count(*) as uses,
           coalesce(bool_and(exists (
               select
                 from token_transactions t
                where t.user_id = r.user_id
                  and t.source = 'voucher_redemption'
                  and t.source_id = r.voucher_id
                  and t.amount = r.tokens_granted
           )), true) as sound
      from voucher_redemptions r
     where r.voucher_id = $1
),
corrected as (
    update vouchers v
       set current_uses = r.uses
      from redeemed r
     where v.id = $1
       and r.sound
       and v.current_uses <> r.uses
       and (v.max_uses is null or r.uses <= v.max_uses)
    returning v.id
)
insert into audit_logs (id, actor_id, action, target_type, target_id, metadata, created_at)
select $2, 'system', 'VOUCHER_UPDATE', 'voucher', v.id, jsonb_build_object('fixed', jsonb_build_array(
           jsonb_build_object('field', 'current_uses', 'from', v.current_uses, 'to', r.uses))), $3
  from corrected c
  join vouchers v on v.id = c.id
 cross join redeemed r
returning metadata -> 'fixed'",
};

/// Recomputes every wrong total that can be, each in a transaction of its own. One whose row is busy for longer than
/// `lock_wait` is left as it is.
pub(super) async fn totals(client: &Client, lock_wait: Duration) -> Result<Vec<Fixed>, MigrateError> {
    let mut fixed = Vec::new();
    for derived in [WALLETS, VOUCHERS] {
        let wrong = format!("select id from ({}) as wrong (id, detail) order by id", derived.wrong);
        for row in client.query_typed(&wrong, &[]).await? {
            let id: String = row.try_get(0)?;
            transaction::begin(client, lock_wait).await?;
            let outcome = match correct(client, &derived, &id).await {
                Err(MigrateError::Database(error)) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    tracing::warn!("{} {id} is busy and was left as it is: run this again", derived.kind);
                    drop(client.batch_execute("rollback").await);
                    continue;
                }
                outcome => transaction::finish(client, "reconcile", outcome).await?,
            };
            if let Some(changes) = outcome {
                let one = Fixed { kind: derived.kind, id, changes };
                tracing::info!("recomputed {one}");
                fixed.push(one);
            }
        }
    }
    Ok(fixed)
}

/// What was changed; `None` when nothing was to be, or the entries are in doubt.
async fn correct(client: &Client, derived: &Derived, id: &str) -> Result<Option<Vec<Change>>, MigrateError> {
    client.query_typed(derived.lock, &[(&id, Type::TEXT)]).await?;
    let now = Clock::default().now();
    let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] =
        &[(&id, Type::TEXT), (&new_id("aud", now), Type::TEXT), (&now, Type::TIMESTAMPTZ)];
    let Some(row) = client.query_typed_opt(derived.correct, parameters).await? else { return Ok(None) };
    let changes: Value = row.try_get(0)?;
    serde_json::from_value(changes).map(Some).map_err(|error| MigrateError::Request(error.to_string()))
}
