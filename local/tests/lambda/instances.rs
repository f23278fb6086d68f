//! When processes start, wait and end.

use std::time::{Duration, Instant};

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::fixture::{Limits, is_alive, settings, start, start_with};

async fn get(url: String) -> (u16, String) {
    let response = reqwest::get(url).await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a body"))
}

async fn pid(url: &str) -> Value {
    let (_, body) = get(format!("{url}/echo/pid")).await;
    serde_json::from_str::<Value>(&body).expect("JSON")["pid"].clone()
}

#[tokio::test]
async fn starts_on_the_first_request_and_stays_warm() {
    let (bundle, _folder) = start("warm").await;
    assert!(bundle.pids("hello").is_empty());
    let url = format!("{}/hello", bundle.url());
    assert_eq!(get(url.clone()).await, (200, "hello".to_owned()));
    let first = bundle.pids("hello");
    assert_eq!(first.len(), 1);
    for _ in 0..20 {
        assert_eq!(get(url.clone()).await.0, 200);
    }
    assert_eq!(bundle.pids("hello"), first);
    assert_eq!(bundle.init_times("hello").len(), 1);
    bundle.stop().await;
    assert!(!is_alive(first[0]));
}

#[tokio::test]
async fn a_busy_function_gets_more_instances_up_to_the_limit() {
    let (bundle, _folder) = start("busy").await;
    let url = format!("{}/echo/slow?n=400", bundle.url());
    let started = Instant::now();
    let requests = (0..4).map(|_| tokio::spawn(get(url.clone())));
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.expect("no panic").0, 200);
    }
    // Two instances, so two rounds of 400 ms.
    assert!(started.elapsed() >= Duration::from_millis(800), "{:?}", started.elapsed());
    assert_eq!(bundle.pids("echo").len(), 2);
    bundle.stop().await;
}

#[tokio::test]
async fn a_killed_function_answers_the_next_request() {
    let (bundle, _folder) = start("kill").await;
    let url = bundle.url();
    for _ in 0..5 {
        let before = pid(&url).await;
        bundle.kill("echo");
        let after = pid(&url).await;
        assert!(after.is_number() && after != before);
    }
    // Killed by somebody else while it is idle.
    for _ in 0..5 {
        let before = pid(&url).await;
        let process = before.as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a process id");
        signal::kill(Pid::from_raw(process), Signal::SIGKILL).expect("it is killed");
        while bundle.pids("echo").iter().any(|pid| before == *pid) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let after = pid(&url).await;
        assert!(after.is_number() && after != before);
    }
    // While it works on a request: that one fails, the next does not.
    let slow = tokio::spawn(get(format!("{url}/echo/slow?n=900")));
    tokio::time::sleep(Duration::from_millis(200)).await;
    bundle.kill("echo");
    assert_eq!(slow.await.expect("no panic"), (500, r#"{"message":"Internal Server Error"}"#.to_owned()));
    assert!(pid(&url).await.is_number());
    bundle.stop().await;
}

#[tokio::test]
async fn a_frozen_function_times_out_and_a_thawed_one_answers() {
    let (bundle, _folder) = start_with("freeze", Limits { timeout_seconds: 2, ..Limits::default() }).await;
    let url = bundle.url();
    let first = pid(&url).await;
    bundle.freeze("echo");
    tokio::time::sleep(Duration::from_millis(100)).await;
    bundle.thaw("echo");
    assert_eq!(pid(&url).await, first);
    bundle.freeze("echo");
    assert_eq!(get(format!("{url}/echo/x")).await.0, 500);
    let log = bundle.log_lines("echo").join("\n");
    assert!(log.contains("Task timed out after 2.00 seconds"), "{log}");
    bundle.thaw("echo");
    assert_ne!(pid(&url).await, first, "the instance that timed out is gone");
    bundle.freeze("echo");
    let frozen = bundle.pids("echo");
    bundle.stop().await;
    assert!(frozen.iter().all(|pid| !is_alive(*pid)));
}

#[tokio::test]
async fn a_crash_answers_500_with_the_last_line_in_the_log() {
    let (bundle, _folder) = start("crash").await;
    let url = bundle.url();
    assert_eq!(get(format!("{url}/echo/crash")).await.0, 500);
    let log = bundle.log_lines("echo").join("\n");
    assert!(log.contains("exit status: 3. Its last line: cannot go on"), "{log}");
    assert_eq!(get(format!("{url}/echo/panic")).await.0, 500);
    assert_eq!(get(format!("{url}/echo/fine")).await.0, 200);
    bundle.stop().await;
}

#[tokio::test]
async fn a_function_that_does_not_start_answers_500_and_is_not_started_in_a_loop() {
    let (bundle, _folder) = start("broken").await;
    let url = format!("{}/broken", bundle.url());
    let started = Instant::now();
    for _ in 0..3 {
        assert_eq!(get(url.clone()).await.0, 500);
    }
    assert!(started.elapsed() >= Duration::from_millis(300), "the second start waits 100 ms, the third 200 ms");
    let log = bundle.log_lines("broken");
    assert_eq!(log.iter().filter(|line| *line == "DATABASE_URL is missing").count(), 3);
    bundle.stop().await;
}

#[tokio::test]
async fn an_instance_sees_only_its_own_variables() {
    let (bundle, _folder) = start("environment").await;
    let (_, body) = get(format!("{}/echo/x", bundle.url())).await;
    let environment = &serde_json::from_str::<Value>(&body).expect("JSON")["environment"];
    assert_eq!(environment["SECRET"], "hush");
    assert_eq!(environment["LOG_LEVEL"], "debug");
    assert_eq!(environment["CLOCK_FILE"], "/tmp/clock");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    for absent in ["OTHER", "SSL_CERT_FILE", "SSL_CERT_DIR", "HOME", "CARGO"] {
        assert!(environment.get(absent).is_none(), "{absent}");
    }
    bundle.stop().await;
}

#[tokio::test]
async fn invoke_passes_events_and_errors() {
    let (bundle, _folder) = start("invoke").await;
    let event = json!({"version": "2.0", "rawPath": "/hello", "requestContext": {"http": {"method": "GET"}}});
    assert_eq!(bundle.invoke("hello", event).await.expect("an answer")["body"], "hello");
    let error = bundle.invoke("hello", json!({})).await.expect_err("no HTTP event").to_string();
    assert!(error.starts_with("The function hello failed: "), "{error}");
    let error = bundle.invoke("broken", json!({})).await.expect_err("does not start").to_string();
    assert!(error.contains("Runtime.ExitError") && error.contains("DATABASE_URL is missing"), "{error}");
    assert!(bundle.invoke("nobody", json!({})).await.is_err());
    bundle.stop().await;
}

#[tokio::test]
async fn a_missing_variable_or_binary_and_a_used_port_are_said_at_the_start() {
    let (bundle, folder) = start("said").await;
    let other = folder.0.join("other");
    let error = |change: fn(&mut local::lambda::BundleSettings)| {
        let mut settings = settings(&other, Limits::default());
        change(&mut settings);
        async { local::lambda::Bundle::start(settings).await.expect_err("an error").to_string() }
    };
    let missing = error(|settings| drop(settings.environment.remove("SECRET"))).await;
    assert!(missing.contains("the function echo the variable SECRET"), "{missing}");
    let unbuilt = error(|settings| std::fs::remove_file(settings.binaries.join("hello")).expect("a link")).await;
    assert!(unbuilt.contains("cargo build -p hello"), "{unbuilt}");
    let mut taken = settings(&other, Limits::default());
    taken.listen = bundle.url().trim_start_matches("http://").parse().expect("an address");
    let port = taken.listen.port();
    let used = local::lambda::Bundle::start(taken).await.expect_err("an error").to_string();
    assert!(used.starts_with(&format!("Port {port} is in use")) && used.contains("--port"), "{used}");
    bundle.stop().await;
}

#[tokio::test]
async fn an_answer_may_be_lost_with_its_process() {
    let (bundle, _folder) = start("lost").await;
    let url = bundle.url();
    let before = pid(&url).await;
    bundle.lose_next_answer("echo");
    let (status, body) = get(format!("{url}/echo/pid")).await;
    assert!(status >= 500 && !body.contains("pid"), "{status} {body}");
    let after = pid(&url).await;
    assert!(after.is_number() && after != before);
}
