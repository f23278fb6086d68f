//! How the system is watched: the server's figures, alerts, the dashboard. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod alerts;
mod browser;
mod delivery;
mod explain;
mod failover;
mod figures;
mod monitor;
mod queries;
mod reading;
mod replicas;
mod secrets;
mod status;
mod vanishing;

use serde_json::{Value, json};
use tests::{Answer, Person, Stack};

/// Signs up `<name>@example.com` with the role.
async fn person(stack: &Stack, name: &str, role: &str) -> Person {
    let person = stack.sign_up(name).await;
    stack.sql(&format!("update users set role = '{role}' where id = '{}'", person.id)).await;
    person
}

/// `GET /api/admin/system/<what>` as `who`.
async fn look(stack: &Stack, who: &Person, what: &str) -> Answer {
    stack.get(&format!("/api/admin/system/{what}"), Some(&who.token)).await
}

/// Runs a job that succeeds, as its schedule does; its counts.
async fn done(stack: &Stack, job: &str) -> Value {
    let answer = stack.bundle.invoke("scheduled", json!({ "job": job })).await;
    let answer = answer.unwrap_or_else(|error| panic!("{job}: {error}"));
    assert_eq!(answer["status"], "SUCCEEDED", "{answer}");
    answer["result"].clone()
}

/// How a rule stands, as the database has it: its state and its value.
async fn rule(stack: &Stack, name: &str) -> (String, Option<f64>) {
    let sql = format!("select state::text, value from alert_states where rule = '{name}'");
    let rows = stack.database.query_typed(&sql, &[]).await.unwrap();
    let row = rows.first().unwrap_or_else(|| panic!("{name} was never evaluated"));
    (row.get(0), row.get(1))
}

/// The changes of a rule, the oldest first.
async fn changes(stack: &Stack, name: &str) -> Vec<String> {
    let sql = format!("select to_state::text from alert_events where rule = '{name}' order by id");
    stack.database.query_typed(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
