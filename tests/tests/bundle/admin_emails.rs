//! `/api/admin/emails`: the mails that were written, and the test mail.

use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::admin_team::{ask, look, person};

async fn send(stack: &Stack, who: &Person, to: impl Into<Value>) -> Answer {
    let body = json!({ "action": "sendTestEmail", "to": to.into() });
    ask(stack, who, "POST", "/api/admin/emails", &body).await
}

fn ids(page: &Value) -> Vec<String> {
    page["emails"].as_array().unwrap().iter().map(|mail| mail["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_arrives_and_is_listed() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let sent = send(stack, &root, " Ops@Example.com ").await.expect(200);
        assert_eq!((&sent["success"], &sent["status"]), (&true.into(), &"SENT".into()), "{sent}");
        let letters = stack.letters().await;
        assert_eq!(letters.iter().filter(|letter| letter.to.contains("ops@example.com")).count(), 1, "{letters:?}");

        let listed = look(stack, &root, "/api/admin/emails?search=ops%40").await.expect(200);
        let mail = &listed["emails"][0];
        assert_eq!((&mail["id"], &mail["to"]), (&sent["emailId"], &"ops@example.com".into()));
        assert_eq!((&mail["status"], &mail["attempts"]), (&"SENT".into(), &1.into()));
        assert!(mail["sentAt"].is_string() && mail["lastError"].is_null() && mail["nextAttemptAt"].is_null(), "{mail}");
        assert_eq!(ids(&listed).len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_test_mails_an_hour_for_each_administrator() {
    with_stack(async |stack| {
        let (root, other) = (person(stack, "root", "ADMIN").await, person(stack, "other", "ADMIN").await);
        let ada = stack.sign_up("ada").await;
        for (body, field) in [
            (json!({ "to": "ops@example.com" }), "action"),
            (json!({ "action": "sendSpam", "to": "ops@example.com" }), "action"),
            (json!({ "action": "sendTestEmail" }), "to"),
            (json!({ "action": "sendTestEmail", "to": "a@b.c\r\nBcc: d@e.f" }), "to"),
        ] {
            let refused = ask(stack, &root, "POST", "/api/admin/emails", &body).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], field, "{body}");
        }
        send(stack, &ada, "ops@example.com").await.expect_error(403, "admin_required");
        for _ in 0..10 {
            send(stack, &root, "ops@example.com").await.expect(200);
        }
        send(stack, &root, "ops@example.com").await.expect_error(429, "too_many_requests");
        send(stack, &other, "ops@example.com").await.expect(200);
        assert_eq!(stack.number("select count(*) from email_logs where recipient = 'ops@example.com'").await, 11);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_read_page_by_page_and_narrowed() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        stack
            .sql(
                "delete from email_logs;
                 insert into email_logs (id, recipient, template, subject, status, next_attempt_at, created_at)
                 select 'eml_' || n, 'p' || n || '@example.com', case when n % 2 = 0 then 'even' else 'odd' end,
                        'Number ' || n, case when n < 15 then 'PENDING' else 'BOUNCED' end,
                        case when n < 15 then now() + interval '1 day' end,
                        timestamptz '2026-01-01' + (n / 2) * interval '1 second'
                   from generate_series(10, 39) n",
            )
            .await;
        let first = look(stack, &root, "/api/admin/emails").await.expect(200);
        assert_eq!(ids(&first).len(), 20, "a page has 20");
        let rest = format!("/api/admin/emails?cursor={}", first["nextCursor"].as_str().unwrap());
        let rest = look(stack, &root, &rest).await.expect(200);
        assert!(rest["nextCursor"].is_null());
        let all: Vec<_> = ids(&first).into_iter().chain(ids(&rest)).collect();
        assert_eq!(all, (10..40).rev().map(|n| format!("eml_{n}")).collect::<Vec<_>>());

        for (query, count) in [
            ("status=PENDING", 5),
            ("status=SENT", 0),
            ("template=even&limit=100", 15),
            ("template=even&status=PENDING", 3),
            ("search=P12%40EXAMPLE", 1),
            ("search=number%203&limit=100", 10),
            ("search=%25", 0),
            ("search=&status=&template=&limit=100", 30),
        ] {
            let page = look(stack, &root, &format!("/api/admin/emails?{query}")).await.expect(200);
            assert_eq!(ids(&page).len(), count, "{query}");
        }
        for (query, field) in [
            ("status=LOST".to_owned(), "status"),
            ("status=pending".to_owned(), "status"),
            (format!("template={}", "x".repeat(101)), "template"),
            (format!("search={}", "x".repeat(101)), "search"),
            ("cursor=!".to_owned(), "cursor"),
            ("limit=0".to_owned(), "limit"),
        ] {
            let refused = look(stack, &root, &format!("/api/admin/emails?{query}")).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], field, "{query}");
        }
    })
    .await;
}
