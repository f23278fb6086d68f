//! Stripe fails, is slow, or answers and is not heard: what was asked is done once.

use futures_util::future::join_all;
use local::stripe_stand_in::Fault;
use serde_json::json;
use tests::Person;

use crate::shop::{Shop, with_shop};

const CHECKOUT: &str = "/api/stripe/checkout";

/// So that the next request to Stripe is the one for the page.
async fn customer(shop: &Shop<'_>, name: &str) -> Person {
    let person = shop.stack.sign_up(name).await;
    shop.buy(&person, "starter").await.expect(200);
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_with_one_key_are_one_page() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let body = || json!({ "mode": "payment", "packageId": "pro" });
        let clicks = join_all((0..6).map(|_| shop.post_with_key(&ada, CHECKOUT, body(), "click"))).await;
        let (done, others): (Vec<_>, Vec<_>) = clicks.into_iter().partition(|answer| answer.status == 200);
        assert!(!done.is_empty());
        for other in others {
            other.expect_error(409, "request_under_way");
            assert!(!other.header("retry-after").is_empty());
        }
        let again = shop.post_with_key(&ada, CHECKOUT, body(), "click").await;
        assert_eq!((again.expect(200), again.header("idempotency-replayed")), (done[0].json(), "true"));
        assert_eq!(done[0].json()["sessionId"], shop.session()["id"]);
        // The key is for this request.
        let other = json!({ "mode": "payment", "packageId": "power" });
        shop.post_with_key(&ada, CHECKOUT, other, "click").await.expect_error(422, "idempotency_key_reused");
        assert_eq!(shop.asked("/v1/checkout/sessions"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beside_each_other_make_one_customer() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        for answer in join_all((0..5).map(|_| shop.buy(&ada, "pro"))).await {
            answer.expect(200);
        }
        let customers = shop.stripe.objects("customer");
        assert_eq!(customers.len(), 1);
        let id = customers[0]["id"].as_str().unwrap();
        let query = format!("select count(*) from users where stripe_customer_id = '{id}'");
        assert_eq!(shop.stack.number(&query).await, 1);
        assert!(shop.stripe.objects("checkout.session").iter().all(|session| session["customer"] == id));

        // A subscription by two clicks without a key is one page, too.
        let bob = shop.stack.sign_up("bob").await;
        let body = || json!({ "targetTier": "BASIC" });
        let pages = join_all((0..3).map(|_| shop.post(&bob, "/api/tiers/upgrade", body()))).await;
        let mut ids: Vec<_> = pages.iter().map(|page| page.expect(200)["sessionId"].to_string()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moments_trouble_is_overcome_with_the_same_key() {
    with_shop(async |shop| {
        let ada = customer(shop, "ada").await;
        for faults in [
            vec![Fault::Status(500)],
            vec![Fault::Status(429), Fault::Status(409)],
            vec![Fault::LostAnswer],
            vec![Fault::Status(503), Fault::LostAnswer, Fault::Status(500)],
            vec![Fault::Silence],
        ] {
            let (sessions, asked) = (shop.stripe.objects("checkout.session").len(), shop.stripe.asked().len());
            shop.stripe.fail_next(faults.clone());
            shop.buy(&ada, "pro").await.expect(200);
            assert_eq!(shop.stripe.objects("checkout.session").len(), sessions + 1, "{faults:?}");
            let asked = &shop.stripe.asked()[asked..];
            assert_eq!(asked.len(), faults.len() + 1, "{faults:?}");
            assert!(asked.iter().all(|one| one.key == asked[0].key && one.form == asked[0].form), "{asked:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_for_again() {
    with_shop(async |shop| {
        let ada = customer(shop, "ada").await;
        let body = || json!({ "mode": "payment", "packageId": "pro" });
        shop.stripe.fail_next([Fault::LostAnswer; 4]);
        let lost = shop.post_with_key(&ada, CHECKOUT, body(), "lost").await;
        lost.expect_error(503, "unavailable");
        assert!(!lost.header("retry-after").is_empty() && !lost.text.contains("Stripe"), "{}", lost.text);
        assert_eq!(shop.stripe.objects("checkout.session").len(), 2);
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'PENDING'").await, 1);

        let found = shop.post_with_key(&ada, CHECKOUT, body(), "lost").await.expect(200);
        assert_eq!(shop.stripe.objects("checkout.session").len(), 2, "the page that was made, not another");
        shop.pay(&found).await;
        assert_eq!(shop.balance(&ada).await, 160);
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'PENDING'").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_page_is_asked_for_as_it_was_also_later() {
    with_shop(async |shop| {
        let ada = customer(shop, "ada").await;
        let ask = || shop.post_with_key(&ada, "/api/tiers/upgrade", json!({ "targetTier": "BASIC" }), "lost");
        shop.stripe.fail_next([Fault::LostAnswer; 4]);
        ask().await.expect_error(503, "unavailable");
        // When another request would get a page of its own, which ends at another time.
        shop.stack.set_clock(40 * 60);
        ask().await.expect(200);
        let sessions = shop.stripe.objects("checkout.session");
        assert_eq!(sessions.iter().filter(|session| session["mode"] == "subscription").count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_written_down_and_not_repeated() {
    with_shop(async |shop| {
        let ada = customer(shop, "ada").await;
        let asked = shop.stripe.asked().len();
        shop.stripe.fail_next([Fault::Status(402)]);
        let refused = shop.buy(&ada, "pro").await;
        refused.expect_error(500, "internal");
        assert!(!refused.text.contains("told"), "{}", refused.text);
        assert_eq!(shop.stripe.asked().len(), asked + 1);
        let failed = "status = 'FAILED' and last_error like '%told_to_fail%' and finished_at is not null";
        assert_eq!(shop.stack.number(&format!("select count(*) from stripe_operations where {failed}")).await, 1);
        for line in shop.stack.bundle.log_lines("billing") {
            assert!(!line.contains("sk_test") && !line.contains(&ada.email), "{line}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stayed_open_is_settled_later() {
    with_shop(async |shop| {
        let ada = customer(shop, "ada").await;
        shop.stripe.fail_next([Fault::LostAnswer; 4]);
        shop.buy(&ada, "pro").await.expect_error(503, "unavailable");
        let settle = async |seconds: i64| {
            shop.stack.set_clock(seconds);
            let run = shop.stack.bundle.invoke("scheduled", json!({ "job": "billing.settle" })).await.unwrap();
            run["result"].clone()
        };
        // Not while the request that asked may still run.
        assert_eq!(settle(0).await["done"], 0);
        let sessions = shop.stripe.objects("checkout.session").len();
        assert_eq!(settle(120).await["done"], 1);
        assert_eq!(shop.stripe.objects("checkout.session").len(), sessions);
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'DONE'").await, 2);

        // Stripe forgets a key after a day.
        shop.stripe.fail_next([Fault::Status(500); 4]);
        shop.buy(&ada, "basic").await.expect_error(503, "unavailable");
        let asked = shop.stripe.asked().len();
        assert_eq!(settle(87_000).await["failed"], 1);
        assert_eq!(shop.stripe.asked().len(), asked);
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'FAILED'").await, 1);
    })
    .await;
}
