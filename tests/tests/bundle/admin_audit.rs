//! `GET /api/admin/audit` and `GET /api/admin/audit/check`: the record, and whether it is whole.

use serde_json::{Value, json};
use tests::{Person, Stack, with_stack};

use crate::admin_team::{ask, look, person, record_is_whole};

async fn gifts(stack: &Stack, who: &Person, target: &Person, count: u32) {
    for _ in 0..count {
        let gift = json!({ "userId": target.id, "action": "adjustTokens", "value": 1 });
        ask(stack, who, "PATCH", "/api/admin/users", &gift).await.expect(200);
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_read_page_by_page_and_narrowed() {
    with_stack(async |stack| {
        let (root, admin) = (person(stack, "root", "SUPER_ADMIN").await, person(stack, "admin", "ADMIN").await);
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        gifts(stack, &root, &ada, 3).await;
        gifts(stack, &admin, &grace, 4).await;
        let promotion = json!({ "userId": grace.id, "action": "setRole", "value": "ADMIN" });
        ask(stack, &root, "PATCH", "/api/admin/users", &promotion).await.expect(200);

        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = look(stack, &admin, &format!("/api/admin/audit?limit=3{cursor}")).await.expect(200);
            seen.extend(ids(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let all = look(stack, &admin, "/api/admin/audit").await.expect(200);
        assert_eq!((seen.len(), &seen), (8, &ids(&all)));
        let times: Vec<_> =
            all["entries"].as_array().unwrap().iter().map(|entry| entry["createdAt"].as_str()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
        assert_eq!(all["entries"][0]["action"], "ROLE_CHANGE");

        for (query, count) in [
            (format!("actorId={}", root.id), 4),
            (format!("actorId={}&action=ROLE_CHANGE", root.id), 1),
            (format!("targetType=user&targetId={}", grace.id), 5),
            (format!("targetId={}", ada.id), 3),
            ("targetType=voucher".to_owned(), 0),
            ("action=TOKEN_ADJUSTMENT".to_owned(), 7),
            ("action=USER_LOGIN".to_owned(), 0),
            ("action=&actorId=&surprise=1".to_owned(), 8),
        ] {
            let page = look(stack, &admin, &format!("/api/admin/audit?{query}")).await.expect(200);
            assert_eq!(ids(&page).len(), count, "{query}");
        }
        let long = "x".repeat(101);
        for (query, field) in [
            ("action=FLY".to_owned(), "action"),
            (format!("action={long}"), "action"),
            (format!("actorId={long}"), "actorId"),
            (format!("targetType={long}"), "targetType"),
            ("targetId=a%00b".to_owned(), "targetId"),
            ("cursor=!".to_owned(), "cursor"),
            ("limit=101".to_owned(), "limit"),
        ] {
            let refused = look(stack, &admin, &format!("/api/admin/audit?{query}")).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], field, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_removed_and_a_cut_off_entry_are_reported() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let ada = stack.sign_up("ada").await;
        gifts(stack, &root, &ada, 6).await;
        record_is_whole(stack).await;
        let check = async || look(stack, &root, "/api/admin/audit/check").await.expect(200);
        assert_eq!(check().await, json!({ "faults": [], "entries": 6 }));

        stack
            .sql("update audit_logs set metadata = '{\"amount\": 1, \"newBalance\": 999}' where entry_number = 2")
            .await;
        let changed = check().await;
        assert_eq!(changed["faults"], json!([{ "actorId": root.id, "entryNumber": 2, "fault": "changed" }]));

        stack.sql("delete from audit_logs where entry_number = 4").await;
        let removed = check().await;
        let faults = removed["faults"].as_array().unwrap();
        assert!(faults.iter().any(|fault| fault["entryNumber"] == 5 && fault["fault"] != "changed"), "{removed}");

        stack.sql("delete from audit_logs where entry_number = 6").await;
        let cut = check().await;
        let end = json!({ "actorId": root.id, "entryNumber": 6, "fault": "the newest entry is missing" });
        assert!(cut["faults"].as_array().unwrap().contains(&end), "{cut}");
        assert_eq!(cut["entries"], 4);

        // However much is wrong, the answer is bounded.
        stack
            .sql(
                "insert into audit_logs (actor_id, entry_number, id, action, created_at, previous_hash, hash)
                 select 'forger', 0, 'aud_' || n, 'DATA_EXPORT', now(), '', '' from generate_series(1, 150) n;
                 update audit_logs set target_id = 'x' where actor_id = 'forger'",
            )
            .await;
        assert_eq!(check().await["faults"].as_array().unwrap().len(), 100);
    })
    .await;
}

/// The functions can add to the record and touch nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_functions_cannot_rewrite_the_record() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let ada = stack.sign_up("ada").await;
        gifts(stack, &root, &ada, 1).await;
        let functions = local::connection::Connection::open(&stack.pooled_url).await.unwrap();
        for forbidden in [
            "update audit_logs set metadata = '{}'",
            "delete from audit_logs",
            "truncate audit_logs",
            "update audit_chains set entry_number = 0",
            "delete from audit_chains",
            "select * from audit_chains",
        ] {
            let error = functions.batch_execute(forbidden).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{forbidden}: {error:?}");
        }
        record_is_whole(stack).await;
    })
    .await;
}
