//! The nightly event: the deployed function answers with what it found, and leaves a metric for the alarm.

use serde_json::{Value, json};
use tests::{Stack, with_stack};

/// What the schedule of the template sends.
async fn night(stack: &Stack) -> Value {
    stack.bundle.invoke("migrate", json!({ "action": "reconcile" })).await.unwrap()
}

/// The newest of the function's metrics.
fn metric(stack: &Stack) -> Value {
    stack.metrics("migrate").into_iter().rfind(|line| !line["ReconciliationFaults"].is_null()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_night_finds_what_is_wrong_and_says_so() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let report = night(stack).await;
        assert_eq!((&report["action"], &report["faults"]), (&json!("reconcile"), &json!(0)));
        assert_eq!(metric(stack)["ReconciliationFaults"], 0);

        let wrong = format!("where user_id = '{}'", ada.id);
        stack.sql(&format!("update user_token_balances set transaction_count = 7 {wrong}")).await;
        let report = night(stack).await;
        let totals = report["checks"].as_array().unwrap().iter().find(|check| check["found"] != 0).unwrap();
        assert_eq!((&totals["name"], &totals["first"][0]["id"]), (&json!("totals_are_sums"), &json!(ada.id)));
        let line = metric(stack);
        assert_eq!((&line["ReconciliationFaults"], &line["Broken"]), (&json!(1), &json!(["totals_are_sums"])));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "ReconciliationFaults");
        let runs = "select count(*) from job_runs where job = 'maintenance.reconcile' and status = 'SUCCEEDED' and result ->> 'faults' = ";
        assert_eq!((stack.number(&format!("{runs} '0'")).await, stack.number(&format!("{runs} '1'")).await), (1, 1));

        let repaired = stack.bundle.invoke("migrate", json!({ "action": "reconcile", "fix": true })).await.unwrap();
        assert_eq!((&repaired["faults"], &repaired["fixed"][0]["id"]), (&json!(0), &json!(ada.id)));
        assert_eq!(metric(stack)["ReconciliationFaults"], 0);
    })
    .await;
}
