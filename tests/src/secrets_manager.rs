//! AWS Secrets Manager, as moto emulates it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::python::script;

/// A running `tests/python/secrets_manager.py`, which keeps one secret with the key `pooled_url`.
pub struct SecretsManager {
    // Dropping it kills it.
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Its address.
    pub url: String,
}

impl SecretsManager {
    /// Starts one without a secret.
    #[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
    pub async fn start() -> Self {
        let spawned =
            script("secrets_manager.py").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut process = spawned.unwrap_or_else(|error| panic!("Python does not start: {error}"));
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else { panic!("no pipes") };
        let mut started =
            SecretsManager { _process: process, input, output: BufReader::new(output).lines(), url: String::new() };
        started.url = started.line().await;
        started
    }

    /// Replaces the secret. Answers its name.
    pub async fn put(&mut self, pooled_url: &str) -> String {
        self.put_before(Duration::ZERO, pooled_url).await
    }

    /// As [`SecretsManager::put`], as if it had been done so long ago.
    #[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
    pub async fn put_before(&mut self, ago: Duration, pooled_url: &str) -> String {
        let line = format!("{} {}\n", ago.as_secs(), json!({ "pooled_url": pooled_url }));
        if let Err(error) = self.input.write_all(line.as_bytes()).await {
            panic!("Secrets Manager has ended: {error}");
        }
        self.line().await
    }

    #[expect(clippy::panic, reason = "a server that ends fails the test")]
    async fn line(&mut self) -> String {
        match self.output.next_line().await {
            Ok(Some(line)) => line,
            ended => panic!("Secrets Manager has ended: {ended:?}"),
        }
    }
}
