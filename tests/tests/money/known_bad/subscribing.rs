//! Events about a subscription come in any order.

use local::stripe::{Monthly, event, now_unix_seconds};
use serde_json::Value;
use shared::Statement;
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

use super::{caught, forget, with_defect};
use crate::till::database;

/// What Stripe says, a second apart: it begins, a payment fails, it ends.
const STORY: [(&str, &str); 3] = [
    ("customer.subscription.created", "active"),
    ("customer.subscription.updated", "past_due"),
    ("customer.subscription.deleted", "canceled"),
];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Writes the status of an event unless that of a newer one is there.
const WRITE: &str = "
insert into subscriptions as s
    (user_id, stripe_subscription_id, status, tier, changed_at, changed_by, created_at)
values ($1, $2, $3, 'BASIC', to_timestamp($4::bigint), $5, to_timestamp($4::bigint))
on conflict (user_id) do update
   set status = excluded.status, changed_at = excluded.changed_at, changed_by = excluded.changed_by
 where s.changed_at < excluded.changed_at";

fn told(who: &Person, subscription: &str) -> [Value; 3] {
    let monthly = Monthly::tier(subscription, &who.id, "BASIC", 500);
    let began = now_unix_seconds();
    let mut at = began;
    STORY.map(|(kind, status)| {
        let mut event = event(kind, monthly.subscription(status).unwrap()).unwrap();
        event["created"] = at.into();
        at += 1;
        event
    })
}

/// In how many of the orders the subscription has ended when everything has been told: by our function, or by `sql`.
async fn ended(stack: &Stack, name: &str, sql: Option<&'static str>) -> i64 {
    for (n, order) in ORDERS.iter().enumerate() {
        let (who, subscription) = (stack.sign_up(&format!("{name}{n}")).await, format!("sub_{name}{n}"));
        let events = told(&who, &subscription);
        for place in order {
            let event = &events[*place];
            match sql {
                None => drop(stack.stripe(event, STRIPE_SECRETS[0]).await.expect(200)),
                Some(sql) => {
                    let status = ["ACTIVE", "PAST_DUE", "CANCELED"][*place];
                    let write = Statement::new(sql)
                        .bind(who.id.as_str())
                        .bind(subscription.as_str())
                        .bind(status)
                        .bind(event["created"].as_i64().unwrap())
                        .bind(event["id"].as_str().unwrap());
                    database(stack).write([write]).await.unwrap();
                }
            }
        }
    }
    let query = "select count(*) from subscriptions where status = 'CANCELED' and stripe_subscription_id like";
    stack.number(&format!("{query} 'sub_{name}%'")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_the_last_to_come_decides_is_caught() {
    with_stack(async |stack| {
        let careless = with_defect(WRITE, ("\n where s.changed_at < excluded.changed_at", ""));
        let right = [ended(stack, "ada", None).await, ended(stack, "grace", Some(WRITE)).await];
        let wrong = ended(stack, "eve", Some(careless)).await;
        caught(|ended| *ended == 6, &right, &wrong);
        forget(stack).await;
    })
    .await;
}
