//! `DELETE /api/admin/users`: the end of an account, and what stays.

use serde_json::{Value, json};
use tests::{Answer, PASSWORD, Person, Stack, with_stack};

use crate::admin_team::{ask, give, look, person, record_is_whole, written};

async fn delete(stack: &Stack, who: &Person, id: &str) -> Answer {
    ask(stack, who, "DELETE", &format!("/api/admin/users?userId={id}"), &Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_person_is_nobody_and_their_money_stays() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack.post("/api/auth/mobile/signin", &json!({ "email": ada.email, "password": PASSWORD })).await.expect(200);
        stack
            .sql(&format!(
                "insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
                 values ('key_1', '{}', 'a key', sha256('x'), 'sk_test...9abc', now())",
                ada.id
            ))
            .await;
        let entries = stack.number("select count(*) from token_transactions").await;
        let answer = delete(stack, &root, &ada.id).await.expect(200);
        assert_eq!(answer["success"], true);
        assert_eq!(answer["deletedData"], json!({ "tokenBalance": 10, "apiKeys": 1, "sessions": 2 }));

        stack.get("/api/tokens/balance", Some(&ada.token)).await.expect_error(401, "unauthorized");
        assert!(stack.get("/api/auth/session", Some(&ada.token)).await.expect(200).is_null());
        let left = format!(
            "select count(*) from users
              where id = '{}' and email is null and name is null and password_hash is null and deleted_at is not null",
            ada.id
        );
        assert_eq!(stack.number(&left).await, 1);
        assert_eq!(stack.number("select count(*) from users").await, 2, "no row reappears");
        assert_eq!(stack.number("select count(*) from token_transactions").await, entries);
        look(stack, &root, &format!("/api/admin/users?userId={}", ada.id)).await.expect_error(404, "not_found");
        delete(stack, &root, &ada.id).await.expect_error(404, "not_found");

        // The address is free again, for another person.
        let again = stack.sign_up("ada").await;
        assert_ne!(again.id, ada.id);
        let record = look(stack, &root, "/api/admin/audit?action=USER_DELETE").await.expect(200);
        let entry = &record["entries"][0];
        assert_eq!((&entry["targetId"], &entry["metadata"]), (&ada.id.as_str().into(), &json!({})));
        assert_eq!(record["entries"].as_array().unwrap().len(), 1);
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_billed_after_they_are_gone() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack
            .sql(&format!(
                "insert into subscriptions
                     (user_id, stripe_subscription_id, status, plan_code, changed_at, changed_by, created_at)
                 values ('{}', 'sub_1', 'PAST_DUE', 'hobby', now(), 'evt_1', now())",
                ada.id
            ))
            .await;
        delete(stack, &root, &ada.id).await.expect(200);
        let asked = "select count(*) from stripe_operations
                      where kind = 'CANCEL_NOW' and item = 'sub_1' and status = 'PENDING' and next_attempt_at <= now()";
        assert_eq!(stack.number(asked).await, 1);
        assert_eq!(stack.number("select count(*) from subscriptions").await, 1, "what was paid stays in the books");
        // What has ended needs no end.
        let bob = stack.sign_up("bob").await;
        stack
            .sql(&format!(
                "insert into subscriptions
                     (user_id, stripe_subscription_id, status, plan_code, changed_at, changed_by, created_at)
                 values ('{}', 'sub_2', 'CANCELED', 'hobby', now(), 'evt_2', now())",
                bob.id
            ))
            .await;
        let leave = stack.request("DELETE", "/api/settings/account").bearer_auth(&bob.token);
        stack.send(leave.json(&json!({ "password": PASSWORD }))).await.expect(200);
        assert_eq!(stack.number("select count(*) from stripe_operations").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_delete_whom() {
    with_stack(async |stack| {
        let (actor, target) = (stack.sign_up("actor").await, stack.sign_up("target").await);
        for (acting, role, status, code) in [
            ("USER", "USER", 403, "admin_required"),
            ("ADMIN", "ADMIN", 403, "not_allowed"),
            ("ADMIN", "SUPER_ADMIN", 403, "not_allowed"),
        ] {
            give(stack, &actor, acting).await;
            give(stack, &target, role).await;
            delete(stack, &actor, &target.id).await.expect_error(status, code);
            assert_eq!(stack.number("select count(*) from users where deleted_at is not null").await, 0);
        }
        for role in ["ADMIN", "SUPER_ADMIN"] {
            give(stack, &actor, role).await;
            let own = delete(stack, &actor, &actor.id).await.expect_error(400, "invalid_field");
            assert_eq!(own["details"]["field"], "userId");
        }
        for missing in ["/api/admin/users", "/api/admin/users?userId=", "/api/admin/users?userId=a%00b"] {
            let refused = ask(stack, &actor, "DELETE", missing, &Value::Null).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], "userId");
        }
        delete(stack, &actor, "nobody").await.expect_error(404, "not_found");
        assert_eq!(written(stack, "USER_DELETE").await, 0);
        for (index, role) in ["USER", "ADMIN", "SUPER_ADMIN"].into_iter().enumerate() {
            let doomed = person(stack, &format!("doomed{index}"), role).await;
            delete(stack, &actor, &doomed.id).await.expect(200);
        }
        assert_eq!(written(stack, "USER_DELETE").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deletions_at_once_one_finds_somebody() {
    with_stack(async |stack| {
        let (root, other) = (person(stack, "root", "ADMIN").await, person(stack, "other", "ADMIN").await);
        for round in 0..8 {
            let doomed = stack.sign_up(&format!("doomed{round}")).await;
            let both = tokio::join!(delete(stack, &root, &doomed.id), delete(stack, &other, &doomed.id));
            let mut statuses = [both.0.status, both.1.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 404], "{} {}", both.0.text, both.1.text);
        }
        assert_eq!(written(stack, "USER_DELETE").await, 8);
        record_is_whole(stack).await;
    })
    .await;
}

/// What an administrator did stays on record when they are gone.
#[tokio::test(flavor = "multi_thread")]
async fn ops_63_the_record_outlives_whoever_wrote_it() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let (admin, ada) = (person(stack, "admin", "ADMIN").await, stack.sign_up("ada").await);
        let gift = json!({ "userId": ada.id, "action": "adjustTokens", "value": 5 });
        ask(stack, &admin, "PATCH", "/api/admin/users", &gift).await.expect(200);
        delete(stack, &root, &admin.id).await.expect(200);
        let record = look(stack, &root, &format!("/api/admin/audit?actorId={}", admin.id)).await.expect(200);
        let entries = record["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!((&entries[0]["actorRole"], &entries[0]["action"]), (&"ADMIN".into(), &"TOKEN_ADJUSTMENT".into()));
        // Even when the row itself goes.
        stack
            .sql(&format!(
                "delete from token_transactions where user_id = '{id}';
                 delete from user_token_balances where user_id = '{id}';
                 delete from users where id = '{id}'",
                id = admin.id
            ))
            .await;
        let check = look(stack, &root, "/api/admin/audit/check").await.expect(200);
        assert_eq!(check, json!({ "faults": [], "entries": 2 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_fails_leaves_no_entry_and_the_other_way_round() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack.sql("alter table users add constraint nobody_goes check (deleted_at is null)").await;
        delete(stack, &root, &ada.id).await.expect_error(500, "internal");
        assert_eq!(written(stack, "USER_DELETE").await, 0);
        stack.sql("alter table users drop constraint nobody_goes; revoke insert on audit_logs from spike_app").await;
        delete(stack, &root, &ada.id).await.expect_error(503, "unavailable");
        stack.balance(&ada).await;
    })
    .await;
}
