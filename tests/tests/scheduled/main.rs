//! What runs by the clock. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod ageing;
mod clock;
mod collecting;
mod indexes;
mod mails;
mod purging;
mod runs;
mod tracking;

use serde_json::{Value, json};
use tests::Stack;

/// Runs a job as its schedule does, and answers what the function says.
async fn run(stack: &Stack, job: &str) -> Value {
    let answer = stack.bundle.invoke("scheduled", json!({ "job": job })).await;
    answer.unwrap_or_else(|error| panic!("{job}: {error}"))
}

/// Runs a job that succeeds; its counts.
async fn done(stack: &Stack, job: &str) -> Value {
    let answer = run(stack, job).await;
    assert_eq!(answer["status"], "SUCCEEDED", "{answer}");
    answer["result"].clone()
}

/// Runs a job five times at once, of which none fails. The answers of those that worked.
async fn five_at_once(stack: &Stack, job: &str) -> Vec<Value> {
    let answers = futures_util::future::join_all((0..5).map(|_| run(stack, job))).await;
    assert!(answers.iter().all(|answer| answer["status"] != "FAILED"), "{answers:?}");
    let worked: Vec<_> = answers.into_iter().filter(|answer| answer["status"] == "SUCCEEDED").collect();
    assert!(!worked.is_empty());
    worked
}

/// A count in the answers, added up.
fn sum(answers: &[Value], count: &str) -> i64 {
    answers.iter().map(|answer| answer["result"][count].as_i64().unwrap()).sum()
}
