//! Signing up and signing in.

use futures_util::future::join_all;
use serde_json::json;
use tests::{PASSWORD, with_stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_has_ten_tokens_and_a_session() {
    with_stack(async |stack| {
        let body = json!({ "email": " TeSt@Example.com ", "password": "12345678", "name": " Ada " });
        let account = stack.post("/api/auth/signup", &body).await.expect(200);
        let id = account["user"]["id"].as_str().unwrap();
        assert!(id.len() == 37 && id.starts_with("user_"), "{id}");
        assert_eq!(account["user"]["email"], "test@example.com");
        assert_eq!(account["success"], true);

        let token = account["token"].as_str().unwrap();
        let session = stack.get("/api/auth/session", Some(token)).await.expect(200);
        assert_eq!(session["user"]["id"], id);
        assert_eq!(session["user"]["name"], "Ada");
        assert_eq!(session["expires"], account["expiresAt"]);
        assert_eq!(stack.get("/api/tokens/balance", Some(token)).await.expect(200)["balance"], 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account() {
    with_stack(async |stack| {
        let sign_up = |email: &str| json!({ "email": email, "password": PASSWORD });
        stack.post("/api/auth/signup", &sign_up("ada@example.com")).await.expect(200);
        stack.post("/api/auth/signup", &sign_up(" ADA@example.com")).await.expect_error(409, "email_taken");

        let body = sign_up("grace@example.com");
        let both = tokio::join!(stack.post("/api/auth/signup", &body), stack.post("/api/auth/signup", &body));
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);

        // An imported account keeps its id, and its address stays taken.
        stack.sql("insert into users (id, email, created_at) values ('c0123456789', 'old@example.com', now())").await;
        stack.post("/api/auth/signup", &sign_up("Old@example.com")).await.expect_error(409, "email_taken");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_first_accounts_one_is_the_administrator() {
    with_stack(async |stack| {
        let stack = &*stack;
        let sign_ups = (0..20).map(|n| async move { stack.sign_up(&format!("first{n}")).await });
        let people = join_all(sign_ups).await;
        assert_eq!(people.len(), 20);
        assert_eq!(stack.number("select count(*) from users where role = 'ADMIN'").await, 1);
        assert_eq!(stack.number("select count(*) from users where role = 'USER'").await, 19);
        stack.sql("delete from sessions; update users set role = 'USER'").await;
        stack.sign_up("late").await;
        assert_eq!(
            stack.number("select count(*) from users where role = 'ADMIN'").await,
            0,
            "the claim is not renewed"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_collided_in_the_original_are_two_people() {
    with_stack(async |stack| {
        let mut ids = Vec::new();
        for email in ["c5asasc5asc5c5asasasasasasasasasasas@x.io", "asc5c5asc5asasc5asasasasasasasasasas@x.io"] {
            let body = json!({ "email": email, "password": PASSWORD });
            ids.push(stack.post("/api/auth/signup", &body).await.expect(200)["user"]["id"].clone());
        }
        assert_ne!(ids[0], ids[1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_is_refused_with_its_own_sentence() {
    with_stack(async |stack| {
        let long_name = "n".repeat(101);
        for (body, sentence) in [
            (json!({ "password": PASSWORD }), "Email is required"),
            (json!({ "email": 5, "password": PASSWORD }), "Email is required"),
            (json!({ "email": " ", "password": PASSWORD }), "Email is required"),
            (json!({ "email": "ada", "password": PASSWORD }), "Invalid email format"),
            (json!({ "email": "a\0@b.c", "password": PASSWORD }), "Invalid email format"),
            (json!({ "email": "ada@example.com" }), "Password is required"),
            (json!({ "email": "ada@example.com", "password": ["x"] }), "Password is required"),
            (json!({ "email": "ada@example.com", "password": "1234567" }), "Password must be at least 8 characters"),
            (
                json!({ "email": "ada@example.com", "password": "p".repeat(1025) }),
                "Password must be at most 1024 characters",
            ),
            (
                json!({ "email": "ada@example.com", "password": PASSWORD, "name": long_name }),
                "Name must be at most 100 characters, without control characters",
            ),
        ] {
            let answer = stack.post("/api/auth/signup", &body).await;
            assert_eq!(answer.expect_error(400, "invalid_field")["error"], sentence);
        }
        let large = json!({ "email": "ada@example.com", "password": "p".repeat(3_000) });
        stack.post("/api/auth/signup", &large).await.expect_error(413, "body_too_large");
        assert_eq!(stack.number("select count(*) from users").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_signs_in_and_a_wrong_password_says_nothing() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("insert into users (id, email, created_at) values ('user_oauth', 'oauth@example.com', now())").await;
        let sign_in = |email: &str, password: &str| json!({ "email": email, "password": password });

        let session = stack.post("/api/auth/mobile/signin", &sign_in(" ADA@example.com", PASSWORD)).await.expect(200);
        assert_eq!(session["user"]["id"], ada.id.as_str());
        let token = session["token"].as_str().unwrap();
        assert_ne!(token, ada.token, "each device has a session of its own");
        stack.get("/api/tokens/balance", Some(token)).await.expect(200);

        let mut refusals = Vec::new();
        for (email, password) in
            [("ada@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("oauth@example.com", PASSWORD)]
        {
            let answer = stack.post("/api/auth/mobile/signin", &sign_in(email, password)).await;
            let mut body = answer.expect_error(401, "invalid_credentials");
            body["requestId"] = json!(null);
            refusals.push(body);
        }
        assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
        assert_eq!(stack.number("select count(*) from users").await, 2, "a sign-in makes nobody");
    })
    .await;
}
