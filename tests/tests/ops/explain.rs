//! Slow statements: in the function's own log, and explained, if they are the functions'.

use std::time::Duration;

use local::connection::Connection;
use serde_json::{Value, json};
use tests::{Answer, Person, Stack, with_stack};

use crate::{look, person};

async fn explain(stack: &Stack, who: &Person, query_id: &Value) -> Answer {
    let request = stack.request("POST", "/api/admin/system/explain").bearer_auth(&who.token);
    stack.send(request.json(&json!({ "queryId": query_id }))).await
}

/// A number that counted statements know: its text, as the server keeps it.
async fn query_ids(stack: &Stack, role: &str, text: &str) -> Vec<String> {
    let sql = format!(
        "select queryid::text from pg_stat_statements
          where userid = '{role}'::regrole and query ~* '{text}'
            and dbid = (select oid from pg_database where datname = current_database())"
    );
    stack.database.query_typed(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn count_anew(stack: &Stack) {
    let reset = "select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()";
    stack.sql(reset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_32_a_listed_statement_of_the_functions_is_explained_and_nobody_elses() {
    with_stack(async |stack| {
        let (root, admin) = (person(stack, "root", "SUPER_ADMIN").await, person(stack, "admin", "ADMIN").await);
        let uncounted = explain(stack, &root, &"1".into()).await.expect_error(503, "not_set_up");
        assert!(uncounted["error"].as_str().unwrap().contains("does not count"), "{uncounted}");
        stack.sql("create extension pg_stat_statements").await;
        count_anew(stack).await;
        stack.get("/api/tokens/balance", Some(&admin.token)).await.expect(200);
        let listed = look(stack, &admin, "slow-statements").await.expect(200);
        let ours =
            listed["statements"].as_array().unwrap().iter().find(|one| {
                one["role"] == "spike_app" && one["text"].as_str().unwrap().contains("user_token_balances")
            });
        let ours = ours.unwrap_or_else(|| panic!("{listed}"));

        explain(stack, &admin, &ours["queryId"]).await.expect_error(403, "admin_required");
        let told = explain(stack, &root, &ours["queryId"]).await.expect(200);
        assert_eq!((&told["text"], &told["queryId"]), (&ours["text"], &ours["queryId"]));
        let plan = told["plan"].as_str().unwrap_or_else(|| panic!("{told}"));
        println!("{plan}");
        assert!(plan.contains("Scan") && plan.contains(" on user_token_balances") && plan.contains("cost="), "{plan}");
        assert!(!plan.contains("actual time"), "nothing is executed: {plan}");

        // What somebody else has run, and what is no query.
        stack.sql("select count(*) from users where email = 'eve@example.com'").await;
        let functions = Connection::open(&stack.pooled_url).await.unwrap();
        functions.batch_execute("show work_mem").await.unwrap();
        let mut refused = query_ids(stack, "postgres", "^select count.* from users where").await;
        refused.extend(query_ids(stack, "spike_app", "^show").await);
        assert_eq!(refused.len(), 2, "{refused:?}");
        for id in refused.iter().map(String::as_str).chain(["77"]) {
            explain(stack, &root, &id.into()).await.expect_error(404, "not_found");
        }
        for wrong in ["select 1", "1; drop table users", "", "99999999999999999999"] {
            explain(stack, &root, &wrong.into()).await.expect_error(400, "invalid_field");
        }
        let written = format!(
            "select count(*) from audit_logs where action = 'QUERY_EXPLAIN' and actor_id = '{}' and target_id = '{}'
                and metadata ->> 'text' like 'with wallet as %'",
            root.id,
            ours["queryId"].as_str().unwrap()
        );
        assert_eq!(stack.number(&written).await, 1);
        assert_eq!(stack.number("select count(*) from audit_logs where action = 'QUERY_EXPLAIN'").await, 1);
        // No name stays behind in the pool.
        let left = "select count(*) from pg_prepared_statements";
        for _ in 0..5 {
            let rows = functions.query_typed(left, &[]).await.unwrap();
            assert_eq!(rows[0].get::<_, i64>(0), 0);
        }
    })
    .await;
}

/// Whatever the functions have run so far has a plan, or a reason why not.
#[tokio::test(flavor = "multi_thread")]
async fn ops_32_nearly_all_statements_can_be_explained() {
    with_stack(async |stack| {
        stack.sql("create extension pg_stat_statements").await;
        count_anew(stack).await;
        let root = person(stack, "root", "SUPER_ADMIN").await;
        for path in [
            "/api/tokens/balance",
            "/api/tokens/history",
            "/api/settings/api-keys",
            "/api/referral/stats",
            "/api/admin/system/health",
            "/api/admin/system/alerts",
            "/api/admin/system/samples",
            "/api/admin/analytics/users",
            "/api/admin/analytics/tokens",
            "/api/admin/audit",
        ] {
            stack.get(path, Some(&root.token)).await;
        }
        crate::done(stack, "alerts.evaluate").await;
        let ids = query_ids(stack, "spike_app", r"^\s*(select|with|insert|update|delete)\M").await;
        let (mut planned, mut not) = (0, Vec::new());
        for id in &ids {
            let told = explain(stack, &root, &id.as_str().into()).await.expect(200);
            match told["plan"].is_string() {
                true => planned += 1,
                false => not.push((told["problem"].as_str().unwrap().to_owned(), told["text"].clone())),
            }
        }
        println!("{planned} of {}: {not:#?}", ids.len());
        assert!(ids.len() > 20 && planned * 20 >= ids.len() * 17, "{planned} of {}: {not:#?}", ids.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_32_a_slow_exchange_is_in_the_functions_log_without_values() {
    with_stack(async |stack| {
        stack.get("/api/health/ready", None).await.expect(200);
        let holder = Connection::open(&stack.direct_url).await.unwrap();
        holder.batch_execute("begin; lock table users in access exclusive mode").await.unwrap();
        let asked = async { stack.post("/api/auth/check-email", &json!({ "email": "ada@example.com" })).await };
        let held = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            holder.batch_execute("rollback").await.unwrap();
        };
        let (answer, ()) = tokio::join!(asked, held);
        answer.expect(200);
        let log = stack.bundle.log_lines("auth");
        let slow = log.iter().find(|line| {
            line.contains("a slow exchange with the database") && line.contains("from users where email = $1")
        });
        let slow: Value = serde_json::from_str(slow.unwrap_or_else(|| panic!("{log:#?}"))).unwrap();
        assert!(slow.to_string().contains("\"milliseconds\":"), "{slow}");
        assert!(slow.to_string().contains("requestId"), "{slow}");
        assert!(!log.join("\n").contains("ada@example.com"), "a value");
    })
    .await;
}
