//! A subscription that is there: more, less, no longer, and after all.

use local::stripe_stand_in::Fault;
use serde_json::{Value, json};
use tests::Person;

use crate::shop::{Shop, with_shop};

async fn shown(shop: &Shop<'_>, who: &Person) -> Value {
    shop.stack.get("/api/stripe/subscription", Some(&who.token)).await.expect(200)["subscription"].clone()
}

async fn keep(shop: &Shop<'_>, who: &Person) -> Value {
    shop.stack.send(shop.stack.request("DELETE", "/api/tiers/downgrade").bearer_auth(&who.token)).await.expect(200)
}

fn price(subscription: &Value) -> i64 {
    subscription["items"]["data"][0]["price"]["unit_amount"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_gets_another_price_and_no_second_subscription() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed_quietly(&ada, "BASIC").await;
        assert_eq!(price(&shop.subscription(&id)), 500);
        // Then Stripe is asked which item it is.
        shop.stack.sql("update subscriptions set stripe_item_id = null").await;
        let sessions = shop.stripe.objects("checkout.session").len();
        let changed = shop.post(&ada, "/api/tiers/upgrade", json!({ "targetTier": "STANDARD" })).await.expect(200);
        assert_eq!((&changed["success"], &changed["sessionId"]), (&true.into(), &Value::Null));
        assert_eq!(changed["url"], "http://localhost:3000/settings/subscription?upgrade=success&tier=STANDARD");
        assert_eq!(shop.stripe.objects("checkout.session").len(), sessions);
        assert_eq!(shop.stripe.objects("subscription").len(), 1);
        let subscription = shop.subscription(&id);
        assert_eq!(price(&subscription), 1000);
        assert_eq!(subscription["items"]["data"][0]["price"]["product"], "token_well_standard");
        let metadata = &subscription["metadata"];
        assert_eq!((&metadata["type"], &metadata["tier"]), (&"tier_upgrade".into(), &"STANDARD".into()));
        let asked = shop.stripe.asked();
        let change = asked.iter().rfind(|asked| asked.path.starts_with("/v1/subscriptions/") && asked.method == "POST");
        assert_eq!(change.unwrap().form["proration_behavior"], "create_prorations");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_tier_comes_with_the_next_period_unless_it_is_undone() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed_quietly(&ada, "PREMIUM").await;
        let down = |tier: &str| shop.post(&ada, "/api/tiers/downgrade", json!({ "targetTier": tier }));
        let scheduled = down("BASIC").await.expect(200);
        let state = shown(shop, &ada).await;
        assert_eq!(scheduled["effectiveDate"], state["currentPeriodEnd"]);
        assert_eq!((&state["tier"], &state["downgradeTo"]), (&"PREMIUM".into(), &"BASIC".into()));
        assert_eq!(state["cancelAtPeriodEnd"], false);
        let subscription = shop.subscription(&id);
        assert_eq!(price(&subscription), 500);
        assert_eq!(subscription["metadata"]["tier"], "PREMIUM", "until the period ends");
        let asked = shop.stripe.asked();
        assert_eq!(asked.last().unwrap().form["proration_behavior"], "none");

        // To nothing: it ends.
        down("FREE").await.expect(200);
        let state = shown(shop, &ada).await;
        assert_eq!((&state["downgradeTo"], &state["cancelAtPeriodEnd"]), (&"FREE".into(), &true.into()));
        assert_eq!(shop.subscription(&id)["cancel_at_period_end"], true);

        assert_eq!(keep(shop, &ada).await["success"], true);
        let state = shown(shop, &ada).await;
        assert_eq!((&state["downgradeTo"], &state["cancelAtPeriodEnd"]), (&Value::Null, &false.into()));
        let subscription = shop.subscription(&id);
        assert_eq!((price(&subscription), &subscription["cancel_at_period_end"]), (2000, &false.into()));
        // With nothing to undo Stripe is not asked.
        let asked = shop.stripe.asked().len();
        assert_eq!(keep(shop, &ada).await["success"], true);
        assert_eq!(shop.stripe.asked().len(), asked);
        down("PREMIUM").await.expect_error(400, "invalid_field");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_and_going_on() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed_quietly(&ada, "STANDARD").await;
        let ended = shop.post(&ada, "/api/stripe/cancel", json!({})).await.expect(200);
        let state = shown(shop, &ada).await;
        assert_eq!((&state["status"], &state["cancelAtPeriodEnd"]), (&"ACTIVE".into(), &true.into()));
        assert_eq!(
            (&ended["cancelAtPeriodEnd"], &ended["currentPeriodEnd"]),
            (&true.into(), &state["currentPeriodEnd"])
        );
        assert_eq!(shop.subscription(&id)["cancel_at_period_end"], true);
        shop.post(&ada, "/api/stripe/resume", json!({})).await.expect(200);
        assert_eq!(shown(shop, &ada).await["cancelAtPeriodEnd"], false);
        assert_eq!(
            (price(&shop.subscription(&id)), &shop.subscription(&id)["cancel_at_period_end"]),
            (1000, &false.into())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_cancellation_does_not_undo_what_came_after() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let id = shop.subscribed_quietly(&ada, "STANDARD").await;
        shop.stripe.fail_next([Fault::LostAnswer; 4]);
        shop.post(&ada, "/api/stripe/cancel", json!({})).await.expect_error(503, "outcome_unknown");
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'PENDING'").await, 1);
        shop.post(&ada, "/api/stripe/resume", json!({})).await.expect(200);
        let superseded = "select count(*) from stripe_operations where last_error = 'superseded' and status = 'FAILED'";
        assert_eq!(shop.stack.number(superseded).await, 1);
        assert_eq!(shop.subscription(&id)["cancel_at_period_end"], false);
        assert_eq!(shown(shop, &ada).await["cancelAtPeriodEnd"], false);
    })
    .await;
}
