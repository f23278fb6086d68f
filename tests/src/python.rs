//! Scripts of `tests/python`, run by the Python that has the tests' packages.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::given::{Given, project};

/// The command that runs a script.
pub(crate) fn script(name: &str) -> Command {
    let given = Given::get();
    let mut command = Command::new(given.python);
    command.arg(project().join("tests/python").join(name));
    command.env("PYTHONPATH", given.python_path).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// What a script prints as JSON when it is given `input` as JSON.
#[expect(clippy::panic, reason = "a script that fails fails the test")]
pub async fn python(name: &str, input: &Value) -> Value {
    let asked = async {
        let pipes = script(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = pipes?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(input.to_string().as_bytes()).await?;
        }
        process.wait_with_output().await
    };
    match asked.await {
        Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout).unwrap_or_default(),
        failed => panic!("{name} failed: {failed:?}"),
    }
}
