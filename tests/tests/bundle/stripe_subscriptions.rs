//! Subscriptions as Stripe's events tell of them: what they give, and once.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use local::stripe::{Monthly, event, now_unix_seconds};
use serde_json::{Value, json};
use tests::{Person, STRIPE_SECRETS, Stack, with_stack};

const CHECKOUT: &str = "checkout.session.completed";
const CREATED: &str = "customer.subscription.created";
const UPDATED: &str = "customer.subscription.updated";
const DELETED: &str = "customer.subscription.deleted";

/// Each event is made a second after the one before: Stripe's clock has no smaller unit.
async fn send(stack: &Stack, kind: &str, object: Value) -> Value {
    static SENT: AtomicU64 = AtomicU64::new(0);
    let mut event = event(kind, object).unwrap();
    event["created"] = (now_unix_seconds() + SENT.fetch_add(1, Ordering::Relaxed)).into();
    stack.stripe(&event, STRIPE_SECRETS[0]).await.expect(200);
    event
}

async fn balance(stack: &Stack, person: &Person) -> i64 {
    stack.balance(person).await["balance"].as_i64().unwrap()
}

/// Whether the one subscription is like this.
async fn is(stack: &Stack, condition: &str) -> bool {
    stack.number(&format!("select count(*) from subscriptions where {condition}")).await == 1
}

async fn outcome_of(stack: &Stack, event: &Value, outcome: &str) -> bool {
    let id = event["id"].as_str().unwrap();
    let query = format!("select count(*) from stripe_events where event_id = '{id}' and outcome = '{outcome}'");
    stack.number(&query).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_gives_its_tokens_each_month_once_and_bought_ones_stay() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let bought = local::stripe::Package::find("pro").unwrap();
        let bought = local::stripe::paid_checkout(&ada.id, &ada.email, bought).unwrap();
        send(stack, CHECKOUT, bought).await;
        let first = Monthly::plan("sub_1", &ada.id, "hobby", 499);
        let session = first.checkout().unwrap();
        let began = send(stack, CHECKOUT, session.clone()).await;
        assert_eq!(balance(stack, &ada).await, 10 + 150 + 30);
        assert!(is(stack, "status = 'ACTIVE' and plan_code = 'hobby' and tier is null and plan_pool = 30").await);

        // The same event ten times at once, and the same checkout under other ids.
        let again = &*stack;
        for answer in join_all((0..10).map(|_| again.stripe(&began, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        let others: Vec<_> = (0..5).map(|_| event(CHECKOUT, session.clone()).unwrap()).collect();
        for answer in join_all(others.iter().map(|event| again.stripe(event, STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        send(stack, CREATED, first.subscription("active").unwrap()).await;
        send(stack, "invoice.paid", first.invoice("in_1", "subscription_create").unwrap()).await;
        send(stack, "invoice.paid", first.invoice("in_p", "subscription_update").unwrap()).await;
        assert_eq!(balance(stack, &ada).await, 190, "the first month is granted once");

        // The second month: all of the first are kept. The third: more than 30 are not, but what was bought is.
        for (month, expected) in [(1, 220), (2, 220)] {
            let renewed = first.later(month).invoice(&format!("in_c{month}"), "subscription_cycle").unwrap();
            let renewal = send(stack, "invoice.paid", renewed.clone()).await;
            send(stack, "invoice.paid", renewed).await;
            stack.stripe(&renewal, STRIPE_SECRETS[0]).await.expect(200);
            assert_eq!(balance(stack, &ada).await, expected);
        }
        assert!(is(stack, "plan_pool = 60 and current_period_end > now() + interval '80 days'").await);
        let expired = "select sum(amount)::bigint from token_transactions where source = 'subscription_rollover'";
        assert_eq!(stack.number(expired).await, -30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_a_limit_keeps_everything() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let studio = Monthly::plan("sub_1", &ada.id, "studio", 2999);
        send(stack, CHECKOUT, studio.checkout().unwrap()).await;
        assert_eq!(balance(stack, &ada).await, 310);
        let id = &ada.id;
        stack
            .sql(&format!(
                "update user_token_balances set balance = 250, total_spent = 60, transaction_count = 3 where user_id = '{id}';
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 values ('{id}', 3, 'txn_spent', -60, 'SPEND_ENHANCEMENT', 'test', 'test', 250, now())"
            ))
            .await;
        let renewed = studio.later(1).invoice("in_1", "subscription_cycle").unwrap();
        send(stack, "invoice.paid", renewed).await;
        assert_eq!(balance(stack, &ada).await, 550);
        assert!(is(stack, "plan_pool = 540 and spent_before = 60").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_fills_the_larger_well_once_and_ends_with_the_subscription() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let basic = Monthly::tier("sub_1", &ada.id, "BASIC", 500);
        send(stack, CREATED, basic.subscription("incomplete").unwrap()).await;
        assert_eq!(stack.balance(&ada).await["tier"], "FREE", "nothing is paid yet");
        send(stack, CHECKOUT, basic.checkout().unwrap()).await;
        send(stack, UPDATED, basic.subscription("active").unwrap()).await;
        let read = stack.balance(&ada).await;
        assert_eq!((&read["tier"], &read["balance"], &read["maxBalance"]), (&"BASIC".into(), &30.into(), &20.into()));

        // Another item of the same subscription: the difference is a tier more, and its well once.
        let mut premium = Monthly::tier("sub_1", &ada.id, "PREMIUM", 2000);
        premium.metadata["previousTier"] = json!("BASIC");
        for _ in 0..2 {
            send(stack, UPDATED, premium.subscription("active").unwrap()).await;
        }
        assert_eq!(balance(stack, &ada).await, 130);
        send(stack, UPDATED, premium.subscription("past_due").unwrap()).await;
        assert!(is(stack, "status = 'PAST_DUE' and tier = 'PREMIUM'").await);
        assert_eq!(stack.balance(&ada).await["tier"], "PREMIUM");

        // Asked for here, and happens with the next period, whichever event says so.
        stack.sql("update subscriptions set downgrade_to = 'STANDARD'").await;
        let mut standard = Monthly { pence: 1000, ..premium.later(1) };
        standard.metadata = premium.metadata.clone();
        send(stack, "invoice.paid", standard.invoice("in_2", "subscription_cycle").unwrap()).await;
        assert!(is(stack, "tier = 'STANDARD' and downgrade_to is null").await);
        let read = stack.balance(&ada).await;
        assert_eq!((&read["tier"], &read["balance"]), (&"STANDARD".into(), &130.into()));

        send(stack, DELETED, standard.subscription("canceled").unwrap()).await;
        send(stack, UPDATED, standard.subscription("active").unwrap()).await;
        assert!(is(stack, "status = 'CANCELED' and downgrade_to is null").await);
        let read = stack.balance(&ada).await;
        assert_eq!((&read["tier"], &read["balance"], &read["maxBalance"]), (&"FREE".into(), &130.into(), &10.into()));

        // Another subscription takes the place of one that has ended; late news of that one change nothing.
        let mut next = Monthly::tier("sub_2", &ada.id, "STANDARD", 1000);
        next.started += 60;
        send(stack, CREATED, next.subscription("active").unwrap()).await;
        send(stack, UPDATED, standard.subscription("canceled").unwrap()).await;
        assert!(is(stack, "stripe_subscription_id = 'sub_2' and status = 'ACTIVE' and tier = 'STANDARD'").await);
        assert_eq!(balance(stack, &ada).await, 180);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_honoured_changes_nothing_and_is_kept() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let cheap = Monthly::plan("sub_1", &ada.id, "studio", 499);
        let no_plan = Monthly::plan("sub_2", &ada.id, "gold", 499);
        let no_tier = Monthly::tier("sub_3", &ada.id, "GOLD", 500);
        let free = Monthly::tier("sub_4", &ada.id, "FREE", 0);
        let nobody = Monthly::tier("sub_5", "user_of_nobody", "BASIC", 500);
        for wrong in [cheap, no_plan, no_tier, free, nobody] {
            let event = send(stack, CHECKOUT, wrong.checkout().unwrap()).await;
            assert!(outcome_of(stack, &event, "REJECTED").await, "{wrong:?}");
        }
        let mut foreign = Monthly::tier("sub_6", &ada.id, "BASIC", 500);
        foreign.metadata = json!({});
        let event = send(stack, CREATED, foreign.subscription("active").unwrap()).await;
        assert!(outcome_of(stack, &event, "IGNORED").await);
        assert_eq!(balance(stack, &ada).await, 10);
        assert_eq!(stack.number("select count(*) from subscriptions").await, 0);

        // Two at the same time: the newer one counts, and someone is to look.
        let one = Monthly::tier("sub_7", &ada.id, "BASIC", 500);
        let mut two = Monthly::tier("sub_8", &ada.id, "PREMIUM", 2000);
        two.started += 60;
        send(stack, CREATED, two.subscription("active").unwrap()).await;
        let event = send(stack, CREATED, one.subscription("active").unwrap()).await;
        assert!(outcome_of(stack, &event, "REJECTED").await);
        assert!(is(stack, "stripe_subscription_id = 'sub_8' and tier = 'PREMIUM'").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_first_news_at_once_give_one_subscription() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let basic = Monthly::tier("sub_1", &ada.id, "BASIC", 500);
        let objects = [
            (CHECKOUT, basic.checkout().unwrap()),
            (CREATED, basic.subscription("active").unwrap()),
            (UPDATED, basic.subscription("active").unwrap()),
            ("invoice.paid", basic.invoice("in_1", "subscription_create").unwrap()),
        ];
        let events: Vec<_> = objects.into_iter().map(|(kind, object)| event(kind, object).unwrap()).collect();
        let stack = &*stack;
        for answer in join_all((0..12).map(|n| stack.stripe(&events[n % 4], STRIPE_SECRETS[0]))).await {
            answer.expect(200);
        }
        assert!(is(stack, "status = 'ACTIVE' and tier = 'BASIC'").await);
        assert_eq!(balance(stack, &ada).await, 30);
        assert_eq!(stack.number("select count(*) from stripe_events where outcome = 'APPLIED'").await, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_paid_gives_nothing() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let basic = Monthly::tier("sub_1", &ada.id, "BASIC", 500);
        for (kind, object) in [
            ("checkout.session.async_payment_failed", basic.checkout().unwrap()),
            ("checkout.session.expired", basic.checkout().unwrap()),
            ("invoice.payment_failed", basic.invoice("in_1", "subscription_create").unwrap()),
        ] {
            let event = send(stack, kind, object).await;
            assert!(outcome_of(stack, &event, "IGNORED").await, "{kind}");
        }
        assert_eq!(stack.number("select count(*) from subscriptions").await, 0);
        assert_eq!(balance(stack, &ada).await, 10);
    })
    .await;
}
