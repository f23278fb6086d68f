//! Ways to write these statements wrong, run as the right ones are. The checks have to notice each: a check that has
//! never failed proves nothing.

use std::sync::Arc;

use futures_util::future::join_all;
use migrate::reconcile;
use shared::{Statement, Tokens};
use tests::{Stack, with_stack};
use tokio::sync::Barrier;

use crate::till::{database, people, post, refund, spending};

/// Reads, compares, then takes: between the two others take as well.
const TAKE_AFTER_LOOKING: &str = "
with moved as (
    update user_token_balances
       set balance = balance - $1, total_spent = total_spent + $1, transaction_count = transaction_count + 1
     where user_id = 'p0'
    returning transaction_count, balance
)
insert into token_transactions (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select 'p0', transaction_count, $2, -$1, 'SPEND_ENHANCEMENT', 'x', $2, balance, now() from moved";

/// Writes the balance that it has worked out from what it read.
const WRITE_WHAT_WAS_WORKED_OUT: &str = "
with moved as (
    update user_token_balances
       set balance = $3, total_spent = total_spent + $1, transaction_count = transaction_count + 1
     where user_id = 'p0'
    returning transaction_count, balance
)
insert into token_transactions (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select 'p0', transaction_count, $2, -$1, 'SPEND_ENHANCEMENT', 'x', $2, balance, now() from moved";

/// Gives back what a job cost whenever it is asked to.
const GIVE_BACK_UNASKED: &str = "
with moved as (
    update user_token_balances
       set balance = balance + $1, total_refunded = total_refunded + $1, transaction_count = transaction_count + 1
     where user_id = 'p0'
    returning transaction_count, balance
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, metadata, created_at)
select 'p0', transaction_count, $2, $1, 'REFUND', 'x', 'refund:' || $2, balance, '{\"refundOf\": \"job\"}', now() from moved";

/// The statements alone are on trial: the constraints that would stop the worst are taken away.
async fn without_nets(stack: &Stack) {
    stack
        .sql(
            "alter table user_token_balances drop constraint user_token_balances_not_negative,
                 drop constraint user_token_balances_adds_up;
             alter table token_transactions drop constraint token_transactions_balance_after_check",
        )
        .await;
}

/// The names of the checks that notice something; then everything is put right for the check at the end.
async fn noticed(stack: &Stack) -> Vec<&'static str> {
    let checks = reconcile::faults(&stack.database).await.unwrap();
    let names = checks.iter().filter(|check| check.faults() > 0).map(|check| check.name).collect();
    stack.sql("delete from token_transactions; delete from user_token_balances").await;
    names
}

/// Ten at once: each looks, and when all have looked, each spends 2 of 10 if it saw enough.
async fn look_then(stack: &Stack, sql: &'static str) -> Vec<&'static str> {
    without_nets(stack).await;
    people(stack, 1, 10).await;
    let all_have_looked = Arc::new(Barrier::new(10));
    let spends = (0..10).map(|n| {
        let (database, all_have_looked) = (database(stack), all_have_looked.clone());
        async move {
            let look = Statement::new("select balance from user_token_balances where user_id = 'p0'");
            let [rows] = database.read([look]).await.unwrap();
            let seen: i64 = rows[0].get(0);
            all_have_looked.wait().await;
            if seen >= 2 {
                let statement = Statement::new(sql).bind(2_i64).bind(format!("job:{n}"));
                let statement = if sql.contains("$3") { statement.bind(Tokens(seen - 2)) } else { statement };
                database.write([statement]).await.unwrap();
            }
        }
    });
    join_all(spends).await;
    noticed(stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spend_that_looks_first_is_noticed() {
    with_stack(async |stack| {
        let noticed = look_then(stack, TAKE_AFTER_LOOKING).await;
        println!("{noticed:?}");
        assert!(!noticed.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_was_worked_out_is_noticed() {
    with_stack(async |stack| {
        let noticed = look_then(stack, WRITE_WHAT_WAS_WORKED_OUT).await;
        println!("{noticed:?}");
        assert!(!noticed.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_without_a_guard_are_noticed() {
    with_stack(async |stack| {
        without_nets(stack).await;
        people(stack, 1, 10).await;
        post(&database(stack), || spending("p0", 5, "job")).await;
        let refunds = ["cancel", "failure", "cleanup"].map(|cause| {
            let database = database(stack);
            async move { database.write([Statement::new(GIVE_BACK_UNASKED).bind(5_i64).bind(cause)]).await.unwrap() }
        });
        join_all(refunds).await;
        let noticed = noticed(stack).await;
        println!("{noticed:?}");
        assert!(!noticed.is_empty());
    })
    .await;
}

/// And without the nets the right ones give nothing to notice.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_statements_need_no_net() {
    with_stack(async |stack| {
        without_nets(stack).await;
        people(stack, 1, 10).await;
        let keys: Vec<_> = (0..10).map(|n| format!("job:{n}")).collect();
        let databases: Vec<_> = keys.iter().map(|_| database(stack)).collect();
        join_all(keys.iter().zip(&databases).map(|(key, database)| post(database, || spending("p0", 2, key)))).await;
        join_all(databases.iter().take(3).map(|database| refund(database, "p0", &keys[0], None, 2))).await;
        assert_eq!(noticed(stack).await, [] as [&str; 0]);
    })
    .await;
}
