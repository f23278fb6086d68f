//! Scripts of `tests/python`, run by the Python that has the tests' packages.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

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

/// Starts a script that serves, prints its port once it listens, and ends with its standard input.
#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
pub(crate) async fn serving(mut command: Command) -> (Child, u16) {
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut process = started.unwrap_or_else(|error| panic!("Python does not start: {error}"));
    let mut line = String::new();
    if let Some(output) = process.stdout.take() {
        let _ = BufReader::new(output).read_line(&mut line).await;
    }
    match line.trim().parse() {
        Ok(port) => (process, port),
        Err(_) => panic!("{command:?} does not serve: it printed {line:?}"),
    }
}

/// A server in Python, without anything to be told. It ends when this is dropped.
pub struct PythonServer {
    /// Where it listens.
    pub port: u16,
    _process: Child,
}

impl PythonServer {
    /// Starts the script `name`.
    pub async fn start(name: &str) -> Self {
        let (process, port) = serving(script(name)).await;
        PythonServer { port, _process: process }
    }
}
