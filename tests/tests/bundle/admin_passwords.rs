//! `POST /api/admin/users/password`: a new password for somebody, or an account for them.

use serde_json::{Value, json};
use tests::{Answer, PASSWORD, Person, Stack, with_stack};

use crate::admin_team::{ask, give, look, person, record_is_whole, text, written};

const NEW: &str = "a new pass phrase";

async fn set(stack: &Stack, who: &Person, body: &Value) -> Answer {
    ask(stack, who, "POST", "/api/admin/users/password", body).await
}

async fn sign_in(stack: &Stack, email: &str, password: &str) -> Answer {
    stack.post("/api/auth/mobile/signin", &json!({ "email": email, "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_session() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let second = sign_in(stack, &ada.email, PASSWORD).await.expect(200)["token"].as_str().unwrap().to_owned();
        let answer = set(stack, &root, &json!({ "email": " ADA@example.com ", "password": NEW })).await.expect(200);
        assert_eq!(answer["user"], json!({ "id": ada.id, "email": ada.email, "name": null }));
        assert_eq!(answer["success"], true);
        for token in [&ada.token, &second] {
            stack.get("/api/tokens/balance", Some(token)).await.expect_error(401, "unauthorized");
        }
        sign_in(stack, &ada.email, PASSWORD).await.expect_error(401, "invalid_credentials");
        sign_in(stack, &ada.email, NEW).await.expect(200);
        let ended = format!("select count(*) from users where id = '{}' and signed_out_at is not null", ada.id);
        assert_eq!(stack.number(&ended).await, 1);
        let record = look(stack, &root, "/api/admin/audit?action=PASSWORD_SET").await.expect(200);
        assert_eq!(
            (&record["entries"][0]["targetId"], &record["entries"][0]["metadata"]),
            (&json!(ada.id), &json!({}))
        );
        assert!(!record.to_string().contains("ada@"), "no address in the record");

        // One's own, too: the entry is there although the session that wrote it has ended.
        set(stack, &root, &json!({ "email": root.email, "password": NEW })).await.expect(200);
        look(stack, &root, "/api/admin/dashboard").await.expect_error(401, "unauthorized");
        assert_eq!(written(stack, "PASSWORD_SET").await, 2);
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passwords_of_administrators_are_for_super_administrators() {
    with_stack(async |stack| {
        let (actor, target) = (stack.sign_up("actor").await, stack.sign_up("target").await);
        let body = json!({ "email": target.email, "password": NEW, "createIfNotExists": true });
        for (acting, role, status, code) in [
            ("USER", "USER", 403, "admin_required"),
            ("ADMIN", "ADMIN", 403, "not_allowed"),
            ("ADMIN", "SUPER_ADMIN", 403, "not_allowed"),
        ] {
            give(stack, &actor, acting).await;
            give(stack, &target, role).await;
            set(stack, &actor, &body).await.expect_error(status, code);
        }
        assert_eq!(written(stack, "PASSWORD_SET").await, 0);
        stack.balance(&target).await;
        give(stack, &actor, "SUPER_ADMIN").await;
        set(stack, &actor, &body).await.expect(200);
        sign_in(stack, &target.email, NEW).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_when_that_is_asked_for() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let mut body = json!({ "email": "New@Example.com", "password": NEW, "name": " New One " });
        set(stack, &root, &body).await.expect_error(404, "not_found");
        body["createIfNotExists"] = false.into();
        set(stack, &root, &body).await.expect_error(404, "not_found");
        assert_eq!(stack.number("select count(*) from users").await, 1);
        body["createIfNotExists"] = true.into();
        let made = set(stack, &root, &body).await.expect(200);
        assert_eq!((&made["user"]["email"], &made["user"]["name"]), (&"new@example.com".into(), &"New One".into()));
        let session = sign_in(stack, "new@example.com", NEW).await.expect(200);
        assert_eq!(session["user"]["id"], made["user"]["id"]);
        let token = session["token"].as_str().unwrap();
        assert_eq!(stack.get("/api/tokens/balance", Some(token)).await.expect(200)["balance"], 10);
        let person =
            text(stack, "select role::text || (email_verified is null) from users where email like 'new@%'").await;
        assert_eq!(person, "USERtrue", "nobody has proved the address");
        let record = look(stack, &root, "/api/admin/audit?action=USER_CREATE").await.expect(200);
        assert_eq!(record["entries"][0]["targetId"], made["user"]["id"]);

        // Somebody who was deleted comes back as another person.
        let path = format!("/api/admin/users?userId={}", made["user"]["id"].as_str().unwrap());
        ask(stack, &root, "DELETE", &path, &Value::Null).await.expect(200);
        let again = set(stack, &root, &body).await.expect(200);
        assert_ne!(again["user"]["id"], made["user"]["id"]);
        assert_eq!(written(stack, "USER_CREATE").await, 2);
        record_is_whole(stack).await;
    })
    .await;
}

/// The person and the entry are one.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_entry_cannot_be_written_is_not_made() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack.sql("revoke insert on audit_logs from spike_app").await;
        let body = json!({ "email": "new@example.com", "password": NEW, "createIfNotExists": true });
        set(stack, &root, &body).await.expect_error(503, "unavailable");
        assert_eq!(stack.number("select count(*) from users").await, 1);
        let own = json!({ "email": root.email, "password": NEW });
        set(stack, &root, &own).await.expect_error(503, "unavailable");
        sign_in(stack, &root.email, PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_cannot_be_is_refused_by_name() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        for (body, field) in [
            (json!({ "password": NEW }), "email"),
            (json!({ "email": "x y", "password": NEW }), "email"),
            (json!({ "email": "ada@example.com" }), "password"),
            (json!({ "email": "ada@example.com", "password": "1234567" }), "password"),
            (json!({ "email": "ada@example.com", "password": "x".repeat(1_025) }), "password"),
            (json!({ "email": "ada@example.com", "password": NEW, "name": "n".repeat(101) }), "name"),
            (json!({ "email": "ada@example.com", "password": NEW, "createIfNotExists": "yes" }), "createIfNotExists"),
        ] {
            let refused = set(stack, &root, &body).await.expect_error(400, "invalid_field");
            assert_eq!(refused["details"]["field"], field, "{body}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_an_hour_for_each_administrator() {
    with_stack(async |stack| {
        let (root, other) = (person(stack, "root", "ADMIN").await, person(stack, "other", "ADMIN").await);
        let body = json!({ "email": "nobody@example.com", "password": NEW });
        for _ in 0..5 {
            set(stack, &root, &body).await.expect_error(404, "not_found");
        }
        let refused = set(stack, &root, &body).await;
        refused.expect_error(429, "too_many_requests");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=3_600).contains(&wait), "{wait}");
        set(stack, &other, &body).await.expect_error(404, "not_found");
        stack.set_clock(3_601);
        set(stack, &root, &body).await.expect_error(404, "not_found");
    })
    .await;
}
