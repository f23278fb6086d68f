//! Each wallet against its entries. Constraints hold some of this, too, but a restored copy may lack them.

use crate::reconcile::check::{Check, Weight};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "balance_is_sum",
        says: "A balance is the sum of the entries",
        of: "user_token_balances",
        sql: "select b.user_id, 'balance ' || b.balance || ', entries ' || coalesce(t.sum, 0)
                from user_token_balances b
                left join (select user_id, sum(amount) as sum from token_transactions group by user_id) t using (user_id)
               where b.balance <> coalesce(t.sum, 0)",
        weight: Weight::Fault,
    },
    Check {
        name: "balance_is_last_entry",
        says: "A balance is what the last entry left",
        of: "user_token_balances",
        sql: "select b.user_id, 'balance ' || b.balance || ', after the last entry ' || t.balance_after
                from user_token_balances b
               cross join lateral (select balance_after
                                     from token_transactions e
                                    where e.user_id = b.user_id
                                    order by entry_number desc
                                    limit 1) t
               where b.balance <> t.balance_after",
        weight: Weight::Fault,
    },
    Check {
        name: "entries_are_numbered",
        says: "Entries are numbered 1, 2, 3 … without a gap",
        of: "token_transactions",
        sql: "select user_id, count(*) || ' entries, numbered ' || min(entry_number) || ' to ' || max(entry_number)
                from token_transactions
               group by user_id
              having min(entry_number) <> 1 or max(entry_number) <> count(*)",
        weight: Weight::Fault,
    },
    Check {
        name: "entries_carry_on",
        says: "Each entry carries on from the one before",
        of: "token_transactions",
        sql: "select user_id || ' entry ' || entry_number, before || ' and ' || amount || ' make ' || balance_after
                from (select user_id, entry_number, amount, balance_after,
                             lag(balance_after, 1, 0::bigint) over (partition by user_id order by entry_number) as before
                        from token_transactions) t
               where balance_after <> before + amount",
        weight: Weight::Fault,
    },
    Check {
        name: "totals_are_sums",
        says: "The totals of a wallet are the sums of their types, and its count is the number of entries",
        of: "user_token_balances",
        sql: TOTALS,
        weight: Weight::Fault,
    },
    Check {
        name: "nothing_is_negative",
        says: "Nobody has, or ever had, less than nothing",
        of: "token_transactions",
        sql: "select user_id, 'balance ' || balance from user_token_balances where balance < 0
              union all
              select user_id || ' entry ' || entry_number, 'balance ' || balance_after
                from token_transactions where balance_after < 0",
        weight: Weight::Fault,
    },
    Check {
        name: "one_entry_per_event",
        says: "An event moves a person's tokens once",
        of: "token_transactions",
        sql: "select user_id || ' ' || event_key, count(*) || ' entries'
                from token_transactions group by user_id, event_key having count(*) > 1",
        weight: Weight::Fault,
    },
    Check {
        name: "sign_fits_type",
        says: "Earning adds, spending takes, a refund adds, and no entry is about nothing",
        of: "token_transactions",
        sql: "select user_id || ' entry ' || entry_number, type || ' of ' || amount
                from token_transactions
               where not case
                         when type like 'SPEND_%' then amount < 0
                         when type = 'EARN_ADMIN_ADJUSTMENT' then amount <> 0
                         else amount > 0
                     end",
        weight: Weight::Fault,
    },
    Check {
        name: "entries_have_a_wallet",
        says: "Whoever has entries has a wallet",
        of: "token_transactions",
        sql: "select user_id, count(*) || ' entries'
                from token_transactions t
               where not exists (select from user_token_balances b where b.user_id = t.user_id)
               group by user_id",
        weight: Weight::Fault,
    },
    Check {
        name: "refunds_fit_spends",
        says: "What was given back was spent before by the same person, and no more than that",
        of: "token_transactions where type = 'REFUND'",
        sql: "select r.user_id || ' ' || coalesce(r.spend, r.event_key),
                     'spent ' || coalesce(-s.amount, 0) || ', given back ' || r.sum
                from (select user_id, metadata ->> 'refundOf' as spend, min(event_key) as event_key,
                             min(entry_number) as first, sum(amount) as sum
                        from token_transactions
                       where type = 'REFUND'
                       group by user_id, metadata ->> 'refundOf') r
                left join token_transactions s
                  on s.user_id = r.user_id and s.event_key = r.spend and s.type like 'SPEND_%'
               where s.id is null or r.sum > -s.amount or s.entry_number > r.first",
        weight: Weight::Fault,
    },
];

/// Wallets whose totals differ from their entries: what `--fix` repairs.
pub(in crate::reconcile) const TOTALS: &str = "
    select b.user_id,
           'earned ' || b.total_earned || '/' || coalesce(t.earned, 0)
               || ', spent ' || b.total_spent || '/' || coalesce(t.spent, 0)
               || ', refunded ' || b.total_refunded || '/' || coalesce(t.refunded, 0)
               || ', adjusted ' || b.total_adjusted || '/' || coalesce(t.adjusted, 0)
               || ', count ' || b.transaction_count || '/' || coalesce(t.entries, 0)
      from user_token_balances b
      left join (select user_id, count(*) as entries,
                        sum(amount) filter (where type in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS')) as earned,
                        -sum(amount) filter (where type like 'SPEND_%') as spent,
                        sum(amount) filter (where type = 'REFUND') as refunded,
                        sum(amount) filter (where type = 'EARN_ADMIN_ADJUSTMENT') as adjusted
                   from token_transactions
                  group by user_id) t using (user_id)
     where (b.total_earned, b.total_spent, b.total_refunded, b.total_adjusted, b.transaction_count)
        <> (coalesce(t.earned, 0), coalesce(t.spent, 0), coalesce(t.refunded, 0), coalesce(t.adjusted, 0),
            coalesce(t.entries, 0))";
