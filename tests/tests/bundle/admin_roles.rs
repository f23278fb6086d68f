//! `setRole`: who may make whom what, and that somebody is always left who may.

use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::admin_team::{ask, give, look, person, record_is_whole, text, written};

async fn set(stack: &Stack, who: &Person, target: &Person, role: &str) -> Answer {
    let body = json!({ "userId": target.id, "action": "setRole", "value": role });
    ask(stack, who, "PATCH", "/api/admin/users", &body).await
}

async fn role(stack: &Stack, person: &Person) -> String {
    text(stack, &format!("select role::text from users where id = '{}'", person.id)).await
}

async fn administrators(stack: &Stack) -> i64 {
    stack.number("select count(*) from users where role <> 'USER' and deleted_at is null").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_make_whom_what() {
    with_stack(async |stack| {
        let actor = stack.sign_up("actor").await;
        let target = stack.sign_up("target").await;
        for (acting, before, after, status, code) in [
            ("ADMIN", "USER", "ADMIN", 200, ""),
            ("ADMIN", "USER", "SUPER_ADMIN", 403, "not_allowed"),
            ("ADMIN", "ADMIN", "USER", 403, "not_allowed"),
            ("ADMIN", "ADMIN", "SUPER_ADMIN", 403, "not_allowed"),
            ("ADMIN", "SUPER_ADMIN", "USER", 403, "not_allowed"),
            ("ADMIN", "SUPER_ADMIN", "ADMIN", 403, "not_allowed"),
            ("SUPER_ADMIN", "USER", "ADMIN", 200, ""),
            ("SUPER_ADMIN", "USER", "SUPER_ADMIN", 200, ""),
            ("SUPER_ADMIN", "ADMIN", "USER", 200, ""),
            ("SUPER_ADMIN", "ADMIN", "SUPER_ADMIN", 200, ""),
            ("SUPER_ADMIN", "SUPER_ADMIN", "USER", 200, ""),
            ("SUPER_ADMIN", "SUPER_ADMIN", "ADMIN", 200, ""),
            ("USER", "USER", "ADMIN", 403, "admin_required"),
            ("USER", "SUPER_ADMIN", "USER", 403, "admin_required"),
        ] {
            give(stack, &actor, acting).await;
            give(stack, &target, before).await;
            let entries = written(stack, "ROLE_CHANGE").await;
            let answer = set(stack, &actor, &target, after).await;
            let case = format!("{acting} makes {before} {after}: {}", answer.text);
            let now = role(stack, &target).await;
            if status == 200 {
                assert_eq!(answer.expect(200), json!({ "success": true, "role": after }), "{case}");
                assert_eq!(now, after, "{case}");
                assert_eq!(written(stack, "ROLE_CHANGE").await, entries + 1, "{case}");
            } else {
                answer.expect_error(status, code);
                assert_eq!(now, before, "{case}");
                assert_eq!(written(stack, "ROLE_CHANGE").await, entries, "{case}");
            }
        }
        // Themselves: up is refused to an administrator, down to everybody.
        for (acting, after, status, code) in [
            ("ADMIN", "USER", 400, "invalid_field"),
            ("ADMIN", "SUPER_ADMIN", 403, "not_allowed"),
            ("SUPER_ADMIN", "ADMIN", 400, "invalid_field"),
            ("SUPER_ADMIN", "USER", 400, "invalid_field"),
        ] {
            give(stack, &actor, acting).await;
            set(stack, &actor, &actor, after).await.expect_error(status, code);
            assert_eq!(role(stack, &actor).await, acting);
        }
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_in_force_with_the_next_request_and_written_down() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let ada = stack.sign_up("ada").await;
        look(stack, &ada, "/api/admin/users").await.expect_error(403, "admin_required");
        set(stack, &root, &ada, "ADMIN").await.expect(200);
        look(stack, &ada, "/api/admin/users").await.expect(200);
        set(stack, &root, &ada, "USER").await.expect(200);
        look(stack, &ada, "/api/admin/users").await.expect_error(403, "admin_required");
        // Nothing to do: no entry.
        set(stack, &root, &ada, "USER").await.expect(200);

        let record = look(stack, &root, "/api/admin/audit?action=ROLE_CHANGE").await.expect(200);
        let entries = record["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        let entry = &entries[0];
        assert_eq!(entry["metadata"], json!({ "oldRole": "ADMIN", "newRole": "USER" }));
        assert_eq!((&entry["actorId"], &entry["targetId"]), (&root.id.as_str().into(), &ada.id.as_str().into()));
        assert_eq!((&entry["actorRole"], &entry["targetType"]), (&"SUPER_ADMIN".into(), &"user".into()));
        assert!(entry["ipAddress"].is_string() && entry["sessionId"].as_str().unwrap().starts_with("ses_"), "{entry}");
        record_is_whole(stack).await;
    })
    .await;
}

/// Each finds the other gone or is found gone: never are both.
#[tokio::test(flavor = "multi_thread")]
async fn two_who_remove_each_other_at_once_leave_one() {
    with_stack(async |stack| {
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        for round in 0..15 {
            give(stack, &ada, "SUPER_ADMIN").await;
            give(stack, &grace, "SUPER_ADMIN").await;
            let both = tokio::join!(set(stack, &ada, &grace, "USER"), set(stack, &grace, &ada, "USER"));
            let mut statuses = [both.0.status, both.1.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 403], "round {round}: {} {}", both.0.text, both.1.text);
            assert_eq!(administrators(stack).await, 1, "round {round}");
        }
        // A deletion against a demotion.
        give(stack, &ada, "SUPER_ADMIN").await;
        give(stack, &grace, "SUPER_ADMIN").await;
        let path = format!("/api/admin/users?userId={}", grace.id);
        let nothing = Value::Null;
        let both = tokio::join!(ask(stack, &ada, "DELETE", &path, &nothing), set(stack, &grace, &ada, "USER"));
        assert!((both.0.status == 200) != (both.1.status == 200), "{} {}", both.0.text, both.1.text);
        assert_eq!(administrators(stack).await, 1);
        record_is_whole(stack).await;
    })
    .await;
}

/// Three in a circle, each removing the next: whoever acted last is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_removals_leaves_somebody() {
    with_stack(async |stack| {
        let people = [stack.sign_up("ada").await, stack.sign_up("grace").await, stack.sign_up("mary").await];
        for round in 0..10 {
            for person in &people {
                give(stack, person, "SUPER_ADMIN").await;
            }
            let [a, b, c] = &people;
            let all = tokio::join!(set(stack, a, b, "USER"), set(stack, b, c, "USER"), set(stack, c, a, "USER"));
            let all = [all.0, all.1, all.2];
            let done = all.iter().filter(|answer| answer.status == 200).count();
            assert!(all.iter().all(|answer| [200, 403].contains(&answer.status)), "{all:?}");
            assert!(done >= 1, "round {round}: {all:?}");
            assert_eq!(administrators(stack).await, 3 - i64::try_from(done).unwrap(), "round {round}");
            assert!(administrators(stack).await >= 1, "round {round}");
        }
    })
    .await;
}

/// The change and its entry are one: neither is there without the other.
#[tokio::test(flavor = "multi_thread")]
async fn ops_63_a_change_that_fails_leaves_no_entry_and_the_other_way_round() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack
            .sql(&format!("alter table users add constraint not_her check (id <> '{}' or role = 'USER')", ada.id))
            .await;
        set(stack, &root, &ada, "ADMIN").await.expect_error(500, "internal");
        assert_eq!(written(stack, "ROLE_CHANGE").await, 0);
        stack.sql("alter table users drop constraint not_her; revoke insert on audit_logs from spike_app").await;
        set(stack, &root, &ada, "ADMIN").await.expect_error(503, "unavailable");
        assert_eq!(role(stack, &ada).await, "USER");
        stack.sql("grant insert on audit_logs to spike_app").await;
        set(stack, &root, &ada, "ADMIN").await.expect(200);
        assert_eq!(written(stack, "ROLE_CHANGE").await, 1);
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_is_refused_by_name() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let long = "x".repeat(65);
        for (body, field) in [
            (json!({ "action": "setRole", "value": "ADMIN" }), "userId"),
            (json!({ "userId": "", "action": "setRole", "value": "ADMIN" }), "userId"),
            (json!({ "userId": 5, "action": "setRole", "value": "ADMIN" }), "userId"),
            (json!({ "userId": long, "action": "setRole", "value": "ADMIN" }), "userId"),
            (json!({ "userId": "a\0b", "action": "setRole", "value": "ADMIN" }), "userId"),
            (json!({ "userId": ada.id, "value": "ADMIN" }), "action"),
            (json!({ "userId": ada.id, "action": "promote", "value": "ADMIN" }), "action"),
            (json!({ "userId": ada.id, "action": "setRole" }), "value"),
            (json!({ "userId": ada.id, "action": "setRole", "value": "admin" }), "value"),
            (json!({ "userId": ada.id, "action": "setRole", "value": ["ADMIN"] }), "value"),
        ] {
            let refused = ask(stack, &root, "PATCH", "/api/admin/users", &body).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], field, "{body}");
        }
        let nobody = Person { id: "nobody".to_owned(), ..ada.clone() };
        set(stack, &root, &nobody, "ADMIN").await.expect_error(404, "not_found");
        let large = json!({ "userId": ada.id, "action": "setRole", "value": "x".repeat(5_000) });
        ask(stack, &root, "PATCH", "/api/admin/users", &large).await.expect_error(413, "body_too_large");
        let request = stack.request("PATCH", "/api/admin/users").bearer_auth(&root.token).body("{");
        stack.send(request).await.expect_error(400, "malformed_body");
        assert_eq!(written(stack, "ROLE_CHANGE").await, 0);
    })
    .await;
}
