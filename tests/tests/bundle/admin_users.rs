//! `GET /api/admin/users`: the list, the search, one person.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;
use tests::{Stack, with_stack};
use tokio_postgres::types::Type;

use crate::admin_team::{look, person};

/// Twenty thousand people, a second apart, the last of them a few seconds ago.
const MANY: &str = "
insert into users (id, email, name, created_at)
select 'user_n' || n, 'someone' || n || '@example.com', 'Person Number' || n, now() - (20010 - n) * interval '1 second'
  from generate_series(1, 20000) n";

fn ids(page: &Value) -> Vec<String> {
    page["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

/// The plan of the list's own statement with these parameters, sent as the functions send it.
async fn plan(stack: &Stack, search: Option<&str>, after: Option<(Timestamp, &str)>) -> String {
    let explain = format!("explain {}", admin::users::list::PEOPLE);
    let (time, id) = after.unzip();
    let rows = stack
        .database
        .query_typed(
            &explain,
            &[(&search, Type::TEXT), (&time, Type::TIMESTAMPTZ), (&id, Type::TEXT), (&51_i64, Type::INT8)],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_page_costs_what_the_first_costs_and_a_search_uses_its_index() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack.sql(MANY).await;
        stack.sql("vacuum analyze users").await;

        let mut path = "/api/admin/users?limit=100".to_owned();
        let (mut seen, mut last) = (HashSet::new(), Value::Null);
        for _ in 0..50 {
            let page = look(stack, &root, &path).await.expect(200);
            let ids = ids(&page);
            assert_eq!(ids.len(), 100);
            seen.extend(ids);
            last = page["users"][99].clone();
            path = format!("/api/admin/users?limit=100&cursor={}", page["nextCursor"].as_str().unwrap());
            // Whoever comes meanwhile is on a page before this one.
            stack.sql("insert into users (id, created_at) values (gen_random_uuid(), now())").await;
        }
        assert_eq!(seen.len(), 5_000, "nobody twice, nobody left out");
        let time: Timestamp = last["createdAt"].as_str().unwrap().parse().unwrap();
        let page_50 = plan(stack, None, Some((time, last["id"].as_str().unwrap()))).await;
        assert!(page_50.contains("Index Scan using users_created_at_idx"), "{page_50}");
        assert!(page_50.contains("Index Cond: (ROW(created_at, id) <"), "{page_50}");
        assert!(!page_50.contains("Seq Scan on users"), "{page_50}");

        let found = look(stack, &root, "/api/admin/users?search=ONE12345%40").await.expect(200);
        assert_eq!(ids(&found), ["user_n12345"]);
        assert!(found["nextCursor"].is_null());
        let found = look(stack, &root, "/api/admin/users?search=number777").await.expect(200);
        assert_eq!(ids(&found).len(), 11, "a name, its beginning too: 777 and 7770 to 7779");
        for pattern in ["%one12345@%", "%number777%"] {
            let search = plan(stack, Some(pattern), None).await;
            assert!(search.contains("users_search_idx"), "{search}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_everybody_once_newest_first() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        // Several of one moment: the id decides.
        stack
            .sql(
                "insert into users (id, created_at)
                 select 'old_' || n, timestamptz '2020-01-01' + (n / 3) * interval '1 second'
                   from generate_series(10, 29) n",
            )
            .await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = look(stack, &root, &format!("/api/admin/users?limit=4{cursor}")).await.expect(200);
            seen.extend(ids(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let expected = (10..30).rev().map(|n| format!("old_{n}"));
        assert_eq!(seen, [root.id.clone()].into_iter().chain(expected).collect::<Vec<_>>());

        let all = look(stack, &root, "/api/admin/users?limit=21").await.expect(200);
        assert!(ids(&all).len() == 21 && all["nextCursor"].is_null(), "the last page says so: {all}");
        let first = &all["users"][0];
        assert_eq!((&first["email"], &first["role"]), (&"root@example.com".into(), &"ADMIN".into()));
        assert_eq!(first["tokenBalance"], 10);
        assert_eq!(all["users"][1]["tokenBalance"], 0, "no wallet, no tokens");
        assert!(first["createdAt"].as_str().unwrap().ends_with('Z'));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_was_typed_and_nobody_who_is_gone() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack
            .sql(
                r"insert into users (id, email, name, created_at) values
                  ('percent', 'wool@example.com', '100% wool', now()),
                  ('line', 'a_b@example.com', null, now()),
                  ('back', null, 'back\slash', now()),
                  ('plain', 'axb@example.com', 'Zoë 100 wool', now());
                  insert into users (id, deleted_at, created_at) values ('gone', now(), now())",
            )
            .await;
        for (search, expected) in [
            ("100%25", &["percent"][..]),
            ("a_b", &["line"]),
            ("%5C", &["back"]),
            ("K%5Cs", &["back"]),
            ("ZO%C3%8B", &["plain"]),
            ("%20wool%20", &["percent", "plain"]),
            ("AXB%40EXAMPLE", &["plain"]),
            ("nobody", &[]),
            ("'%20or%201=1", &[]),
        ] {
            let page = look(stack, &root, &format!("/api/admin/users?search={search}")).await.expect(200);
            let mut found = ids(&page);
            found.sort();
            assert_eq!(found, expected, "{search}");
        }
        for blank in ["", "?search=", "?search=%20", "?userId=", "?surprise=1"] {
            let everybody = look(stack, &root, &format!("/api/admin/users{blank}")).await.expect(200);
            assert_eq!(ids(&everybody).len(), 5, "{blank}: those who are gone are not listed");
        }
        look(stack, &root, "/api/admin/users?userId=gone").await.expect_error(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_with_what_is_theirs() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack
            .sql(&format!(
                "insert into accounts (id, user_id, provider, provider_account_id, created_at) values
                     ('a1', '{id}', 'google', '1', now()), ('a2', '{id}', 'github', '1', now()),
                     ('a3', '{id}', 'github', '2', now());
                 insert into sessions (id, user_id, token_hash, created_at, expires_at, last_seen_at, revoked_at) values
                     ('s1', '{id}', sha256('1'), now(), now() + interval '1 day', '2026-01-02T03:04:05Z', null),
                     ('s2', '{id}', sha256('2'), now(), now() - interval '1 day', '2026-01-01T00:00:00Z', null),
                     ('s3', '{id}', sha256('3'), now(), now() + interval '1 day', null, now());
                 update sessions set last_seen_at = null where id not in ('s1', 's2', 's3');
                 update users set email_verified = '2026-01-01T00:00:00Z' where id = '{id}';
                 insert into token_transactions
                     (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                 select '{id}', n, 'txn_' || n, 1, 'EARN_BONUS', 'import', 'import:' || n, 9 + n, now()
                   from generate_series(2, 15) n;
                 update user_token_balances
                    set balance = 24, total_earned = 24, transaction_count = 15 where user_id = '{id}'",
                id = ada.id
            ))
            .await;
        let shown = look(stack, &root, &format!("/api/admin/users?userId={}", ada.id)).await.expect(200);
        let user = &shown["user"];
        assert_eq!(user["id"], ada.id.as_str());
        assert_eq!(user["authProviders"], serde_json::json!(["github", "google", "credentials"]));
        assert_eq!((&user["tokenBalance"], &user["activeSessions"]), (&24.into(), &2.into()), "{user}");
        assert_eq!(user["emailVerified"], "2026-01-01T00:00:00.000Z");
        assert_eq!(user["lastSeenAt"], "2026-01-02T03:04:05.000Z");
        let recent = user["recentTransactions"].as_array().unwrap();
        let ids: Vec<_> = recent.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        assert_eq!(ids, (6..16).rev().map(|n| format!("txn_{n}")).collect::<Vec<_>>());
        assert_eq!((&recent[0]["type"], &recent[0]["amount"]), (&"EARN_BONUS".into(), &1.into()));

        // An imported account of another kind of id, with nothing to it.
        stack.sql("insert into users (id, created_at) values ('provider_Ü 1', now())").await;
        let shown = look(stack, &root, "/api/admin/users?userId=provider_%C3%9C%201").await.expect(200);
        let user = &shown["user"];
        for list in ["authProviders", "recentTransactions"] {
            assert_eq!(user[list], Value::Array(vec![]), "{list}");
        }
        for absent in ["lastSeenAt", "emailVerified", "email"] {
            assert!(user[absent].is_null(), "{absent}: {user}");
        }
        look(stack, &root, "/api/admin/users?userId=nobody").await.expect_error(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused_by_name() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let (search, id) = ("x".repeat(101), "x".repeat(65));
        for (query, field) in [
            (format!("search={search}"), "search"),
            ("search=a%00b".to_owned(), "search"),
            (format!("userId={id}"), "userId"),
            ("userId=a%0Ab".to_owned(), "userId"),
            ("cursor=x".to_owned(), "cursor"),
            (format!("cursor={}", "A".repeat(5_000)), "cursor"),
            ("limit=0".to_owned(), "limit"),
            ("limit=101".to_owned(), "limit"),
        ] {
            let refused = look(stack, &root, &format!("/api/admin/users?{query}")).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], field, "{query}");
        }
        let refused = look(stack, &root, "/api/admin/users?limit=x").await;
        let body = refused.expect_error(400, "malformed_query");
        assert!(body["details"].as_str().unwrap().contains("limit"), "{body}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_alone_are_let_in() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let key = stack.give_key(&root).await;
        for path in [
            "/api/admin/users",
            "/api/admin/users?userId=x",
            "/api/admin/analytics/users",
            "/api/admin/dashboard",
            "/api/admin/emails",
            "/api/admin/audit",
            "/api/admin/audit/check",
        ] {
            stack.get(path, None).await.expect_error(401, "unauthorized");
            stack.get(path, Some(key)).await.expect_error(401, "unauthorized");
            look(stack, &ada, path).await.expect_error(403, "admin_required");
        }
        look(stack, &root, "/api/admin/users").await.expect(200);
        look(stack, &root, "/api/admin/audit/check").await.expect_error(403, "admin_required");
    })
    .await;
}
