//! What an operator sees: a metrics line per request, causes in the log, and no secret in either.

use serde_json::json;
use tests::{PASSWORD, with_stack};

#[tokio::test(flavor = "multi_thread")]
async fn each_request_leaves_one_metrics_line() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.balance(&ada).await;
        let answer = stack.get("/api/tokens/nothing", None).await;
        let lines = stack.metrics("tokens");
        assert_eq!(lines.len(), 2, "{lines:?}");
        let (first, second) = (&lines[0], &lines[1]);
        assert_eq!((&first["Route"], &first["Status"]), (&json!("GET /api/tokens/balance"), &json!(200)));
        assert_eq!((&first["ColdStart"], &second["ColdStart"]), (&json!(1), &json!(0)));
        assert_eq!((&first["RoundTrips"], &second["RoundTrips"]), (&json!(1), &json!(0)));
        assert_eq!((&second["Route"], &second["Code"]), (&json!("GET unmatched"), &json!("no_such_endpoint")));
        assert_eq!(second["RequestId"], answer.expect(404)["requestId"]);
        assert_eq!(answer.header("x-request-id"), second["RequestId"]);
        for line in &lines {
            assert!(line["Duration"].as_f64().unwrap() > 0.0);
            let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
            assert!(metrics.iter().all(|metric| line[metric["Name"].as_str().unwrap()].is_number()), "{line}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_is_logged_with_its_cause_and_answered_without() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("alter table user_token_balances alter column tier drop not null; alter table user_token_balances drop constraint user_token_balances_tier_fkey").await;
        stack.sql("alter table user_token_balances rename column total_spent to total_spent_renamed").await;
        let answer = stack.get("/api/tokens/balance", Some(&ada.token)).await;
        let body = answer.expect_error(503, "unavailable");
        assert!(!answer.text.contains("total_spent"), "{}", answer.text);
        let lines = stack.bundle.log_lines("tokens");
        let cause = lines.iter().find(|line| line.contains("total_spent")).expect("the cause is in the log");
        assert!(cause.contains(body["requestId"].as_str().unwrap()), "{cause}");
        stack.sql("alter table user_token_balances rename column total_spent_renamed to total_spent").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_no_secret_and_no_personal_data() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.balance(&ada).await;
        let body = json!({ "email": ada.email, "password": PASSWORD });
        stack.post("/api/auth/mobile/signin", &body).await.expect(200);
        stack
            .post("/api/auth/mobile/signin", &json!({ "email": ada.email, "password": "wrong-one" }))
            .await
            .expect(401);
        stack.post("/api/auth/signup", &body).await.expect(409);
        stack.get("/api/tokens/balance?email=ada@example.com", Some("sk_test_secret_key")).await.expect(401);
        for function in ["auth", "tokens", "gateway"] {
            let text = stack.bundle.log_lines(function).join("\n");
            assert!(!text.is_empty());
            for secret in [
                PASSWORD,
                "wrong-one",
                &ada.token,
                "sk_test_secret_key",
                "ada@example.com",
                "a-secret-for-tests",
                "a-salt-for-tests",
            ] {
                assert!(!text.contains(secret), "the log of {function} has {secret}");
            }
        }
    })
    .await;
}
