//! `GET /api/tokens/history`: the ledger, page by page.

use serde_json::Value;
use tests::{Person, Stack, with_stack};

async fn with_entries(stack: &Stack, count: i64) -> Person {
    let ada = stack.sign_up("ada").await;
    stack
        .sql(&format!(
            "insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select '{id}', n, 'txn_' || n, 1, 'EARN_BONUS', 'import', 'import:' || n, 9 + n, now()
               from generate_series(2, {count}) n;
             update user_token_balances
                set balance = 9 + {count}, total_earned = 9 + {count}, transaction_count = {count}",
            id = ada.id
        ))
        .await;
    ada
}

fn numbers(page: &Value) -> Vec<i64> {
    page["transactions"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_entry_once_newest_first() {
    with_stack(async |stack| {
        let ada = with_entries(stack, 25).await;
        let mut seen = Vec::new();
        for page in 1..=4 {
            let path = format!("/api/tokens/history?page={page}&limit=10");
            let answer = stack.get(&path, Some(&ada.token)).await.expect(200);
            assert_eq!((&answer["total"], &answer["page"], &answer["limit"]), (&25.into(), &page.into(), &10.into()));
            seen.extend(numbers(&answer));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());

        let first = stack.get("/api/tokens/history?limit=2", Some(&ada.token)).await.expect(200);
        let entry = &first["transactions"][0];
        assert_eq!(
            (&entry["type"], &entry["amount"], &entry["balanceAfter"]),
            (&"EARN_BONUS".into(), &1.into(), &34.into())
        );
        assert!(entry["createdAt"].as_str().unwrap().ends_with('Z') && entry["source"] == "import", "{entry}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_leads_on_from_the_last_entry_seen() {
    with_stack(async |stack| {
        let ada = with_entries(stack, 25).await;
        let mut seen = Vec::new();
        let mut before = String::new();
        while seen.len() < 25 {
            let path = format!("/api/tokens/history?limit=10{before}");
            let page = numbers(&stack.get(&path, Some(&ada.token)).await.expect(200));
            before = format!("&before={}", page.last().unwrap());
            seen.extend(page);
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
        let end = stack.get("/api/tokens/history?before=1", Some(&ada.token)).await.expect(200);
        assert!(numbers(&end).is_empty() && end["total"] == 25);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_leads_through_all_of_it_while_more_comes() {
    with_stack(async |stack| {
        let ada = with_entries(stack, 25).await;
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/tokens/history?limit=10{cursor}");
            let page = stack.get(&path, Some(&ada.token)).await.expect(200);
            seen.extend(numbers(&page));
            let Some(next) = page["nextCursor"].as_str() else { break };
            assert!(!next.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_'), "{next}");
            cursor = format!("&cursor={next}");
            let id = &ada.id;
            stack
                .sql(&format!(
                    "insert into token_transactions
                         (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
                     select user_id, transaction_count + 1, 'txn_more', 1, 'EARN_BONUS', 'import',
                            'more:' || transaction_count, balance + 1, now()
                       from user_token_balances where user_id = '{id}';
                     update user_token_balances
                        set balance = balance + 1, total_earned = total_earned + 1,
                            transaction_count = transaction_count + 1
                      where user_id = '{id}'"
                ))
                .await;
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
        let whole = stack.get("/api/tokens/history?limit=100", Some(&ada.token)).await.expect(200);
        assert_eq!((&whole["nextCursor"], &whole["total"]), (&Value::Null, &27.into()));
        for query in ["cursor=x", "cursor=", "cursor=ZW50cnk6NQ&page=2", "cursor=ZW50cnk6NQ&before=3"] {
            let refused = stack.get(&format!("/api/tokens/history?{query}"), Some(&ada.token)).await;
            refused.expect_error(400, "malformed_query");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_anothers_history() {
    with_stack(async |stack| {
        with_entries(stack, 5).await;
        let grace = stack.sign_up("grace").await;
        assert_eq!(stack.get("/api/tokens/history", Some(&grace.token)).await.expect(200)["total"], 1);
        stack.get("/api/tokens/history", None).await.expect_error(401, "unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_is_refused() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        for query in [
            "page=0",
            "page=-1",
            "page=x",
            "page=99999999999",
            "limit=0",
            "limit=101",
            "limit=1.5",
            "before=0",
            "page=",
            "limit=10&limit=20",
            "surprise=1",
            "page=9223372036854775808",
            "before=%00",
        ] {
            let answer = stack.get(&format!("/api/tokens/history?{query}"), Some(&ada.token)).await;
            answer.expect_error(400, "malformed_query");
        }
        let far = stack.get("/api/tokens/history?page=2147483647&limit=100", Some(&ada.token)).await.expect(200);
        assert!(numbers(&far).is_empty());
    })
    .await;
}
