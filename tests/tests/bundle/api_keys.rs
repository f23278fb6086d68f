//! API keys from the settings: made once, listed without their secret, revoked for good.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

const KEYS: &str = "/api/settings/api-keys";

async fn create(stack: &Stack, person: &Person, name: &str) -> Answer {
    stack.send(stack.request("POST", KEYS).bearer_auth(&person.token).json(&json!({ "name": name }))).await
}

async fn revoke(stack: &Stack, person: &Person, id: &str) -> Answer {
    stack.send(stack.request("DELETE", &format!("{KEYS}/{id}")).bearer_auth(&person.token)).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_stored_as_a_digest() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let made = create(stack, &ada, "  robot ").await.expect(200)["apiKey"].clone();
        let key = text(&made["key"]);
        let random = key.strip_prefix("sk_test_").unwrap();
        assert!(
            random.len() == 43 && random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{key}"
        );
        assert_eq!(text(&made["keyPrefix"]), format!("sk_test...{}", &key[key.len() - 4..]));
        assert_eq!(made["name"], "robot");

        let stored = format!("select count(*) from api_keys where key_hash = sha256('{key}') and is_active");
        assert_eq!(stack.number(&stored).await, 1);
        let leaked = format!("select count(*) from api_keys k where k::text like '%{random}%'");
        assert_eq!(stack.number(&leaked).await, 0);

        stack.get("/api/tokens/balance", Some(key)).await.expect(200);
        let listed = stack.get(KEYS, Some(&ada.token)).await;
        assert!(!listed.text.contains(random) && !listed.text.contains("keyHash"), "{}", listed.text);
        let listed = listed.expect(200)["apiKeys"][0].clone();
        let fields: BTreeSet<_> = listed.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["createdAt", "id", "isActive", "keyPrefix", "lastUsedAt", "name"]));
        assert!(listed["isActive"] == true && listed["lastUsedAt"].is_string(), "{listed}");
        let one = stack.get(&format!("{KEYS}/{}", text(&made["id"])), Some(&ada.token)).await.expect(200);
        assert_eq!(one["apiKey"], listed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_keys_work_at_a_time_and_a_revoked_one_makes_room() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let mut made = Vec::new();
        for number in 0..10 {
            made.push(create(stack, &ada, &format!("key {number}")).await.expect(200)["apiKey"].clone());
        }
        create(stack, &ada, "one more").await.expect_error(400, "limit_reached");

        let (id, key) = (text(&made[3]["id"]), text(&made[3]["key"]));
        stack.get("/api/tokens/balance", Some(key)).await.expect(200);
        assert_eq!(revoke(stack, &ada, id).await.expect(200)["success"], true);
        stack.get("/api/tokens/balance", Some(key)).await.expect_error(401, "api_key_revoked");
        let again = revoke(stack, &ada, id).await.expect_error(404, "already_revoked");
        assert_eq!(again["error"], "API key is already revoked");

        create(stack, &ada, "one more").await.expect(200);
        let listed = stack.get(KEYS, Some(&ada.token)).await.expect(200)["apiKeys"].clone();
        let names: Vec<&str> = listed.as_array().unwrap().iter().map(|key| text(&key["name"])).collect();
        assert_eq!(names.len(), 11, "a revoked key stays listed");
        assert!(names[0] == "one more" && names[10] == "key 0", "the newest first: {names:?}");
        let revoked: Vec<_> = listed.as_array().unwrap().iter().filter(|key| key["isActive"] == false).collect();
        assert!(revoked.len() == 1 && revoked[0]["id"] == id, "{revoked:?}");
    })
    .await;
}

/// Each key takes a while to write, so that those who count at once would all find room.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_keys_at_once_as_many_are_made_as_there_is_room_for() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        for number in 0..8 {
            create(stack, &ada, &format!("key {number}")).await.expect(200);
        }
        stack
            .sql(
                "create function nap() returns trigger language plpgsql as
                     $$ begin perform pg_sleep(0.1); return null; end $$;
                 create trigger nap after insert on api_keys for each row execute function nap()",
            )
            .await;
        let (stack, ada) = (&*stack, &ada);
        let answers = join_all((8..16).map(|n| async move { create(stack, ada, &format!("key {n}")).await })).await;
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.expect_error(400, "limit_reached");
        }
        assert_eq!((made, stack.number("select count(*) from api_keys where is_active").await), (2, 10));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_the_keys_of_others() {
    with_stack(async |stack| {
        let (ada, eve) = (stack.sign_up("ada").await, stack.sign_up("eve").await);
        let made = create(stack, &ada, "robot").await.expect(200)["apiKey"].clone();
        let path = format!("{KEYS}/{}", text(&made["id"]));
        stack.get(&path, Some(&eve.token)).await.expect_error(404, "not_found");
        revoke(stack, &eve, text(&made["id"])).await.expect_error(404, "not_found");
        revoke(stack, &ada, "key_unknown").await.expect_error(404, "not_found");
        for odd in ["%00", "%ff", "x/y"] {
            stack.get(&format!("{KEYS}/{odd}"), Some(&ada.token)).await.expect(404);
        }
        assert_eq!(stack.get(KEYS, Some(&eve.token)).await.expect(200)["apiKeys"], json!([]));
        // A key acts for its owner, and not on its owner.
        stack.get(KEYS, Some(text(&made["key"]))).await.expect_error(401, "unauthorized");
        stack.get(KEYS, None).await.expect_error(401, "unauthorized");
        assert_eq!(stack.number("select count(*) from api_keys where is_active").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_needs_a_name() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let long = "n".repeat(51);
        for (name, sentence) in [
            (json!(""), "API key name is required"),
            (json!("  "), "API key name is required"),
            (json!(7), "API key name is required"),
            (json!(null), "API key name is required"),
            (json!(long), "API key name must be 50 characters or less"),
        ] {
            let request = stack.request("POST", KEYS).bearer_auth(&ada.token).json(&json!({ "name": name }));
            assert_eq!(stack.send(request).await.expect_error(400, "invalid_field")["error"], sentence);
        }
        let broken = stack.request("POST", KEYS).bearer_auth(&ada.token).body("{\"name\": ");
        stack.send(broken).await.expect_error(400, "malformed_body");
        create(stack, &ada, &"é".repeat(50)).await.expect(200);
    })
    .await;
}
