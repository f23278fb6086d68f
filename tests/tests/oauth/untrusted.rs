//! ID tokens that are not to be believed, and providers that do not answer.

use serde_json::{Value, json};

use crate::provider::{CLIENT_SECRET, with_provider};
use crate::visitor::{Visitor, expect_refused};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_is_not_for_this_sign_in_signs_nobody_in() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        for how in [
            json!({ "claims": { "nonce": "another" } }),
            json!({ "claims": { "nonce": null } }),
            json!({ "claims": { "iss": "https://evil.example" } }),
            json!({ "claims": { "aud": "another" } }),
            json!({ "claims": { "aud": ["google", "apple", "another"] } }),
            json!({ "claims": { "exp": 1_000_000_000 } }),
            json!({ "claims": { "sub": "" } }),
            json!({ "alg": "none" }),
            json!({ "alg": "HS256" }),
            json!({ "key": "other" }),
        ] {
            tamper(provider, &how).await;
            for name in ["google", "apple"] {
                let mut visitor = Visitor::new();
                let answer = visitor.sign_in(stack, name, "ada").await;
                assert_eq!(answer.status, 302, "{name} with {how}");
                expect_refused(&answer, "OAuthCallbackError");
            }
        }
        assert_eq!(stack.number("select count(*) from users").await, 0);

        // The provider's own, once it is late by our clock.
        tamper(provider, &json!({})).await;
        stack.set_clock(2 * 60 * 60);
        expect_refused(&Visitor::new().sign_in(stack, "google", "ada").await, "OAuthCallbackError");
        stack.set_clock(0);
        for name in ["google", "apple"] {
            Visitor::new().sign_in(stack, name, "ada").await.expect(303);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_may_change_its_keys() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        for name in ["google", "apple"] {
            tamper(provider, &json!({})).await;
            Visitor::new().sign_in(stack, name, "ada").await.expect(303);
            tamper(provider, &json!({ "key": "new" })).await;
            Visitor::new().sign_in(stack, name, "ada").await.expect(303);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_signs_nobody_in() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        provider.ask(&json!({ "do": "hide", "path": "/.well-known/openid-configuration" })).await;
        let body = Visitor::new().press(stack, "google", "ada", "/").await.expect(200);
        assert_eq!(body["url"], "http://localhost:3000/auth/error?error=OAuthCallbackError");
        assert_eq!(stack.number("select count(*) from oauth_attempts").await, 0);
        for (name, path) in
            [("google", "/token"), ("github", "/token"), ("github", "/github/user"), ("facebook", "/facebook/me")]
        {
            provider.ask(&json!({ "do": "hide" })).await;
            let mut visitor = Visitor::new();
            let back = visitor.leave(stack, name, "ada").await;
            provider.ask(&json!({ "do": "hide", "path": path })).await;
            expect_refused(&visitor.come_back(stack, &back).await, "OAuthCallbackError");
        }
        assert_eq!(stack.number("select count(*) from users").await, 0);
        let log = stack.bundle.log_lines("auth").join("\n");
        assert!(log.contains("could not be asked") && !log.contains(CLIENT_SECRET), "{log}");
        provider.ask(&json!({ "do": "hide" })).await;
        Visitor::new().sign_in(stack, "google", "ada").await.expect(303);

        let mut visitor = Visitor::new();
        let back = visitor.leave(stack, "google", "ada").await;
        provider.stop().await;
        expect_refused(&visitor.come_back(stack, &back).await, "OAuthCallbackError");
    })
    .await;
}

async fn tamper(provider: &mut crate::provider::Provider, how: &Value) {
    let mut request = json!({ "do": "tamper" });
    request.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
    provider.ask(&request).await;
}
