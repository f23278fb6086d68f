//! Spends and refunds, without the constraints that would stop the worst: the statements alone are on trial.

use std::sync::Arc;

use futures_util::future::join_all;
use migrate::reconcile;
use serde_json::{Value, json};
use shared::ids::new_id;
use shared::{Clock, Statement, Tokens, ledger, limits};
use tests::{Stack, with_stack};
use tokio::sync::Barrier;

use super::{caught, forget, statement_in, with_defect};
use crate::till::{database, people, post, spending};

/// The names of the checks that notice something.
type Noticed = Vec<&'static str>;

const POST: &str = include_str!("../../../../shared/src/ledger/post.rs");
const REFUND: &str = include_str!("../../../../shared/src/ledger/refund.rs");

async fn without_nets(stack: &Stack) {
    stack
        .sql(
            "alter table user_token_balances drop constraint user_token_balances_not_negative,
                 drop constraint user_token_balances_adds_up;
             alter table token_transactions drop constraint token_transactions_balance_after_check",
        )
        .await;
}

async fn noticed(stack: &Stack) -> Noticed {
    let checks = reconcile::faults(&stack.database).await.unwrap();
    forget(stack).await;
    checks.iter().filter(|check| check.faults() > 0).map(|check| check.name).collect()
}

/// Ten at once: each looks, and when all have looked, each spends 2 of 10 by `sql`, which may use as `$10` what it saw.
async fn ten_spend(stack: &Stack, sql: &'static str) -> Noticed {
    people(stack, 1, 10).await;
    let all_have_looked = Arc::new(Barrier::new(10));
    let spends = (0..10).map(|n| {
        let (database, all_have_looked) = (database(stack), all_have_looked.clone());
        async move {
            let look = Statement::new("select balance from user_token_balances where user_id = 'p0'");
            let [rows] = database.read([look]).await.unwrap();
            let seen: i64 = rows[0].get(0);
            all_have_looked.wait().await;
            assert!(seen >= 2);
            let now = Clock::default().now();
            let spend = Statement::new(sql)
                .bind("p0")
                .bind(Tokens(-2))
                .bind("SPEND_ENHANCEMENT")
                .bind("test")
                .bind(None::<&str>)
                .bind(format!("job:{n}"))
                .bind(None::<Value>)
                .bind(now)
                .bind(new_id("txn", now))
                .bind(Tokens(seen));
            database.write([spend]).await.unwrap();
        }
    });
    join_all(spends).await;
    noticed(stack).await
}

async fn spends_are_caught(defect: (&str, &str)) {
    with_stack(async |stack| {
        without_nets(stack).await;
        let right = statement_in(POST, "POST");
        let of_the_right = ten_spend(stack, right).await;
        let of_the_wrong = ten_spend(stack, with_defect(right, defect)).await;
        caught(Noticed::is_empty, &[of_the_right], &of_the_wrong);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spend_that_trusts_what_it_read_is_caught() {
    spends_are_caught(("and b.balance + $2 >= 0", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_was_worked_out_outside_is_caught() {
    spends_are_caught(("set balance = b.balance + $2,", "set balance = $10 + $2,")).await;
}

/// Three who each have a reason to give the same spend back.
async fn three_refund(stack: &Stack, sql: &'static str) -> Noticed {
    people(stack, 1, 10).await;
    post(&database(stack), || spending("p0", 5, "job")).await;
    let refunds = (1..=3).map(|part| {
        let (database, now) = (database(stack), Clock::default().now());
        let refund = Statement::new(sql)
            .bind("p0")
            .bind("job")
            .bind(Tokens(5))
            .bind(format!("refund:job:{part}"))
            .bind(json!({ "refundOf": "job", "reason": "test" }))
            .bind(now)
            .bind(new_id("txn", now))
            .bind(i32::from(limits::REFUND_PARTS));
        async move { database.write([ledger::lock("p0"), refund]).await.unwrap() }
    });
    join_all(refunds).await;
    noticed(stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_what_was_refunded_is_caught() {
    with_stack(async |stack| {
        without_nets(stack).await;
        let right = statement_in(REFUND, "REFUND");
        let of_the_right = three_refund(stack, right).await;
        let of_the_wrong = three_refund(stack, with_defect(right, ("and s.refunded + $3 <= s.spent", ""))).await;
        caught(Noticed::is_empty, &[of_the_right], &of_the_wrong);
    })
    .await;
}
