//! Alerts reach their receiver once, in order, however long it was away.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tests::{Backups, Stack, with_stack_where};

use crate::{changes, done};

/// Takes alerts, when it is up.
#[derive(Clone, Default)]
struct Receiver {
    is_up: Arc<Mutex<bool>>,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    fn is_up(&self, is_up: bool) {
        *self.is_up.lock().unwrap() = is_up;
    }

    fn got(&self) -> Vec<Value> {
        self.got.lock().unwrap().clone()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, Json(alert): Json<Value>) -> StatusCode {
    if !*receiver.is_up.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    assert_eq!(headers["idempotency-key"], alert["id"].as_str().unwrap());
    receiver.got.lock().unwrap().push(alert);
    StatusCode::NO_CONTENT
}

async fn fails(stack: &Stack) {
    stack
        .sql(
            "insert into backup_runs (id, kind, day, status, started_at, finished_at, error)
             values ('bak_1', 'daily', current_date, 'FAILED', now(), now(), 'the bucket is gone')",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_43_an_alert_is_delivered_once_when_the_receiver_is_back() {
    let receiver = Receiver::default();
    let hook = vec![("ALERT_WEBHOOK_URL".to_owned(), receiver.start().await)];
    with_stack_where(hook, async |stack| {
        // Whatever is old on this machine has had its say.
        receiver.is_up(true);
        done(stack, "alerts.evaluate").await;
        receiver.is_up(false);
        let before = receiver.got().len();

        fails(stack).await;
        let said = done(stack, "alerts.evaluate").await;
        assert_eq!(said["delivered"], json!({ "sent": 0, "refused": 1 }), "{said}");
        // It is over before anybody could be told.
        stack.sql("update backup_runs set started_at = now() - interval '8 days'").await;
        for _ in 0..2 {
            done(stack, "alerts.evaluate").await;
        }
        assert_eq!(changes(stack, "backup.failed").await, ["FIRING", "RESOLVED"]);
        assert_eq!(receiver.got().len(), before);
        let waiting = "select count(*) from alert_outbox where next_attempt_at is not null";
        assert_eq!(stack.number(waiting).await, 2);

        receiver.is_up(true);
        // Not before its next attempt is due; then five at once.
        stack.set_clock(120);
        for _ in 0..3 {
            let run = || stack.bundle.invoke("scheduled", json!({ "job": "alerts.deliver" }));
            futures_util::future::join_all((0..5).map(|_| run())).await;
        }
        let got: Vec<Value> = receiver.got().split_off(before);
        let told: Vec<_> = got.iter().map(|one| (one["rule"].clone(), one["to"].clone())).collect();
        let expected = ["FIRING", "RESOLVED"].map(|state| (json!("backup.failed"), json!(state)));
        assert_eq!(told, expected);
        assert!(got[0]["text"].as_str().unwrap().contains("backup.failed is above 0"), "{}", got[0]);
        assert_eq!(stack.number(waiting).await, 0);
        assert_eq!(
            stack.number("select count(*) from alert_states where last_notified_at is not null").await,
            1 + i64::try_from(before).unwrap()
        );

        stack.set_clock(86_400);
        done(stack, "alerts.deliver").await;
        assert_eq!(receiver.got().len(), before + 2, "nothing is told twice");
    })
    .await;
}

/// One change is one event and one letter, however many evaluate at once.
#[tokio::test(flavor = "multi_thread")]
async fn five_evaluations_at_once_alert_once() {
    let receiver = Receiver::default();
    receiver.is_up(true);
    let hook = vec![("ALERT_WEBHOOK_URL".to_owned(), receiver.start().await)];
    with_stack_where(hook, async |stack| {
        fails(stack).await;
        let run = || stack.bundle.invoke("scheduled", json!({ "job": "alerts.evaluate" }));
        let answers = futures_util::future::join_all((0..5).map(|_| run())).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|run| run["status"] != "FAILED")), "{answers:?}");
        done(stack, "alerts.deliver").await;
        assert_eq!(changes(stack, "backup.failed").await, ["FIRING"]);
        let told = receiver.got().iter().filter(|one| one["rule"] == "backup.failed").count();
        assert_eq!(told, 1, "{:?}", receiver.got());
    })
    .await;
}

/// A backup says at once how it ended, in the same way as every evaluation does.
#[tokio::test(flavor = "multi_thread")]
async fn ops_24_ops_42_ops_43_a_failed_backup_is_told_once_and_its_end_once() {
    let receiver = Receiver::default();
    receiver.is_up(true);
    let mut backups = Backups::start().await;
    let mut variables = backups.variables();
    variables.push(("ALERT_WEBHOOK_URL".to_owned(), receiver.start().await));
    with_stack_where(variables, async |stack| {
        let take = async || stack.bundle.invoke("backup", json!({ "kind": "daily" })).await;
        let told = || -> Vec<_> {
            let got = receiver.got().into_iter().filter(|one| one["rule"] == "backup.failed");
            got.map(|one| (one["to"].clone(), one["value"].clone())).collect()
        };
        let firing = (json!("FIRING"), json!(1.0));
        backups.down().await;
        for _ in 0..2 {
            take().await.unwrap_err();
        }
        assert_eq!(changes(stack, "backup.failed").await, ["FIRING"], "before anybody evaluates");
        done(stack, "alerts.deliver").await;
        assert_eq!(told(), std::slice::from_ref(&firing));
        done(stack, "alerts.evaluate").await;
        done(stack, "alerts.deliver").await;
        assert_eq!(told().len(), 1, "an evaluation finds nothing new");

        backups.up().await;
        let report = take().await.unwrap();
        assert_eq!((&report["action"], &report["existed"]), (&json!("backup"), &json!(false)), "{report}");
        for _ in 0..2 {
            done(stack, "alerts.evaluate").await;
            done(stack, "alerts.deliver").await;
        }
        assert_eq!(told(), [firing, (json!("RESOLVED"), json!(0.0))]);
        assert_eq!(changes(stack, "backup.failed").await, ["FIRING", "RESOLVED"]);

        let runs = "select count(*) from job_runs where job = 'backup.daily' and status = ";
        assert_eq!(stack.number(&format!("{runs} 'FAILED'")).await, 2);
        assert_eq!(stack.number(&format!("{runs} 'SUCCEEDED' and result ->> 'bytes' > '0'")).await, 1);
        let metrics = stack.metrics("backup");
        let failed: Vec<_> = metrics.iter().map(|line| line["BackupsFailed"].clone()).collect();
        assert_eq!(failed, [1.0, 1.0, 0.0].map(|count| json!(count)));
        let declared = &metrics[2]["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(declared[1], json!({ "Name": "BackupBytes", "Unit": "Bytes" }));
        assert!(metrics[2]["BackupBytes"].as_f64().unwrap() > 0.0);
    })
    .await;
}
