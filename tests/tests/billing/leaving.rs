//! People who leave are billed no more.

use futures_util::future::join_all;
use local::stripe_stand_in::Fault;
use serde_json::{Value, json};
use tests::{PASSWORD, Person};

use crate::shop::{Shop, with_shop};

/// Signs up first and becomes the administrator, who may not leave.
const ROOT: &str = "root";

async fn leave(shop: &Shop<'_>, who: &Person) {
    let request = shop.stack.request("DELETE", "/api/settings/account").bearer_auth(&who.token);
    shop.stack.send(request.json(&json!({ "password": PASSWORD }))).await.expect(200);
}

async fn settle(shop: &Shop<'_>) -> Value {
    shop.stack.bundle.invoke("scheduled", json!({ "job": "billing.settle" })).await.unwrap()
}

/// How often Stripe was asked to end a subscription.
fn ended(shop: &Shop<'_>) -> usize {
    shop.stripe.asked().iter().filter(|asked| asked.method == "DELETE").count()
}

async fn operations(shop: &Shop<'_>, status: &str) -> i64 {
    let query = format!("select count(*) from stripe_operations where kind = 'CANCEL_NOW' and status = '{status}'");
    shop.stack.number(&query).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_billed_no_more() {
    with_shop(async |shop| {
        shop.stack.sign_up(ROOT).await;
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed(&ada, "PREMIUM").await;
        assert_eq!(shop.balance(&ada).await, 110);
        leave(shop, &ada).await;
        assert_eq!((operations(shop, "PENDING").await, ended(shop)), (1, 0), "written down, and done by the clock");

        let run = settle(shop).await;
        assert_eq!(run["result"], json!({ "leftOver": 0, "done": 1, "postponed": 0, "failed": 0 }), "{run}");
        assert_eq!(shop.subscription(&id)["status"], "canceled");
        let asked = shop.stripe.asked().into_iter().find(|asked| asked.method == "DELETE").unwrap();
        assert_eq!((asked.path, asked.key), (format!("/v1/subscriptions/{id}"), format!("op_cancel_{id}")));

        // Stripe has told that it ended: the books are sound and name nobody.
        let books = format!(
            "select count(*)
               from users u
               join subscriptions s on s.user_id = u.id
               join user_token_balances b on b.user_id = u.id
              where u.id = '{}' and u.email is null and u.deleted_at is not null and u.stripe_customer_id is not null
                and s.status = 'CANCELED' and b.tier = 'FREE' and b.balance = 110",
            ada.id
        );
        assert_eq!(shop.stack.number(&books).await, 1);
        let unapplied = "select count(*) from stripe_events where outcome in ('FAILED', 'REJECTED')";
        assert_eq!(shop.stack.number(unapplied).await, 0);
        settle(shop).await;
        assert_eq!((operations(shop, "DONE").await, ended(shop)), (1, 1), "once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_is_asked_until_it_has_ended() {
    with_shop(async |shop| {
        shop.stack.sign_up(ROOT).await;
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed_quietly(&ada, "BASIC").await;
        leave(shop, &ada).await;
        // Away, then not willing, then gone for longer than Stripe keeps a key; at last the answer is lost.
        let mut now = 0;
        for faults in [vec![Fault::Status(500); 4], vec![Fault::Status(402)], vec![Fault::LostAnswer; 4]] {
            shop.stripe.fail_next(faults);
            shop.stack.set_clock(now);
            let run = settle(shop).await;
            assert_eq!((&run["result"]["postponed"], operations(shop, "PENDING").await), (&1.into(), 1), "{run}");
            now += 2 * 24 * 60 * 60;
        }
        assert_eq!(shop.subscription(&id)["status"], "canceled");
        shop.stack.set_clock(now);
        assert_eq!(settle(shop).await["result"]["done"], 1, "what is not there any more has ended");
        assert_eq!(operations(shop, "DONE").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_at_once_ask_once_and_one_that_is_killed_is_taken_up() {
    with_shop(async |shop| {
        shop.stack.sign_up(ROOT).await;
        for name in ["ada", "bob", "cyd"] {
            let person = shop.stack.sign_up(name).await;
            shop.subscribed(&person, "BASIC").await;
            leave(shop, &person).await;
        }
        // The first is not answered, and killed while it waits.
        shop.stripe.fail_next([Fault::Silence]);
        let killer = async {
            while ended(shop) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let beside = settle(shop).await;
            assert_eq!(beside["status"], "SKIPPED", "{beside}");
            shop.stack.bundle.kill("scheduled");
        };
        let invoked = shop.stack.bundle.invoke("scheduled", json!({ "job": "billing.settle" }));
        let (answer, ()) = tokio::join!(invoked, killer);
        answer.unwrap_err();
        assert_eq!((operations(shop, "PENDING").await, operations(shop, "DONE").await), (3, 0));

        shop.stack.set_clock(120);
        let runs = join_all((0..5).map(|_| settle(shop))).await;
        let done: i64 = runs.iter().filter_map(|run| run["result"]["done"].as_i64()).sum();
        assert_eq!((done, ended(shop), operations(shop, "DONE").await), (3, 1 + 3, 3), "{runs:?}");
    })
    .await;
}

/// A page that was open is paid when its person is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_subscribed_while_leaving_is_ended_too() {
    with_shop(async |shop| {
        shop.stack.sign_up(ROOT).await;
        let ada = shop.stack.sign_up("ada").await;
        let page = shop.post(&ada, "/api/tiers/upgrade", json!({ "targetTier": "BASIC" })).await.expect(200);
        leave(shop, &ada).await;
        assert_eq!(settle(shop).await["result"]["leftOver"], 0);
        shop.pay(&page).await;
        let live = "select count(*) from subscriptions where status = 'ACTIVE'";
        assert_eq!(shop.stack.number(live).await, 1);
        let run = settle(shop).await;
        assert_eq!((&run["result"]["leftOver"], &run["result"]["done"]), (&1.into(), &1.into()), "{run}");
        assert_eq!(shop.stack.number(live).await, 0);
        assert_eq!(settle(shop).await["result"]["leftOver"], 0);
    })
    .await;
}

/// Whoever does not leave after all keeps what they pay for.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_fails_ends_nothing() {
    with_shop(async |shop| {
        shop.stack.sign_up(ROOT).await;
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed(&ada, "BASIC").await;
        shop.stack.sql("alter table users add constraint nobody_goes check (deleted_at is null)").await;
        let request = shop.stack.request("DELETE", "/api/settings/account").bearer_auth(&ada.token);
        let answer = shop.stack.send(request.json(&json!({ "password": PASSWORD }))).await;
        answer.expect_error(500, "internal");
        settle(shop).await;
        assert_eq!((operations(shop, "PENDING").await, ended(shop)), (0, 0));
        assert_eq!(shop.subscription(&id)["status"], "active");
    })
    .await;
}
