//! What the end-to-end tests of the front end count on, after `seed e2e`.

use serde_json::json;
use tests::{Stack, with_stack};

const KEY: &str = "e2e-test-api-key-12345";

async fn seed(stack: &Stack, action: &str, set: Option<&str>) {
    let target = stack.direct_url.rsplit('/').next().unwrap();
    let mut event = json!({ "action": action, "target": target });
    if let Some(set) = set {
        event["name"] = json!(set);
    }
    stack.bundle.invoke("migrate", event).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_68_the_known_key_opens_the_door_in_its_own_header() {
    with_stack(async |stack| {
        let balance = |key: &str| stack.request("GET", "/api/tokens/balance").header("x-api-key", key);
        stack.send(balance(KEY)).await.expect_error(401, "invalid_api_key");
        seed(stack, "seed", Some("e2e")).await;
        assert_eq!(stack.send(balance(KEY)).await.expect(200)["balance"], 100);
        for wrong in ["e2e-test-api-key-1234", "E2E-TEST-API-KEY-12345", "e2e-test", &"x".repeat(201)] {
            stack.send(balance(wrong)).await.expect_error(401, "invalid_api_key");
        }
        // A bearer token that doesn't begin like a key is a session's.
        stack.get("/api/tokens/balance", Some(KEY)).await.expect_error(401, "unauthorized");
        // A session's token is no key.
        let ada = stack.sign_up("ada").await;
        stack.send(balance(&ada.token)).await.expect_error(401, "invalid_api_key");

        seed(stack, "cleanup_e2e", None).await;
        stack.send(balance(KEY)).await.expect_error(401, "invalid_api_key");
    })
    .await;
}
