//! Answers that belong to no sign-in of this browser, and people who decline.

use serde_json::json;
use tests::Stack;

use crate::provider::{CLIENT_SECRET, with_provider};
use crate::visitor::{Back, FRONT_END, Visitor, expect_refused};

const NOBODY: &str = "select count(*) from sessions";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_works_once_in_the_browser_that_left_and_in_time() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        for name in ["google", "apple", "github", "facebook"] {
            let (mut ada, mut mallory) = (Visitor::new(), Visitor::new());
            let back = ada.leave(stack, name, "ada").await;
            let other = mallory.leave(stack, name, "ada").await;
            // Mallory has a browser of her own, or none of its cookies.
            expect_refused(&mallory.come_back(stack, &back).await, "OAuthCallbackError");
            expect_refused(&Visitor::new().come_back(stack, &back).await, "OAuthCallbackError");
            // Ada was given Mallory's link: she must not end up in Mallory's account.
            expect_refused(&ada.come_back(stack, &other).await, "OAuthCallbackError");
            assert_eq!(stack.number(NOBODY).await, 0, "{name}");

            // None of that took Ada's own attempt.
            let cookies = ada.browser.cookies.clone();
            ada.come_back(stack, &back).await.expect(303);
            ada.browser.cookies = cookies;
            expect_refused(&ada.come_back(stack, &back).await, "OAuthCallbackError");
            stack.sql("delete from sessions").await;

            let mut late = Visitor::new();
            let back = late.leave(stack, name, "ada").await;
            stack.set_clock(15 * 60 + 5);
            expect_refused(&late.come_back(stack, &back).await, "OAuthCallbackError");
            stack.set_clock(0);
            assert_eq!(stack.number(NOBODY).await, 0, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_its_parts_signs_nobody_in() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        let changes: [(&str, Option<&str>); 6] = [
            ("state", None),
            ("state", Some("guess")),
            ("code", None),
            ("code", Some("guess")),
            ("iss", Some("https://evil.example")),
            ("error", Some("server_error")),
        ];
        for name in ["google", "apple"] {
            for (what, value) in changes {
                let mut visitor = Visitor::new();
                let back = visitor.leave(stack, name, "ada").await.saying(what, value);
                expect_refused(&visitor.come_back(stack, &back).await, "OAuthCallbackError");
            }
        }
        // Another provider's answer, and one for a provider that there is not.
        for (path, word) in [("github", "OAuthCallbackError"), ("gitlab", "Configuration"), ("%ff", "Configuration")] {
            let mut visitor = Visitor::new();
            let back = visitor.leave(stack, "google", "ada").await;
            let back = Back { path: back.path.replace("/google?", &format!("/{path}?")), form: None };
            expect_refused(&visitor.come_back(stack, &back).await, word);
        }
        assert_eq!(stack.number("select count(*) from users").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_declines_is_told_so() {
    with_provider(async |stack, _| {
        for name in ["google", "apple", "github", "facebook"] {
            let mut visitor = Visitor::new();
            let back = visitor.leave(stack, name, "nobody").await;
            assert_eq!(back.says("error"), "access_denied");
            expect_refused(&visitor.come_back(stack, &back).await, "AccessDenied");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_another_site_afterwards() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        for (wanted, goes) in [
            ("https://evil.example/x", "/"),
            ("//evil.example/x", "/"),
            ("/\\evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("http://localhost:3000@evil.example/", "/"),
            ("http://localhost:3000/settings#x", "/settings#x"),
            ("/settings?a=b", "/settings?a=b"),
        ] {
            let mut visitor = Visitor::new();
            let pressed = visitor.press(stack, "google", "ada", wanted).await.expect(200);
            let back = visitor.at_provider(pressed["url"].as_str().unwrap()).await;
            let answer = visitor.come_back(stack, &back).await;
            answer.expect(303);
            assert_eq!(answer.header("location"), format!("{FRONT_END}{goes}"), "{wanted}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_starts_nothing() {
    with_provider(async |stack, _| {
        let mut visitor = Visitor::new();
        let token = visitor.browser.csrf_token(stack).await;
        for form in [vec![], vec![("csrfToken", "guess")]] {
            let request = visitor.browser.request(stack, "POST", "/api/auth/signin/google").form(&form);
            visitor.browser.send(stack, request).await.expect_error(403, "csrf_mismatch");
        }
        // A plain form is sent there, and what Auth.js would let the query replace stays ours.
        let query = "redirect_uri=https://evil.example&client_id=other&state=known&scope=all";
        let request = visitor.browser.request(stack, "POST", &format!("/api/auth/signin/google?{query}"));
        let answer = visitor.browser.send(stack, request.form(&[("csrfToken", &token)])).await;
        answer.expect(303);
        let location = answer.header("location");
        assert!(!["evil", "known", "scope=all"].iter().any(|wanted| location.contains(wanted)), "{location}");
        for needed in [
            "response_type=code",
            "client_id=google",
            "code_challenge_method=S256",
            "nonce=",
            "scope=openid+email+profile",
        ] {
            assert!(location.contains(needed), "{needed} in {location}");
        }
        assert_eq!(stack.number("select count(*) from oauth_attempts").await, 1);

        let form = [("csrfToken", &token)];
        let request = visitor.browser.request(stack, "POST", "/api/auth/signin/gitlab").form(&form);
        expect_refused(&visitor.browser.send(stack, request).await, "Configuration");
        // Attempts that nobody came back from do not stay.
        stack.set_clock(16 * 60);
        visitor.press(stack, "google", "ada", "/").await.expect(200);
        assert_eq!(stack.number("select count(*) from oauth_attempts").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_begins_only_so_many() {
    with_provider(async |stack, _| {
        let mut visitor = Visitor::new();
        visitor.browser.address = Some("203.0.113.5".to_owned());
        for _ in 0..60 {
            visitor.press(stack, "github", "ada", "/").await.expect(200);
        }
        visitor.press(stack, "github", "ada", "/").await.expect_error(429, "too_many_requests");
        visitor.browser.address = None;
        visitor.press(stack, "github", "ada", "/").await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_no_secret_of_a_sign_in() {
    with_provider(async |stack, provider| {
        provider.person("ada", Some("ada@example.com"), true).await;
        let mut visitor = Visitor::new();
        let back = visitor.leave(stack, "google", "ada").await;
        let browser = visitor.browser.cookies["authjs.state"].clone();
        visitor.come_back(stack, &back).await.expect(303);
        expect_refused(&visitor.come_back(stack, &back).await, "OAuthCallbackError");
        provider.ask(&json!({ "do": "tamper", "claims": { "nonce": "another" } })).await;
        expect_refused(&Visitor::new().sign_in(stack, "google", "ada").await, "OAuthCallbackError");
        assert_nowhere(
            stack,
            &[&browser, &back.says("code"), &back.says("state"), CLIENT_SECRET, "ada@example.com", "eyJ"],
        );
        let log = stack.bundle.log_lines("auth").join("\n");
        assert!(log.contains("it is not that of this sign-in"), "the cause is in the log");
    })
    .await;
}

fn assert_nowhere(stack: &Stack, secrets: &[&str]) {
    for function in ["auth", "gateway"] {
        let log = stack.bundle.log_lines(function).join("\n");
        assert!(!log.is_empty());
        for secret in secrets {
            assert!(!log.contains(secret), "the log of {function} has {secret}");
        }
    }
}
