//! From the button to the balance.

use crate::shop::with_shop;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_bought_paid_and_credited() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let checkout = shop.buy(&ada, "pro").await.expect(200);
        assert_eq!(checkout["success"], true);
        let session = shop.session();
        assert_eq!((&session["id"], &session["url"]), (&checkout["sessionId"], &checkout["url"]));
        assert_eq!((&session["amount_total"], &session["currency"]), (&2499.into(), &"gbp".into()));
        let metadata = &session["metadata"];
        assert_eq!((&metadata["type"], &metadata["packageId"]), (&"token_purchase".into(), &"pro".into()));
        assert_eq!((&metadata["userId"], &metadata["tokens"]), (&ada.id.clone().into(), &"150".into()));
        assert_eq!(shop.balance(&ada).await, 10, "nothing is credited before it is paid");

        let back = shop.pay(&checkout).await;
        let id = session["id"].as_str().unwrap();
        assert_eq!(back, format!("http://localhost:3000/tokens?purchase=success&session_id={id}"));
        assert_eq!(shop.balance(&ada).await, 160);
        // Paying the page again pays nothing.
        shop.pay(&checkout).await;
        assert_eq!(shop.balance(&ada).await, 160);

        // The customer is the person's from now on.
        shop.pay(&shop.buy(&ada, "starter").await.expect(200)).await;
        assert_eq!(shop.balance(&ada).await, 170);
        assert_eq!(shop.asked("/v1/customers"), 1);
        let customers = shop.stripe.objects("customer");
        assert_eq!((customers.len(), &customers[0]["email"]), (1, &ada.email.clone().into()));
        assert_eq!(shop.stack.number("select count(*) from stripe_operations where status = 'DONE'").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_carries_what_the_webhooks_need() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let body = json!({ "mode": "subscription", "planId": "hobby" });
        let checkout = shop.post(&ada, "/api/stripe/checkout", body.clone()).await.expect(200);
        // Asked for again, the page is the same: two paid pages would be two subscriptions.
        assert_eq!(shop.post(&ada, "/api/stripe/checkout", body).await.expect(200), checkout);
        let back = shop.pay(&checkout).await;
        assert!(back.contains("/tokens?subscription=success&session_id=cs_test_"), "{back}");
        let subscription = &shop.stripe.objects("subscription")[0];
        let metadata = &subscription["metadata"];
        assert_eq!((&metadata["type"], &metadata["planId"]), (&"subscription".into(), &"hobby".into()));
        assert_eq!((&metadata["userId"], &metadata["tokensPerMonth"]), (&ada.id.clone().into(), &"30".into()));
        assert_eq!(metadata["maxRollover"], "30");
        assert_eq!(subscription["items"]["data"][0]["price"]["unit_amount"], 499);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_higher_tier_is_subscribed_to() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let checkout = shop.post(&ada, "/api/tiers/upgrade", json!({ "targetTier": "PREMIUM" })).await.expect(200);
        let session = shop.session();
        assert_eq!((&session["mode"], &session["amount_total"]), (&"subscription".into(), &2000.into()));
        assert_eq!(session["x_name"], "Token Well - Premium");
        let metadata = &session["x_subscription_metadata"];
        assert_eq!(metadata, &session["metadata"]);
        assert_eq!((&metadata["type"], &metadata["tier"]), (&"tier_upgrade".into(), &"PREMIUM".into()));
        assert_eq!((&metadata["previousTier"], &metadata["wellCapacity"]), (&"FREE".into(), &"100".into()));
        let back = shop.pay(&checkout).await;
        assert_eq!(back, "http://localhost:3000/settings/subscription?upgrade=success&tier=PREMIUM");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_is_bought_raised_and_credited() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        shop.subscribed(&ada, "BASIC").await;
        let has = async || {
            let balance = shop.stack.balance(&ada).await;
            (balance["balance"].as_i64().unwrap(), balance["tier"].as_str().unwrap().to_owned())
        };
        assert_eq!(has().await, (10 + 20, "BASIC".to_owned()));
        shop.post(&ada, "/api/tiers/upgrade", json!({ "targetTier": "STANDARD" })).await.expect(200);
        assert_eq!(has().await, (10 + 20 + 50, "STANDARD".to_owned()));
        let shown = shop.stack.get("/api/stripe/subscription", Some(&ada.token)).await.expect(200);
        assert_eq!(
            (&shown["subscription"]["status"], &shown["subscription"]["tier"]),
            (&"ACTIVE".into(), &"STANDARD".into())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_invoices_and_cards() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        shop.post(&ada, "/api/stripe/portal", json!({})).await.expect_error(404, "not_found");
        shop.buy(&ada, "starter").await.expect(200);
        let opened = shop.post(&ada, "/api/stripe/portal", json!({})).await.expect(200);
        assert!(opened["url"].as_str().unwrap().starts_with(shop.stripe.url()), "{opened}");
        let portal = &shop.stripe.objects("billing_portal.session")[0];
        assert_eq!(portal["customer"], shop.stripe.objects("customer")[0]["id"]);
    })
    .await;
}
