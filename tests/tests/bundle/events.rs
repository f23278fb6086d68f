//! The sample events: each is answered by its function as its README says, also through `cargo lambda invoke`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use local::events;
use serde_json::Value;
use tests::{Backups, PASSWORD, STRIPE_SECRETS, Stack, project, with_stack_where};

const API_KEY: &str = "sk_test_0123456789012345678901234567890123456789abc";

/// A line of the README's table.
struct Documented {
    event: String,
    function: String,
    command: String,
    answer: String,
}

fn documented() -> Vec<Documented> {
    let readme = std::fs::read_to_string(project().join("events/README.md")).expect("the README");
    let lines = readme.lines().filter(|line| line.contains("`cargo lambda invoke "));
    lines
        .map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
            let mut cell = || cells.next().expect("four cells");
            Documented { event: cell(), function: cell(), command: cell(), answer: cell() }
        })
        .collect()
}

impl Documented {
    /// Asserts that the answer is the documented one.
    fn check(&self, answer: &Value) {
        let status = answer["statusCode"].as_u64().map(|status| status.to_string());
        let report = answer["action"].as_str().map(|action| format!("the report `{action}`"));
        let job = answer["job"].as_str().map(|job| format!("the run of `{job}`"));
        let is = status.or(report).or(job).unwrap_or_default();
        let expected = !is.is_empty() && self.answer.starts_with(&is);
        assert!(expected, "{}: documented is {}, answered {answer}", self.event, self.answer);
    }
}

/// The values for the placeholders: those of a person who is seeded and signs in by two of the events.
async fn values(stack: &Stack) -> BTreeMap<String, String> {
    let pairs = [
        ("USER_EMAIL", "ada@example.com"),
        ("USER_PASSWORD", PASSWORD),
        ("API_KEY", API_KEY),
        ("STRIPE_WEBHOOK_SECRET", &STRIPE_SECRETS.join(",")),
    ];
    let mut values: BTreeMap<_, _> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    invoke(stack, "migrate", "migrate_seed", &values).await;
    let answer = invoke(stack, "auth", "auth_mobile_signin", &values).await;
    let session: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    for (name, value) in [("USER_TOKEN", &session["token"]), ("USER_ID", &session["user"]["id"])] {
        values.insert(name.to_owned(), value.as_str().expect("a text").to_owned());
    }
    values
}

async fn invoke(stack: &Stack, function: &str, event: &str, values: &BTreeMap<String, String>) -> Value {
    let event = events::fill(&project(), event, values).expect("every placeholder has a value");
    stack.bundle.invoke(function, event).await.expect("an answer")
}

#[test]
fn every_event_is_documented_with_the_line_that_sends_it() {
    let mut names: Vec<_> = documented().into_iter().map(|line| line.event).collect();
    names.sort();
    assert_eq!(names, events::names(&project()).expect("the folder events/"));
    for Documented { event, function, command, .. } in documented() {
        let data = format!("\"$(cargo dev event {event})\"");
        let line = format!(
            "`cargo lambda invoke {function} --invoke-address 127.0.0.1 --invoke-port 8080 --data-ascii {data}`"
        );
        assert_eq!(command, line);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_as_documented() {
    let backups = Backups::start().await;
    with_stack_where(backups.variables(), async |stack| {
        let values = values(stack).await;
        for line in documented() {
            let answer = invoke(stack, &line.function, &line.event, &values).await;
            line.check(&answer);
        }
        let query = format!("select balance from user_token_balances where user_id = '{}'", values["USER_ID"]);
        assert_eq!(stack.number(&query).await, 160, "the purchase is Ada's");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_sends_every_event() {
    let backups = Backups::start().await;
    with_stack_where(backups.variables(), async |stack| {
        let values = values(stack).await;
        for line in documented() {
            let event = events::fill(&project(), &line.event, &values).expect("every placeholder has a value");
            let output = tokio::task::block_in_place(|| cargo_lambda(stack, &line.command, &event));
            assert!(output.status.success(), "{}: {output:?}", line.command);
            line.check(&serde_json::from_slice(&output.stdout).expect("it prints what was answered"));
        }
    })
    .await;
}

/// Runs the documented line, with this stack's port and this event in the places of the documented ones.
fn cargo_lambda(stack: &Stack, command: &str, event: &Value) -> Output {
    let url = stack.bundle.url();
    let port = url.rsplit(':').next().expect("a port");
    let words = command.trim_matches('`').split_once(" \"$(").expect("the event comes last").0;
    let words = words.split(' ').skip(1).map(|word| if word == "8080" { port } else { word });
    Command::new(programs().join("cargo-lambda"))
        .args(words)
        .arg(event.to_string())
        .output()
        .expect("cargo-lambda runs")
}

/// The folder with the programs of the Python packages.
#[expect(clippy::disallowed_methods, reason = "the tests' own set-up, given by `cargo dev test`")]
fn programs() -> PathBuf {
    let folder = std::env::var("TEST_PYTHON_BIN");
    folder.unwrap_or_else(|_| panic!("TEST_PYTHON_BIN is not set: run the tests with `cargo dev test`")).into()
}
