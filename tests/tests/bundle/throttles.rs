//! Limits on how often: exact under concurrency, and no means to lock somebody else out.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Browser, PASSWORD, Stack, with_stack};

async fn post_from(stack: &Stack, address: &str, path: &str, body: &Value) -> Answer {
    stack.send(stack.request("POST", path).header("x-forwarded-for", address).json(body)).await
}

async fn sign_in_from(stack: &Stack, address: &str, email: &str, password: &str) -> Answer {
    post_from(stack, address, "/api/auth/mobile/signin", &json!({ "email": email, "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_five_hundred_at_once_twenty_pass() {
    with_stack(async |stack| {
        let (stack, code) = (&*stack, json!({ "code": "ABCDEFGH" }));
        let calls = (0..500).map(|_| post_from(stack, "192.0.2.1", "/api/referral/validate", &code));
        let answers = join_all(calls).await;
        let passed = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 429).count();
        let other: Vec<_> = answers.iter().filter(|answer| ![200, 429].contains(&answer.status)).collect();
        assert_eq!((passed, refused), (20, 480), "{other:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_address_has_an_account_is_answered_ten_times_a_minute() {
    with_stack(async |stack| {
        stack.sign_up("ada").await;
        stack.sql("insert into users (id, email, created_at) values ('user_oauth', 'oauth@example.com', now())").await;
        let check = async |from: &str, email: &str| {
            post_from(stack, from, "/api/auth/check-email", &json!({ "email": email })).await
        };
        for (email, exists, has_password) in
            [("nobody@example.com", false, false), (" ADA@example.com", true, true), ("oauth@example.com", true, false)]
        {
            let answer = check("192.0.2.1", email).await.expect(200);
            assert_eq!(answer, json!({ "exists": exists, "hasPassword": has_password }));
        }
        for _ in 0..7 {
            check("192.0.2.1", "ada@example.com").await.expect(200);
        }
        let refused = check("192.0.2.1", "ada@example.com").await;
        refused.expect_error(429, "too_many_requests");
        let seconds: u32 = refused.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(refused.header("x-ratelimit-remaining"), "0");
        check("192.0.2.2", "ada@example.com").await.expect(200);

        stack.set_clock(61);
        check("192.0.2.1", "ada@example.com").await.expect(200);
        for (body, code) in
            [(json!({}), 400), (json!({ "email": "x" }), 400), (json!({ "email": "a".repeat(1_100) }), 413)]
        {
            assert_eq!(stack.post("/api/auth/check-email", &body).await.status, code, "{body}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_signs_up_five_times_an_hour() {
    with_stack(async |stack| {
        let sign_up = async |n: u32| {
            let body = json!({ "email": format!("a{n}@example.com"), "password": PASSWORD });
            post_from(stack, "2001:db8::1", "/api/auth/signup", &body).await
        };
        for n in 0..5 {
            sign_up(n).await.expect(200);
        }
        sign_up(5).await.expect_error(429, "too_many_requests");
        // The same customer's next address.
        let body = json!({ "email": "b@example.com", "password": PASSWORD });
        post_from(stack, "2001:db8::2", "/api/auth/signup", &body).await.expect_error(429, "too_many_requests");
        assert_eq!(stack.number("select count(*) from users").await, 5);
        stack.set_clock(3_601);
        sign_up(5).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_sign_in_from_one_place_fails_with_the_right_password_too() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        for _ in 0..5 {
            sign_in_from(stack, "192.0.2.1", &ada.email, "wrong password")
                .await
                .expect_error(401, "invalid_credentials");
        }
        sign_in_from(stack, "192.0.2.1", " ADA@example.com ", PASSWORD).await.expect_error(429, "too_many_requests");
        // A browser is told what every failed sign-in is told, and the code.
        let mut browser = Browser { address: Some("192.0.2.1".to_owned()), ..Browser::default() };
        let refused = browser.sign_in(stack, &ada.email, PASSWORD).await.expect(429);
        assert!(refused["url"].as_str().unwrap().contains("/auth/signin?error=CredentialsSignin"), "{refused}");
        // Ada herself is elsewhere.
        sign_in_from(stack, "192.0.2.2", &ada.email, PASSWORD).await.expect(200);
        stack.set_clock(15 * 60 + 1);
        sign_in_from(stack, "192.0.2.1", &ada.email, PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_from_many_addresses_is_slowed_and_locks_nobody_out() {
    with_stack(async |stack| {
        let home = "198.51.100.7";
        let ada = stack.sign_up("ada").await;
        sign_in_from(stack, home, &ada.email, PASSWORD).await.expect(200);

        // A botnet: each guess from another address, all at once.
        let shared = &*stack;
        let guesses = (0..20).map(|n| async move {
            let from = format!("203.0.113.{n}");
            sign_in_from(shared, &from, "ada@example.com", "wrong password").await.status
        });
        assert!(join_all(guesses).await.iter().all(|status| *status == 401));
        // From now on a guess waits; so does one at an address that nobody has, so that waiting tells nothing.
        stack.sql("update rate_limits set hits = 20 where key = sha256('guess:ada@example.com')").await;
        stack
            .sql("insert into rate_limits values (sha256('guess:nobody@example.com'), 20, now() + interval '1 minute')")
            .await;
        for email in ["ada@example.com", "nobody@example.com"] {
            let started = Instant::now();
            sign_in_from(stack, "203.0.113.200", email, "wrong password")
                .await
                .expect_error(401, "invalid_credentials");
            assert!(started.elapsed() >= Duration::from_secs(2), "a guess at {email} was answered at once");
        }
        // A new place of Ada's own: slower, and in.
        sign_in_from(stack, "203.0.113.201", &ada.email, PASSWORD).await.expect(200);

        // Beyond the bound, only where she has been before, and never for a stranger with the right guess.
        stack.sql("update rate_limits set hits = 100 where key = sha256('guess:ada@example.com')").await;
        sign_in_from(stack, "203.0.113.202", &ada.email, PASSWORD).await.expect_error(429, "too_many_requests");
        sign_in_from(stack, home, &ada.email, PASSWORD).await.expect(200);
        assert_eq!(
            stack.number("select hits from rate_limits where key = sha256('guess:ada@example.com')").await,
            101,
            "a sign-in that succeeds gives its own hit back, and no more"
        );
    })
    .await;
}
