//! Queries that run for long: seen after five seconds, without their values; cancelled, and only they.

use std::time::Duration;

use local::connection::Connection;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::{look, person};

async fn cancel(stack: &Stack, who: &Person, query: &Value) -> Answer {
    let request = stack.request("POST", "/api/admin/system/queries/cancel").bearer_auth(&who.token);
    stack.send(request.json(query)).await
}

/// The query of a role in the list, once it is there.
async fn listed(stack: &Stack, who: &Person, role: &str) -> Value {
    loop {
        let seen = look(stack, who, "queries").await.expect(200);
        if let Some(query) = seen["queries"].as_array().unwrap().iter().find(|query| query["role"] == role) {
            return query.clone();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_66_a_runaway_query_is_listed_masked_and_cancelled_exactly_once() {
    with_stack(async |stack| {
        let (root, admin) = (person(stack, "root", "SUPER_ADMIN").await, person(stack, "admin", "ADMIN").await);
        let runaway = Connection::open(&stack.pooled_url).await.unwrap();
        runaway.batch_execute("begin; set local statement_timeout = '120s'").await.unwrap();
        let slept = runaway.batch_execute("select pg_sleep(90), 'ada@example.com'");
        let watched = async {
            let query = listed(stack, &admin, "spike_app").await;
            assert!(query["seconds"].as_f64().unwrap() > 5.0, "{query}");
            assert_eq!(query["text"], "select pg_sleep(?), ?");
            assert_eq!(query["waitsFor"], "Timeout: PgSleep");

            cancel(stack, &admin, &query).await.expect_error(403, "admin_required");
            for (field, value) in [
                ("pid", json!(1)),
                ("backendStart", json!("2026-01-01T00:00:00Z")),
                ("queryStart", json!("2026-01-01T00:00:00Z")),
            ] {
                let mut other = query.clone();
                other[field] = value;
                cancel(stack, &root, &other).await.expect_error(404, "not_found");
            }
            let mut wrong = query.clone();
            wrong["queryStart"] = "yesterday".into();
            cancel(stack, &root, &wrong).await.expect_error(400, "invalid_field");
            assert_eq!(stack.number("select count(*) from audit_logs where action = 'QUERY_CANCEL'").await, 0);

            assert_eq!(cancel(stack, &root, &query).await.expect(200), json!({ "cancelled": true }));
            query
        };
        let (slept, query) = tokio::join!(slept, watched);
        assert_eq!(slept.unwrap_err().code().unwrap().code(), "57014");
        cancel(stack, &root, &query).await.expect_error(404, "not_found");
        let written = format!(
            "select count(*) from audit_logs
              where action = 'QUERY_CANCEL' and actor_id = '{}' and target_id = '{}'",
            root.id, query["pid"]
        );
        assert_eq!(stack.number(&written).await, 1);
    })
    .await;
}

/// The functions' role cancels its own; somebody else's is refused and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn ops_66_what_is_not_of_the_functions_is_not_cancelled() {
    with_stack(async |stack| {
        let root = person(stack, "root", "SUPER_ADMIN").await;
        let other = Connection::open(&stack.direct_url).await.unwrap();
        let slept = other.batch_execute("select pg_sleep(7)");
        let watched = async {
            let query = listed(stack, &root, "postgres").await;
            cancel(stack, &root, &query).await.expect_error(403, "not_allowed");
        };
        let (slept, ()) = tokio::join!(slept, watched);
        slept.unwrap();
    })
    .await;
}
