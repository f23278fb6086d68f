//! `GET /api/tiers`, `GET /api/tiers/check-upgrade-prompt` and `GET /api/mcp/balance`.

use serde_json::{Value, json};
use tests::{Person, Stack, with_stack};

fn tier(name: &str, display: &str, capacity: i64, price: f64) -> Value {
    json!({ "tier": name, "displayName": display, "wellCapacity": capacity, "priceGBP": price })
}

async fn ask(stack: &Stack, person: &Person, path: &str) -> Value {
    stack.get(path, Some(&person.token)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tiers_say_where_one_stands() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let all = [
            tier("FREE", "Free", 10, 0.0),
            tier("BASIC", "Basic", 20, 5.0),
            tier("STANDARD", "Standard", 50, 10.0),
            tier("PREMIUM", "Premium", 100, 20.0),
        ];
        for (index, own) in all.iter().enumerate() {
            let name = own["tier"].as_str().unwrap();
            stack.give_wallet(&ada, 1, name, 0).await;
            let shown = ask(stack, &ada, "/api/tiers").await;
            let mut offered = all.clone();
            for (position, one) in offered.iter_mut().enumerate() {
                one["isCurrent"] = (position == index).into();
            }
            let next = all.get(index + 1).cloned().unwrap_or(Value::Null);
            let expected = json!({
                "tiers": offered, "currentTier": name, "canUpgrade": !next.is_null(), "nextTier": next,
            });
            assert_eq!(shown, expected);
        }
        // An imported account without a wallet is FREE.
        stack.sql("delete from token_transactions; delete from user_token_balances").await;
        assert_eq!(ask(stack, &ada, "/api/tiers").await["currentTier"], "FREE");
        stack.get("/api/tiers", None).await.expect_error(401, "unauthorized");
        stack.get("/api/tiers/", Some(&ada.token)).await.expect(404);
        stack.get("/api/tiers/surprise", Some(&ada.token)).await.expect_error(404, "no_such_endpoint");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_run_out_is_shown_the_next_tier() {
    with_stack(async |stack| {
        const PATH: &str = "/api/tiers/check-upgrade-prompt";
        let ada = stack.sign_up("ada").await;
        let prompt = |show: bool, own: &str, next: Value| {
            json!({ "showUpgradePrompt": show, "isPremiumAtZero": false, "currentTier": own, "nextTier": next })
        };
        let standard = tier("STANDARD", "Standard", 50, 10.0);
        stack.give_wallet(&ada, 0, "BASIC", 0).await;
        assert_eq!(ask(stack, &ada, PATH).await, prompt(true, "BASIC", standard.clone()));
        stack.give_wallet(&ada, 1, "BASIC", 0).await;
        assert_eq!(ask(stack, &ada, PATH).await, prompt(false, "BASIC", standard.clone()));
        stack.give_wallet(&ada, 1, "PREMIUM", 0).await;
        assert_eq!(ask(stack, &ada, PATH).await, prompt(false, "PREMIUM", Value::Null));
        // What has grown meanwhile counts.
        stack.give_wallet(&ada, 0, "BASIC", 16).await;
        assert_eq!(ask(stack, &ada, PATH).await, prompt(false, "BASIC", standard));

        stack.give_wallet(&ada, 0, "PREMIUM", 5).await;
        let mut shown = ask(stack, &ada, PATH).await;
        let wait = shown["options"]["timeUntilNextRegen"].take().as_i64().unwrap();
        assert!((9 * 60_000..=10 * 60_000).contains(&wait), "{wait}");
        let pack = |id: &str, name: &str, tokens: i64, price: f64| {
            json!({ "id": id, "name": name, "tokens": tokens, "price": price })
        };
        let packs = json!([
            pack("starter", "Starter Pack", 10, 2.99),
            pack("basic", "Basic Pack", 50, 9.99),
            pack("pro", "Pro Pack", 150, 24.99),
            pack("power", "Power Pack", 500, 69.99),
        ]);
        let options = json!({ "timeUntilNextRegen": null, "tokenPacks": packs });
        assert_eq!(
            shown,
            json!({
                "showUpgradePrompt": false, "isPremiumAtZero": true, "currentTier": "PREMIUM", "options": options,
            })
        );

        stack.sql("delete from token_transactions; delete from user_token_balances").await;
        let without = ask(stack, &ada, PATH).await;
        assert_eq!((&without["showUpgradePrompt"], &without["currentTier"]), (&false.into(), &"FREE".into()));
        stack.get(PATH, None).await.expect_error(401, "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_balance_sixty_times_a_minute() {
    with_stack(async |stack| {
        const PATH: &str = "/api/mcp/balance";
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        let made = stack.request("POST", "/api/settings/api-keys").bearer_auth(&ada.token).json(&json!({ "name": "a" }));
        let made = stack.send(made).await.expect(200);
        let key = made["apiKey"]["key"].as_str().or(made["key"].as_str()).unwrap().to_owned();

        stack.give_wallet(&ada, 0, "FREE", 47).await;
        let shown = ask(stack, &ada, PATH).await;
        assert_eq!(shown["balance"], 3, "what has grown is there: {shown}");
        assert!(shown["lastRegeneration"].as_str().unwrap().ends_with('Z') && shown.as_object().unwrap().len() == 2);
        assert_eq!(stack.number("select count(*) from token_transactions where type = 'EARN_REGENERATION'").await, 1);
        for _ in 0..59 {
            assert_eq!(stack.get(PATH, Some(&key)).await.expect(200)["balance"], 3);
        }
        for token in [&key, &ada.token] {
            let refused = stack.get(PATH, Some(token)).await;
            let body = refused.expect_error(429, "too_many_requests");
            let wait = body["retryAfter"].as_i64().unwrap();
            assert!((1..=60).contains(&wait) && refused.header("retry-after") == wait.to_string(), "{body}");
            assert_eq!(body["error"], "Rate limit exceeded");
        }
        // Grace is counted by herself, and an imported account's wallet is opened.
        stack.sql(&format!("delete from token_transactions where user_id = '{0}'; delete from user_token_balances where user_id = '{0}'", grace.id)).await;
        assert_eq!(ask(stack, &grace, PATH).await["balance"], 10);
        stack.set_clock(61);
        assert_eq!(ask(stack, &ada, PATH).await["balance"], 3);
        stack.get(PATH, None).await.expect_error(401, "unauthorized");
        stack.get(PATH, Some("sk_test_nobodys")).await.expect_error(401, "invalid_api_key");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_them_waits_once_for_the_database() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let paths = ["/api/tiers", "/api/tiers/check-upgrade-prompt", "/api/mcp/balance"];
        // The first one of a session also writes down that it is in use, beside the question.
        for path in paths {
            ask(stack, &ada, path).await;
        }
        let metrics = stack.metrics("tokens");
        assert_eq!(metrics.len(), 3, "{metrics:?}");
        assert!(metrics.iter().all(|line| line["RoundTrips"] == 1), "{metrics:?}");
    })
    .await;
}
