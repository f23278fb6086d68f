//! What is refused, and that nothing is asked of Stripe then.

use serde_json::{Value, json};

use crate::shop::with_shop;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_bought_is_refused_before_stripe_is_asked() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        let checkout = "/api/stripe/checkout";
        for (body, sentence) in [
            (json!({ "mode": "payment" }), "Package ID required for payment"),
            (json!({ "mode": "payment", "packageId": "" }), "Package ID required for payment"),
            (json!({ "mode": "payment", "packageId": "gold" }), "Invalid package ID"),
            (json!({ "mode": "payment", "packageId": "hobby" }), "Invalid package ID"),
            (json!({ "mode": "subscription" }), "Plan ID required for subscription"),
            (json!({ "mode": "subscription", "planId": "pro" }), "Invalid plan ID"),
            (json!({ "mode": "x", "packageId": "pro" }), "Invalid request"),
            (json!({}), "Invalid request"),
        ] {
            let refused = shop.post(&ada, checkout, body).await.expect_error(400, "invalid_field");
            assert_eq!(refused["error"], sentence);
        }
        for (path, target, sentence) in [
            ("upgrade", "FREE", "Invalid target tier"),
            ("upgrade", "GOLD", "Invalid target tier"),
            ("downgrade", "GOLD", "Invalid target tier"),
            ("downgrade", "FREE", "Cannot downgrade: this tier is not below the present one"),
            ("downgrade", "BASIC", "Cannot downgrade: this tier is not below the present one"),
        ] {
            let path = format!("/api/tiers/{path}");
            let refused = shop.post(&ada, &path, json!({ "targetTier": target })).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["error"], sentence, "{path} {target}");
        }
        for path in [checkout, "/api/tiers/upgrade", "/api/tiers/downgrade"] {
            let send = |body: &'static str, who: &str| {
                shop.stack.send(shop.stack.request("POST", path).bearer_auth(who).body(body))
            };
            send("{", &ada.token).await.expect_error(400, "malformed_body");
            send("{", "nobody").await.expect_error(401, "unauthorized");
            let large = shop.stack.request("POST", path).bearer_auth("nobody").body(" ".repeat(10 * 1024 + 1));
            shop.stack.send(large).await.expect_error(413, "body_too_large");
        }
        let keep = shop.stack.request("DELETE", "/api/tiers/downgrade").bearer_auth(&ada.token);
        let refused = shop.stack.send(keep).await.expect_error(400, "invalid_field");
        assert_eq!(refused["error"], "Failed to cancel downgrade");
        for path in ["/api/stripe/cancel", "/api/stripe/resume"] {
            shop.post(&ada, path, json!({})).await.expect_error(404, "not_found");
        }
        let none = shop.stack.get("/api/stripe/subscription", Some(&ada.token)).await.expect(200);
        assert_eq!(none, json!({ "subscription": null }));
        assert!(shop.stripe.asked().is_empty());
        assert_eq!(shop.stack.number("select count(*) from stripe_operations").await, 0);
        assert_eq!(shop.stack.number("select count(*) from idempotency_keys").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subscription_at_a_time() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        shop.subscribed(&ada, "BASIC").await;
        let before = shop.stripe.asked().len();
        let plan = || json!({ "mode": "subscription", "planId": "hobby" });
        for status in ["ACTIVE", "TRIALING", "PAST_DUE", "UNPAID"] {
            shop.stack.sql(&format!("update subscriptions set status = '{status}'")).await;
            shop.post(&ada, "/api/stripe/checkout", plan()).await.expect_error(400, "limit_reached");
        }
        // Not paid for what is, so no more of it.
        let refused = shop.post(&ada, "/api/tiers/upgrade", json!({ "targetTier": "PREMIUM" })).await;
        refused.expect_error(400, "limit_reached");
        assert_eq!(shop.stripe.asked().len(), before);
        // Tokens are still sold, and after the end everything is.
        shop.buy(&ada, "starter").await.expect(200);
        shop.stack.sql("update subscriptions set status = 'CANCELED'").await;
        shop.post(&ada, "/api/stripe/checkout", plan()).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_address_is_asked_for_one() {
    with_shop(async |shop| {
        let ada = shop.stack.sign_up("ada").await;
        shop.stack.sql("update users set email = null, password_hash = null").await;
        let refused = shop.buy(&ada, "pro").await.expect_error(400, "invalid_field");
        assert_eq!(refused["details"]["field"], "email");
        assert!(shop.stripe.asked().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_what_is_somebody_elses() {
    with_shop(async |shop| {
        let (ada, bob) = (shop.stack.sign_up("ada").await, shop.stack.sign_up("bob").await);
        let subscription = shop.subscribed(&ada, "STANDARD").await;
        for path in ["/api/stripe/cancel", "/api/stripe/resume", "/api/stripe/portal"] {
            let body = json!({ "subscriptionId": subscription, "userId": ada.id });
            shop.post(&bob, path, body).await.expect_error(404, "not_found");
        }
        assert_eq!(
            shop.stack.get("/api/stripe/subscription", Some(&bob.token)).await.expect(200)["subscription"],
            Value::Null
        );
        // A key of Ada's is another one in Bob's hands.
        let body = || json!({ "mode": "payment", "packageId": "pro", "userId": ada.id });
        let hers = shop.post_with_key(&ada, "/api/stripe/checkout", body(), "same").await.expect(200);
        let his = shop.post_with_key(&bob, "/api/stripe/checkout", body(), "same").await.expect(200);
        assert_ne!(hers["sessionId"], his["sessionId"]);
        let paid_by = |id: &Value| {
            let sessions = shop.stripe.objects("checkout.session");
            sessions.into_iter().find(|session| session["id"] == *id).unwrap()["metadata"]["userId"].clone()
        };
        assert_eq!((paid_by(&hers["sessionId"]), paid_by(&his["sessionId"])), (ada.id.into(), bob.id.into()));
    })
    .await;
}
