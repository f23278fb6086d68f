//! Money that goes back: refunds and disputes, before and after what they are about.

use futures_util::future::join_all;
use local::stripe::{Package, charge, event, paid_checkout};
use serde_json::Value;
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

const COMPLETED: &str = "checkout.session.completed";
const REFUNDED: &str = "charge.refunded";

fn checkout(person: &Person, package: &str) -> Value {
    paid_checkout(&person.id, &person.email, Package::find(package).unwrap()).unwrap()
}

async fn send(stack: &Stack, kind: &str, object: Value) {
    stack.stripe(&event(kind, object).unwrap(), STRIPE_SECRETS[0]).await.expect(200);
}

async fn balance(stack: &Stack, person: &Person) -> i64 {
    stack.balance(person).await["balance"].as_i64().unwrap()
}

async fn payments(stack: &Stack, condition: &str) -> i64 {
    stack.number(&format!("select count(*) from stripe_payments where {condition}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_takes_the_tokens_back_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let session = checkout(&ada, "basic");
        send(stack, COMPLETED, session.clone()).await;
        // Half of it, more, and news of the first half again: what was refunded in all never becomes less.
        for (pence, expected) in [(500, 34), (999, 10), (500, 10)] {
            send(stack, REFUNDED, charge(&session, pence).unwrap()).await;
            assert_eq!(balance(stack, &ada).await, expected, "{pence}");
        }
        let stack = &*stack;
        let others: Vec<_> = (0..10).map(|_| event(REFUNDED, charge(&session, 999).unwrap()).unwrap()).collect();
        for answer in join_all(others.iter().map(|event| stack.stripe(event, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        assert_eq!(balance(stack, &ada).await, 10);
        let refunded = "status = 'REFUNDED' and refunded_minor = 999 and tokens_taken_back = 50";
        assert_eq!(payments(stack, refunded).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_may_come_before_what_it_is_about() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let session = checkout(&ada, "starter");
        send(stack, REFUNDED, charge(&session, 299).unwrap()).await;
        assert_eq!(balance(stack, &ada).await, 10);
        send(stack, COMPLETED, session).await;
        assert_eq!(balance(stack, &ada).await, 10);
        assert_eq!(payments(stack, "status = 'REFUNDED' and tokens_taken_back = 10").await, 1);
        // At the same moment, in either order.
        let stack = &*stack;
        for _ in 0..5 {
            let session = checkout(&ada, "starter");
            let refund = event(REFUNDED, charge(&session, 299).unwrap()).unwrap();
            let bought = event(COMPLETED, session).unwrap();
            let both = [stack.stripe(&refund, STRIPE_SECRETS[0]), stack.stripe(&bought, STRIPE_SECRETS[0])];
            for answer in join_all(both).await {
                answer.expect(200);
            }
        }
        assert_eq!(balance(stack, &ada).await, 10);
        assert_eq!(payments(stack, "status = 'REFUNDED'").await, 6);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_already_is_owed() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let session = checkout(&ada, "starter");
        send(stack, COMPLETED, session.clone()).await;
        let id = &ada.id;
        stack
            .sql(&format!(
                "update user_token_balances set balance = 4, total_spent = 16, transaction_count = 3, last_regeneration = now()
                  where user_id = '{id}';
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 values ('{id}', 3, 'txn_spent', -16, 'SPEND_ENHANCEMENT', 'test', 'test', 4, now())"
            ))
            .await;
        send(stack, REFUNDED, charge(&session, 299).unwrap()).await;
        assert_eq!(balance(stack, &ada).await, 0);
        assert_eq!(stack.number("select tokens from token_debts").await, 6);
        assert_eq!(payments(stack, "status = 'REFUNDED' and tokens_taken_back = 10").await, 1);
    })
    .await;
}
