//! The tools of AWS are Python packages: a test runs a script and reads JSON from it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the script beside this file with `input` as JSON and answers the JSON that it prints.
pub fn run(script: &str, input: &Value) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/template/");
    let mut child = Command::new(given("TEST_PYTHON"))
        .arg(format!("{folder}{script}"))
        .env("PYTHONPATH", given("TEST_PYTHONPATH"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let written = child.stdin.take().expect("a pipe").write_all(input.to_string().as_bytes());
    let output = child.wait_with_output().expect("Python ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(written.is_ok() && output.status.success(), "{script} failed: {errors}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

#[expect(clippy::disallowed_methods, reason = "the tests' own set-up, given by `cargo dev test`")]
fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo dev test`"))
}
