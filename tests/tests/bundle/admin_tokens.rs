//! `adjustTokens`: what administrators give and take.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::admin_team::{ask, look, person, record_is_whole, text, written};

fn adjustment(target: &str, value: &Value) -> Value {
    json!({ "userId": target, "action": "adjustTokens", "value": value })
}

async fn adjust(stack: &Stack, who: &Person, target: &str, value: impl Into<Value>) -> Answer {
    ask(stack, who, "PATCH", "/api/admin/users", &adjustment(target, &value.into())).await
}

async fn adjust_once(stack: &Stack, who: &Person, key: &str, target: &str, value: impl Into<Value>) -> Answer {
    let request = stack.request("PATCH", "/api/admin/users").bearer_auth(&who.token).header("Idempotency-Key", key);
    stack.send(request.json(&adjustment(target, &value.into()))).await
}

async fn balance(stack: &Stack, person: &Person) -> i64 {
    stack.number(&format!("select balance from user_token_balances where user_id = '{}'", person.id)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_given_and_taken_once_and_written_down() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        assert_eq!(adjust(stack, &root, &ada.id, 90).await.expect(200), json!({ "success": true, "newBalance": 100 }));
        assert_eq!(
            adjust(stack, &root, &ada.id, "50").await.expect(200),
            json!({ "success": true, "newBalance": 150 })
        );
        assert_eq!(adjust(stack, &root, &ada.id, -30).await.expect(200)["newBalance"], 120);

        let page = stack.get("/api/tokens/history", Some(&ada.token)).await.expect(200);
        let given = &page["transactions"][1];
        assert_eq!((&given["balanceAfter"], &given["amount"]), (&150.into(), &50.into()));
        assert_eq!(given["type"], "EARN_ADMIN_ADJUSTMENT");
        assert_eq!((&given["source"], &given["sourceId"]), (&"admin_adjustment".into(), &root.id.as_str().into()));
        assert_eq!(page["transactions"][0]["type"], "EARN_ADMIN_ADJUSTMENT");
        let sum = format!("select sum(amount)::bigint from token_transactions where user_id = '{}'", ada.id);
        assert_eq!((stack.number(&sum).await, balance(stack, &ada).await), (120, 120));

        let record =
            look(stack, &root, &format!("/api/admin/audit?targetType=user&targetId={}", ada.id)).await.expect(200);
        let entries: Vec<_> = record["entries"].as_array().unwrap().iter().map(|entry| &entry["metadata"]).collect();
        let expected =
            [(-30, 120), (50, 150), (90, 100)].map(|(amount, new)| json!({ "amount": amount, "newBalance": new }));
        assert_eq!(entries, expected.iter().collect::<Vec<_>>());
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_that_is_not_there() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        let refused = adjust(stack, &root, &ada.id, -11).await.expect_error(402, "insufficient_tokens");
        assert_eq!((&refused["required"], &refused["balance"]), (&11.into(), &10.into()));
        assert_eq!(adjust(stack, &root, &ada.id, -10).await.expect(200)["newBalance"], 0);

        // Of twenty at once that take one each of seven, seven do.
        assert_eq!(adjust(stack, &root, &ada.id, 7).await.expect(200)["newBalance"], 7);
        let stack = &*stack;
        let takers = (0..20).map(|_| adjust(stack, &root, &ada.id, -1));
        let statuses: Vec<_> = join_all(takers).await.iter().map(|answer| answer.status).collect();
        let count = |status| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((count(200), count(402)), (7, 13), "{statuses:?}");
        assert_eq!(balance(stack, &ada).await, 0);
        assert_eq!(written(stack, "TOKEN_ADJUSTMENT").await, 9);
        record_is_whole(stack).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_cannot_be_is_refused() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        for value in [
            json!(0),
            json!("0"),
            json!(10_001),
            json!(-1_001),
            json!(1.5),
            json!("1.5"),
            json!("ten"),
            json!(null),
            json!(true),
            json!("99999999999999999999"),
        ] {
            let body = adjust(stack, &root, &ada.id, value.clone()).await.expect_error(400, "invalid_field");
            assert_eq!(
                (&body["error"], &body["details"]["field"]),
                (&"Invalid amount".into(), &"value".into()),
                "{value}"
            );
        }
        adjust(stack, &root, "nobody", 5).await.expect_error(404, "not_found");
        stack.sql("insert into users (id, deleted_at, created_at) values ('gone', now(), now())").await;
        adjust(stack, &root, "gone", 5).await.expect_error(404, "not_found");
        assert_eq!(stack.number("select count(*) from user_token_balances").await, 2, "no wallet for nobody");
        assert_eq!((balance(stack, &ada).await, written(stack, "TOKEN_ADJUSTMENT").await), (10, 0));
        // An imported account without a wallet gets one, with what everybody starts with.
        stack.sql("insert into users (id, created_at) values ('c0123456789', now())").await;
        assert_eq!(adjust(stack, &root, "c0123456789", 10_000).await.expect(200)["newBalance"], 10_010);
        assert_eq!(adjust(stack, &root, "c0123456789", -1_000).await.expect(200)["newBalance"], 9_010);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_repeated_under_its_key_is_done_once() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let other = person(stack, "other", "ADMIN").await;
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        let stack = &*stack;
        let twenty = (0..20).map(|_| adjust_once(stack, &root, "gift", &ada.id, 5));
        for answer in join_all(twenty).await {
            if answer.status != 409 {
                assert_eq!(answer.expect(200), json!({ "success": true, "newBalance": 15 }));
                continue;
            }
            answer.expect_error(409, "request_under_way");
        }
        adjust(stack, &root, &ada.id, 100).await.expect(200);
        assert_eq!(adjust_once(stack, &root, "gift", &ada.id, 5).await.expect(200)["newBalance"], 15, "as it was");
        assert_eq!(balance(stack, &ada).await, 115);

        adjust_once(stack, &root, "gift", &ada.id, 6).await.expect_error(422, "idempotency_key_reused");
        adjust_once(stack, &root, "gift", &grace.id, 5).await.expect_error(422, "idempotency_key_reused");
        assert_eq!(balance(stack, &grace).await, 10);
        // Another administrator's key is another key, and another key another request.
        assert_eq!(adjust_once(stack, &other, "gift", &grace.id, 5).await.expect(200)["newBalance"], 15);
        assert_eq!(adjust_once(stack, &root, "gift 2", &grace.id, 5).await.expect(200)["newBalance"], 20);

        // One that failed has not happened, and may be tried again.
        adjust_once(stack, &root, "take", &grace.id, -500).await.expect_error(402, "insufficient_tokens");
        adjust(stack, &root, &grace.id, 480).await.expect(200);
        assert_eq!(adjust_once(stack, &root, "take", &grace.id, -500).await.expect(200)["newBalance"], 0);

        for key in ["", &"x".repeat(201)] {
            let refused = adjust_once(stack, &root, key, &ada.id, 5).await.expect_error(400, "invalid_field");
            assert_eq!(refused["details"]["field"], "Idempotency-Key");
        }
        let kept = "select string_agg(event_key || coalesce(metadata::text, ''), ' ') from token_transactions";
        assert!(!text(stack, kept).await.contains("gift"), "what clients choose as a key is not kept");
        record_is_whole(stack).await;
    })
    .await;
}

/// Two people at once under one key: one of them gets it.
#[tokio::test(flavor = "multi_thread")]
async fn one_key_for_two_people_at_once_serves_one() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let (ada, grace) = (stack.sign_up("ada").await, stack.sign_up("grace").await);
        for round in 0..10 {
            let key = format!("round {round}");
            let both = tokio::join!(
                adjust_once(stack, &root, &key, &ada.id, 1),
                adjust_once(stack, &root, &key, &grace.id, 1)
            );
            let mut statuses = [both.0.status, both.1.status];
            statuses.sort_unstable();
            // The one that lost the race learns that the key is another request's, or that this one is under way.
            assert!(matches!(statuses, [200, 409 | 422]), "{} {}", both.0.text, both.1.text);
        }
        assert_eq!(balance(stack, &ada).await + balance(stack, &grace).await, 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_movement_that_fails_leaves_no_entry_and_the_other_way_round() {
    with_stack(async |stack| {
        let root = person(stack, "root", "ADMIN").await;
        let ada = stack.sign_up("ada").await;
        stack.sql("alter table user_token_balances add constraint not_rich check (balance < 100)").await;
        adjust(stack, &root, &ada.id, 500).await.expect_error(500, "internal");
        assert_eq!(written(stack, "TOKEN_ADJUSTMENT").await, 0);
        stack
            .sql("alter table user_token_balances drop constraint not_rich; revoke insert on audit_logs from spike_app")
            .await;
        adjust(stack, &root, &ada.id, 500).await.expect_error(503, "unavailable");
        assert_eq!(balance(stack, &ada).await, 10);
    })
    .await;
}
