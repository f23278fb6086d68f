//! A person's own sessions, password and preferences, and leaving.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Browser, PASSWORD, Person, Stack, with_stack};

const SESSIONS: &str = "/api/settings/sessions";
const PREFERENCES: &str = "/api/settings/preferences";
const NEW_PASSWORD: &str = "a new pass phrase";

async fn call(stack: &Stack, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    stack.send(stack.request(method, path).bearer_auth(token).json(body)).await
}

async fn delete(stack: &Stack, path: &str, token: &str) -> Answer {
    stack.send(stack.request("DELETE", path).bearer_auth(token)).await
}

/// Signs in on another phone.
async fn another_phone(stack: &Stack, person: &Person) -> String {
    let body = json!({ "email": person.email, "password": PASSWORD });
    let session = stack.post("/api/auth/mobile/signin", &body).await.expect(200);
    session["token"].as_str().unwrap().to_owned()
}

async fn is_signed_in(stack: &Stack, token: &str) -> bool {
    stack.get("/api/tokens/balance", Some(token)).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_from_afar() {
    with_stack(async |stack| {
        let (ada, eve) = (stack.sign_up("ada").await, stack.sign_up("eve").await);
        let phone = another_phone(stack, &ada).await;
        let request = stack.request("GET", SESSIONS).bearer_auth(&phone).header("user-agent", "a phone");
        let sessions = stack.send(request).await.expect(200)["sessions"].clone();
        let currents: Vec<_> = sessions.as_array().unwrap().iter().map(|session| session["current"].clone()).collect();
        assert_eq!(currents, [json!(true), json!(false)], "the newest first: {sessions}");
        let first = sessions[1]["id"].as_str().unwrap();
        assert!(sessions[1]["ipAddress"].is_string() && sessions[1]["expiresAt"].is_string(), "{sessions}");

        let path = format!("{SESSIONS}/{first}");
        delete(stack, &path, &eve.token).await.expect_error(404, "not_found");
        assert!(is_signed_in(stack, &ada.token).await);
        delete(stack, &path, &phone).await.expect(200);
        assert!(!is_signed_in(stack, &ada.token).await && is_signed_in(stack, &phone).await);
        delete(stack, &path, &phone).await.expect_error(404, "not_found");
        assert_eq!(stack.get(SESSIONS, Some(&phone)).await.expect(200)["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(
            stack.number("select count(*) from sessions where revoked_at is not null").await,
            1,
            "the row stays"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_else_spares_this_session_and_everywhere_does_not() {
    with_stack(async |stack| {
        let (ada, eve) = (stack.sign_up("ada").await, stack.sign_up("eve").await);
        let mut browser = Browser::default();
        browser.sign_in(stack, &ada.email, PASSWORD).await.expect(200);
        let phone = another_phone(stack, &ada).await;
        assert_eq!(delete(stack, SESSIONS, &phone).await.expect(200)["signedOut"], 2);
        assert!(is_signed_in(stack, &phone).await && !is_signed_in(stack, &ada.token).await);
        assert!(browser.session(stack).await.is_null());

        another_phone(stack, &ada).await;
        delete(stack, &format!("{SESSIONS}?all=perhaps"), &phone).await.expect_error(400, "malformed_query");
        assert_eq!(delete(stack, &format!("{SESSIONS}?all=true"), &phone).await.expect(200)["signedOut"], 2);
        assert!(!is_signed_in(stack, &phone).await && is_signed_in(stack, &eve.token).await);
        let signed_out = "select count(*) from users where signed_out_at is not null";
        assert_eq!(stack.number(signed_out).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions_and_is_told_by_mail() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let phone = another_phone(stack, &ada).await;
        let before = stack.letters().await.len();
        let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
        let path = "/api/settings/password";
        for (body, field) in [
            (json!({ "newPassword": NEW_PASSWORD }), "currentPassword"),
            (change(PASSWORD, "short"), "newPassword"),
            (json!({ "currentPassword": PASSWORD }), "newPassword"),
        ] {
            let refused = call(stack, "POST", path, &phone, &body).await.expect_error(400, "invalid_field");
            assert_eq!(refused["details"]["field"], field);
        }
        call(stack, "POST", path, &phone, &change("wrong", NEW_PASSWORD))
            .await
            .expect_error(401, "invalid_credentials");
        assert!(is_signed_in(stack, &ada.token).await);
        call(stack, "POST", path, &phone, &change(PASSWORD, NEW_PASSWORD)).await.expect(200);
        assert!(is_signed_in(stack, &phone).await && !is_signed_in(stack, &ada.token).await);
        let sign_in = json!({ "email": ada.email, "password": NEW_PASSWORD });
        stack.post("/api/auth/mobile/signin", &sign_in).await.expect(200);
        let letters = stack.letters().await;
        assert_eq!(letters.len(), before + 1);
        assert_eq!(letters.last().unwrap().to, ada.email);
        assert_eq!(stack.number("select count(*) from email_logs where template = 'password_changed'").await, 1);

        // The sixth attempt in a quarter of an hour is refused, also with the right password; afterwards it is not.
        for _ in 0..3 {
            let body = change("wrong", PASSWORD);
            call(stack, "POST", path, &phone, &body).await.expect_error(401, "invalid_credentials");
        }
        let right = change(NEW_PASSWORD, PASSWORD);
        call(stack, "POST", path, &phone, &right).await.expect_error(429, "too_many_requests");
        stack.set_clock(15 * 60 + 1);
        call(stack, "POST", path, &phone, &right).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_a_password_at_once_one_counts() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let phone = another_phone(stack, &ada).await;
        let body = |new: &str| json!({ "currentPassword": PASSWORD, "newPassword": new });
        let path = "/api/settings/password";
        let (first, second) = (body("the first of two"), body("the second of two"));
        let (first, second) =
            tokio::join!(call(stack, "POST", path, &phone, &first), call(stack, "POST", path, &ada.token, &second));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        assert_eq!(stack.number("select count(*) from email_logs where template = 'password_changed'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_password_cannot_set_one_here() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set password_hash = null").await;
        let body = json!({ "newPassword": NEW_PASSWORD });
        let refused = call(stack, "POST", "/api/settings/password", &ada.token, &body).await;
        refused.expect_error(403, "not_allowed");
        assert_eq!(stack.number("select count(*) from users where password_hash is not null").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_merged() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        assert_eq!(stack.get(PREFERENCES, Some(&ada.token)).await.expect(200), json!({ "preferences": {} }));
        for (patch, all) in [
            (
                json!({ "theme": "dark", "mail": { "news": true } }),
                json!({ "theme": "dark", "mail": { "news": true } }),
            ),
            (json!({ "mail": { "weekly": 1 } }), json!({ "theme": "dark", "mail": { "news": true, "weekly": 1 } })),
            (json!({ "theme": null, "mail": { "news": null } }), json!({ "mail": { "weekly": 1 } })),
            (json!({ "mail": ["x"] }), json!({ "mail": ["x"] })),
            (json!({}), json!({ "mail": ["x"] })),
        ] {
            let answer = call(stack, "PATCH", PREFERENCES, &ada.token, &patch).await.expect(200);
            assert_eq!(answer["preferences"], all, "{patch}");
        }
        for patch in [json!([1]), json!("x"), json!({ "a": "\0" })] {
            call(stack, "PATCH", PREFERENCES, &ada.token, &patch).await.expect_error(400, "malformed_body");
        }
        let deep = json!({ "a": { "b": { "c": 1 } } });
        call(stack, "PATCH", PREFERENCES, &ada.token, &deep).await.expect_error(400, "invalid_field");
        let large = json!({ "a": "x".repeat(4_000) });
        call(stack, "PATCH", PREFERENCES, &ada.token, &large).await.expect(200);
        let more = json!({ "b": "x".repeat(4_000) });
        call(stack, "PATCH", PREFERENCES, &ada.token, &more).await.expect_error(400, "invalid_field");
        let huge = json!({ "a": "x".repeat(5_000) });
        call(stack, "PATCH", PREFERENCES, &ada.token, &huge).await.expect_error(413, "body_too_large");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_preference_is_lost_when_many_change_at_once() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let (stack, ada) = (&*stack, &ada);
        let changes = (0..20).map(|n| async move {
            let patch = json!({ format!("key{n}"): n });
            call(stack, "PATCH", PREFERENCES, &ada.token, &patch).await.expect(200);
        });
        join_all(changes).await;
        let all = stack.get(PREFERENCES, Some(&ada.token)).await.expect(200);
        assert_eq!(all["preferences"].as_object().unwrap().len(), 20, "{all}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_gone_and_the_books_stay() {
    with_stack(async |stack| {
        let _admin = stack.sign_up("admin").await;
        let ada = stack.sign_up("ada").await;
        let body = json!({ "name": "robot" });
        let made = call(stack, "POST", "/api/settings/api-keys", &ada.token, &body).await.expect(200);
        let key = made["apiKey"]["key"].as_str().unwrap().to_owned();
        stack
            .sql(&format!(
                "insert into accounts (id, user_id, provider, provider_account_id, created_at)
                 values ('acc_1', '{id}', 'github', '1', now());
                 update users set name = 'Ada', image = 'x', preferences = '{{\"theme\": \"dark\"}}' where id = '{id}'",
                id = ada.id
            ))
            .await;

        let path = "/api/settings/account";
        call(stack, "DELETE", path, &ada.token, &json!({})).await.expect_error(400, "invalid_field");
        call(stack, "DELETE", path, &ada.token, &json!({ "confirm": "DELETE" }))
            .await
            .expect_error(400, "invalid_field");
        let wrong = json!({ "password": "wrong" });
        call(stack, "DELETE", path, &ada.token, &wrong).await.expect_error(401, "invalid_credentials");
        assert!(is_signed_in(stack, &ada.token).await);
        let right = json!({ "password": PASSWORD });
        assert_eq!(call(stack, "DELETE", path, &ada.token, &right).await.expect(200)["success"], true);

        assert!(!is_signed_in(stack, &ada.token).await && !is_signed_in(stack, &key).await);
        let sign_in = json!({ "email": ada.email, "password": PASSWORD });
        stack.post("/api/auth/mobile/signin", &sign_in).await.expect_error(401, "invalid_credentials");
        for left in [
            format!("select count(*) from users u where id = '{}' and u::text ~* '(ada|dark)'", ada.id),
            "select count(*) from email_logs where recipient like 'ada%' or status = 'PENDING'".to_owned(),
            format!("select count(*) from sessions where user_id = '{}'", ada.id),
            format!("select count(*) from api_keys where user_id = '{}'", ada.id),
            format!("select count(*) from verification_tokens where user_id = '{}'", ada.id),
            "select count(*) from accounts".to_owned(),
            "select count(*) from audit_faults()".to_owned(),
        ] {
            assert_eq!(stack.number(&left).await, 0, "{left}");
        }
        for (kept, count) in [
            (format!("select count(*) from users where id = '{}' and deleted_at is not null", ada.id), 1),
            (format!("select balance from user_token_balances where user_id = '{}'", ada.id), 10),
            (format!("select count(*) from token_transactions where user_id = '{}'", ada.id), 1),
            (format!("select count(*) from audit_logs where actor_id = '{0}' and target_id = '{0}'", ada.id), 1),
        ] {
            assert_eq!(stack.number(&kept).await, count, "{kept}");
        }
        // The address is free again, for another person.
        assert_ne!(stack.sign_up("ada").await.id, ada.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_password_confirms_by_a_word() {
    with_stack(async |stack| {
        let _admin = stack.sign_up("admin").await;
        let ada = stack.sign_up("ada").await;
        stack.sql("update users set password_hash = null").await;
        let path = "/api/settings/account";
        call(stack, "DELETE", path, &ada.token, &json!({ "confirm": "yes" })).await.expect_error(400, "invalid_field");
        call(stack, "DELETE", path, &ada.token, &json!({ "confirm": "DELETE" })).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    with_stack(async |stack| {
        let (one, two) = (stack.sign_up("one").await, stack.sign_up("two").await);
        let body = json!({ "password": PASSWORD });
        let path = "/api/settings/account";
        call(stack, "DELETE", path, &one.token, &body).await.expect_error(403, "not_allowed");
        // Leaving takes a while, so that both would find the other still there.
        stack
            .sql(
                "update users set role = 'SUPER_ADMIN';
                 create function nap() returns trigger language plpgsql as
                     $$ begin perform pg_sleep(0.2); return null; end $$;
                 create trigger nap after update on users for each row execute function nap()",
            )
            .await;
        let (first, second) = tokio::join!(
            call(stack, "DELETE", path, &one.token, &body),
            call(stack, "DELETE", path, &two.token, &body)
        );
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
        assert_eq!(
            stack.number("select count(*) from users where role = 'SUPER_ADMIN' and deleted_at is null").await,
            1
        );
        assert_eq!(stack.number("select count(*) from audit_logs where action = 'USER_DELETE'").await, 1);
    })
    .await;
}
