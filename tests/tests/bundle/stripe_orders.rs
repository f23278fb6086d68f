//! Stripe promises no order: every order of the same events, some of them more than once, ends in the same state.

use futures_util::stream::{self, StreamExt};
use local::stripe::{Monthly, event};
use serde_json::Value;
use tests::{STRIPE_SECRETS, Stack, with_stack};

/// Every order of `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![vec![]], |orders, next| {
        let insert = |order: Vec<usize>| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, next);
                order
            })
        };
        orders.into_iter().flat_map(insert).collect()
    })
}

/// One person for each order, made by SQL as signing up is slow.
async fn people(stack: &Stack, count: usize) {
    stack
        .sql(&format!(
            "insert into users (id, email, role, referral_code, created_at)
             select 'user_' || n, 'p' || n || '@example.com', 'USER',
                    translate(lpad(n::text, 8, '0'), '0123456789', 'ABCDEFGHJK'), now()
               from generate_series(0, {count} - 1) n"
        ))
        .await;
}

/// Sends each person the story in another order, with something repeated.
async fn tell(stack: &Stack, orders: &[Vec<usize>], story: impl Fn(usize) -> Vec<Value>) {
    let deliver = async |(number, order): (usize, &Vec<usize>)| {
        let events = story(number);
        let again = (number * 31 + 7) % order.len();
        for (place, index) in order.iter().enumerate() {
            stack.stripe(&events[*index], STRIPE_SECRETS[0]).await.expect(200);
            if place == again {
                stack.stripe(&events[order[number % (place + 1)]], STRIPE_SECRETS[0]).await.expect(200);
            }
        }
    };
    stream::iter(orders.iter().enumerate()).for_each_concurrent(3, deliver).await;
}

/// The events about `monthly`, each made a minute after the one before.
fn made_in_turn(number: usize, start: u64, objects: Vec<(&str, Value)>) -> Vec<Value> {
    let made = objects.into_iter().enumerate().map(|(index, (kind, object))| {
        let mut event = event(kind, object).unwrap();
        event["id"] = format!("evt_{number}_{index}").into();
        event["created"] = (start + 60 * index as u64).into();
        event
    });
    made.collect()
}

/// The different states that people are in, and how many are in each.
async fn states(stack: &Stack) -> Vec<(String, i64)> {
    let query = "
        select concat_ws(' ', s.status, s.tier, s.plan_code, s.current_period_start, s.current_period_end,
                         s.cancel_at_period_end, s.downgrade_to, s.plan_pool, s.spent_before, s.stripe_item_id,
                         s.changed_at, s.created_at, 'wallet', b.tier, b.balance,
                         (select sum(amount) from token_transactions t where t.user_id = u.id)),
               count(*)
          from users u
          left join subscriptions s on s.user_id = u.id
          left join user_token_balances b on b.user_id = u.id
         group by 1";
    let rows = stack.database.query_typed(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_from_its_checkout_to_its_end_in_all_720_orders() {
    with_stack(async |stack| {
        let orders = orders(6);
        people(stack, orders.len()).await;
        let first = Monthly::tier("sub", "user", "PREMIUM", 2000);
        tell(stack, &orders, |number| {
            let mut premium = Monthly { id: format!("sub_{number}"), ..first.clone() };
            premium.metadata["userId"] = format!("user_{number}").into();
            let lower = Monthly { pence: 500, ..premium.clone() };
            let renewed = lower.later(1);
            let objects = vec![
                ("customer.subscription.created", premium.subscription("incomplete").unwrap()),
                ("checkout.session.completed", premium.checkout().unwrap()),
                ("invoice.paid", premium.invoice(&format!("in_{number}_1"), "subscription_create").unwrap()),
                ("customer.subscription.updated", lower.subscription("active").unwrap()),
                ("invoice.paid", renewed.invoice(&format!("in_{number}_2"), "subscription_cycle").unwrap()),
                ("customer.subscription.deleted", renewed.subscription("canceled").unwrap()),
            ];
            made_in_turn(number, first.started, objects)
        })
        .await;
        let states = states(stack).await;
        assert!(states.len() == 1 && states[0].1 == 720, "{states:#?}");
        assert!(
            states[0].0.starts_with("CANCELED BASIC ") && states[0].0.ends_with(" wallet FREE 110 110"),
            "{states:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_that_goes_on_in_every_order() {
    with_stack(async |stack| {
        let orders = orders(5);
        people(stack, orders.len()).await;
        let first = Monthly::tier("sub", "user", "BASIC", 500);
        tell(stack, &orders, |number| {
            let mut basic = Monthly { id: format!("sub_{number}"), ..first.clone() };
            basic.metadata["userId"] = format!("user_{number}").into();
            let mut premium = Monthly { pence: 2000, ..basic.clone() };
            premium.metadata["tier"] = "PREMIUM".into();
            premium.metadata["previousTier"] = "BASIC".into();
            let lower = Monthly { pence: 1000, ..premium.clone() };
            let objects = vec![
                ("checkout.session.completed", basic.checkout().unwrap()),
                ("customer.subscription.updated", premium.subscription("active").unwrap()),
                ("customer.subscription.updated", lower.subscription("past_due").unwrap()),
                ("invoice.paid", lower.later(1).invoice(&format!("in_{number}"), "subscription_cycle").unwrap()),
                ("customer.subscription.updated", lower.later(1).subscription("active").unwrap()),
            ];
            made_in_turn(number, first.started, objects)
        })
        .await;
        let states = states(stack).await;
        assert!(states.len() == 1 && states[0].1 == 120, "{states:#?}");
        assert!(
            states[0].0.starts_with("ACTIVE STANDARD ") && states[0].0.ends_with(" wallet STANDARD 130 130"),
            "{states:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_months_of_a_plan_in_every_order() {
    with_stack(async |stack| {
        let orders = orders(5);
        people(stack, orders.len()).await;
        let first = Monthly::plan("sub", "user", "hobby", 499);
        tell(stack, &orders, |number| {
            let mut hobby = Monthly { id: format!("sub_{number}"), ..first.clone() };
            hobby.metadata["userId"] = format!("user_{number}").into();
            let renewal = |month| {
                let id = format!("in_{number}_{month}");
                ("invoice.paid", hobby.later(month).invoice(&id, "subscription_cycle").unwrap())
            };
            let objects = vec![
                ("checkout.session.completed", hobby.checkout().unwrap()),
                ("customer.subscription.created", hobby.subscription("active").unwrap()),
                renewal(1),
                renewal(2),
                ("customer.subscription.updated", hobby.later(2).subscription("past_due").unwrap()),
            ];
            made_in_turn(number, first.started, objects)
        })
        .await;
        let states = states(stack).await;
        assert!(states.len() == 1 && states[0].1 == 120, "{states:#?}");
        assert!(
            states[0].0.starts_with("PAST_DUE hobby ") && states[0].0.ends_with(" wallet FREE 70 70"),
            "{states:?}"
        );
    })
    .await;
}
