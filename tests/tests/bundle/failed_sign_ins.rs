//! A sign-in that fails is written down, without what was typed.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Browser, PASSWORD, Stack, with_stack};

use crate::admin_team::{look, person, record_is_whole, text, written};

const WRONG: &str = "hunter2-hunter2";

async fn fails(stack: &Stack, from: &str, email: &str) {
    let body = json!({ "email": email, "password": WRONG });
    let request = stack.request("POST", "/api/auth/mobile/signin").header("x-forwarded-for", from);
    let request = request.header("user-agent", "a phone").json(&body);
    stack.send(request).await.expect_error(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_61_a_failed_sign_in_is_written_down_without_what_was_typed() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        fails(stack, "192.0.2.7", &ada.email).await;
        fails(stack, "192.0.2.7", "nobody@example.com").await;
        let mut browser = Browser { address: Some("2001:db8::9".to_owned()), ..Browser::default() };
        browser.sign_in(stack, &ada.email, WRONG).await.expect(401);

        let page = look(stack, &admin, "/api/admin/audit?action=LOGIN_FAILED").await.expect(200);
        let seen = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            (text("ipAddress").unwrap(), text("targetId"), text("actorRole"), text("sessionId"))
        };
        let entries = page["entries"].as_array().unwrap();
        let expected = [("2001:db8::9", Some(&ada.id)), ("192.0.2.7", None), ("192.0.2.7", Some(&ada.id))];
        let expected = expected.map(|(address, target)| (address.to_owned(), target.cloned(), None, None));
        assert_eq!(entries.iter().map(seen).collect::<Vec<_>>(), expected);
        assert_eq!((&entries[2]["userAgent"], &entries[2]["metadata"]), (&json!("a phone"), &json!({})));
        assert!(entries.iter().all(|entry| entry["actorId"].as_str().unwrap().starts_with("anonymous-")), "{page}");

        let all = text(stack, "select string_agg(a::text, ' ') from audit_logs a").await;
        for typed in [WRONG, "ada@example.com", "nobody@"] {
            assert!(!all.contains(typed), "{all}");
        }
        // Who gets in is no failure, and what a limit refuses was not looked at.
        let right = json!({ "email": ada.email, "password": PASSWORD });
        stack.post("/api/auth/mobile/signin", &right).await.expect(200);
        assert_eq!(written(stack, "LOGIN_FAILED").await, 3);
        for _ in 0..4 {
            fails(stack, "192.0.2.7", &ada.email).await;
        }
        let body = json!({ "email": ada.email, "password": WRONG });
        let request = stack.request("POST", "/api/auth/mobile/signin").header("x-forwarded-for", "192.0.2.7");
        stack.send(request.json(&body)).await.expect_error(429, "too_many_requests");
        assert_eq!(written(stack, "LOGIN_FAILED").await, 7);
        record_is_whole(stack).await;
    })
    .await;
}

/// Right or wrong, somebody's or nobody's: an answer costs the same exchanges.
#[tokio::test(flavor = "multi_thread")]
async fn ops_61_what_an_entry_costs_tells_nothing() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.post("/api/auth/mobile/signin", &json!({ "email": ada.email, "password": PASSWORD })).await.expect(200);
        let cost = async || stack.metrics("auth").last().unwrap()["RoundTrips"].clone();
        let right = cost().await;
        fails(stack, "192.0.2.1", &ada.email).await;
        assert_eq!(cost().await, right);
        fails(stack, "192.0.2.2", "nobody@example.com").await;
        assert_eq!(cost().await, right);
    })
    .await;
}

/// No guess is answered without its entry, and many at once are all written down.
#[tokio::test(flavor = "multi_thread")]
async fn ops_61_guesses_at_once_have_an_entry_each() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let (stack, email) = (&*stack, ada.email.as_str());
        join_all((0..20).map(|n| async move { fails(stack, &format!("203.0.113.{n}"), email).await })).await;
        assert_eq!(written(stack, "LOGIN_FAILED").await, 20);
        record_is_whole(stack).await;

        stack.sql("revoke insert on audit_logs from spike_app").await;
        let body = json!({ "email": ada.email, "password": WRONG });
        stack.post("/api/auth/mobile/signin", &body).await.expect_error(503, "unavailable");
        let right = json!({ "email": ada.email, "password": PASSWORD });
        stack.post("/api/auth/mobile/signin", &right).await.expect(200);
        stack.sql("grant insert on audit_logs to spike_app").await;
    })
    .await;
}
