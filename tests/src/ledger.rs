//! What must be true of every ledger after every test, whatever the test did.

use local::connection::Connection;

/// Each query answers the rows that break its rule.
const RULES: &[(&str, &str)] = &[
    (
        "the balance is the sum of the entries",
        "select b.user_id || ': ' || b.balance || ' against ' || coalesce(sum(t.amount), 0)
           from user_token_balances b left join token_transactions t using (user_id)
          group by b.user_id, b.balance having b.balance <> coalesce(sum(t.amount), 0)",
    ),
    (
        "the balance is the last entry's",
        "select b.user_id || ': ' || b.balance || ' against ' || t.balance_after
           from user_token_balances b join token_transactions t
             on t.user_id = b.user_id and t.entry_number = b.transaction_count
          where b.balance <> t.balance_after",
    ),
    (
        "entries are numbered 1 to transaction_count",
        "select b.user_id || ': ' || b.transaction_count || ' against ' || count(t.id)
           from user_token_balances b left join token_transactions t using (user_id)
          group by b.user_id, b.transaction_count
         having b.transaction_count <> count(t.id) or coalesce(max(t.entry_number), 0) <> count(t.id)",
    ),
    (
        "each entry carries on from the one before",
        "select user_id || ' entry ' || entry_number from (
             select user_id, entry_number, amount, balance_after,
                    lag(balance_after, 1, 0::bigint) over (partition by user_id order by entry_number) as before
               from token_transactions) t
          where balance_after <> before + amount",
    ),
    (
        "the totals are the sums of their kinds",
        "select b.user_id
           from user_token_balances b left join token_transactions t using (user_id)
          group by b.user_id, b.total_earned, b.total_spent, b.total_refunded, b.total_adjusted
         having b.total_earned <> coalesce(sum(t.amount) filter (where t.type in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS')), 0)
             or b.total_spent <> coalesce(-sum(t.amount) filter (where t.type like 'SPEND_%'), 0)
             or b.total_refunded <> coalesce(sum(t.amount) filter (where t.type = 'REFUND'), 0)
             or b.total_adjusted <> coalesce(sum(t.amount) filter (where t.type = 'EARN_ADMIN_ADJUSTMENT'), 0)",
    ),
    (
        "every payment has its entry, and every purchase its payment",
        "select coalesce(p.stripe_checkout_session_id, t.source_id)
           from stripe_payments p
           full join (select * from token_transactions where type = 'EARN_PURCHASE' and source = 'stripe') t
             on t.user_id = p.user_id and t.source_id = p.stripe_checkout_session_id
          where p.id is null or t.id is null or p.tokens_granted <> t.amount",
    ),
];

/// Asserts every rule.
///
/// # Panics
/// When a rule is broken, naming the rows.
#[expect(clippy::panic, reason = "an assertion for tests")]
pub async fn check(database: &Connection) {
    for (rule, query) in RULES {
        let broken = match database.query_typed(query, &[]).await {
            Ok(rows) => rows.iter().map(|row| row.get(0)).collect::<Vec<String>>(),
            Err(error) => panic!("the rule “{rule}” could not be checked: {error:?}"),
        };
        assert!(broken.is_empty(), "the ledger is wrong: {rule}, but not for {broken:?}");
    }
}
