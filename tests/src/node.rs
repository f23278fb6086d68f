//! Scripts that Node runs, for what only exists in JavaScript. First of all Auth.js itself: what it seals and what it
//! makes of what others have sealed.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::given::{Given, project};

/// An answer takes milliseconds; without one the script has died or hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A running script of `tests/node/`: it answers a line of JSON with a line of JSON. It ends when this is dropped.
pub struct NodeScript {
    name: &'static str,
    _process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl NodeScript {
    /// Starts the script `name`; its first argument is the folder with `node_modules`.
    #[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
    pub fn start(given: &Given, name: &'static str, arguments: &[&str]) -> Self {
        let mut command = Command::new(&given.node);
        command.arg(project().join("tests/node").join(name)).arg(&given.node_folder).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = match command.spawn() {
            Ok(process) => process,
            Err(error) => panic!("{} did not start: {error}", given.node.display()),
        };
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            unreachable!("both are pipes")
        };
        NodeScript { name, _process: process, requests, answers: BufReader::new(answers).lines() }
    }

    /// Asks the script for something; its own comment lists what.
    #[expect(clippy::panic, reason = "no answer, or one that says that the script failed, fails the test")]
    pub async fn ask(&mut self, request: &Value) -> Value {
        let exchange = async {
            self.requests.write_all(format!("{request}\n").as_bytes()).await.ok()?;
            self.answers.next_line().await.ok()?
        };
        let line = tokio::time::timeout(LIMIT, exchange).await.ok().flatten();
        let answer = line.and_then(|line| serde_json::from_str::<Value>(&line).ok());
        match answer {
            Some(answer) if answer.get("failed").is_none() => answer,
            other => panic!("{} was asked {request} and answered {other:?}", self.name),
        }
    }
}

/// A running `tests/node/auth_core.mjs`; it ends when this is dropped.
pub struct AuthCore(NodeScript);

impl AuthCore {
    /// Starts it.
    pub fn start(given: &Given) -> Self {
        AuthCore(NodeScript::start(given, "auth_core.mjs", &[]))
    }

    /// What Auth.js puts into the cookie `name`: `claims`, ending in `lifetime_seconds`, sealed with the first secret.
    /// The times and `jti` are of its own making.
    pub async fn encode(&mut self, secrets: &[&str], name: &str, claims: &Value, lifetime_seconds: i64) -> String {
        let request =
            json!({ "do": "encode", "name": name, "secrets": secrets, "claims": claims, "maxAge": lifetime_seconds });
        text(&self.0.ask(&request).await["value"])
    }

    /// The claims in the cookie `name`, or why Auth.js refuses it.
    pub async fn decode(&mut self, secrets: &[&str], name: &str, value: &str) -> Result<Value, String> {
        let answer = self.0.ask(&json!({ "do": "decode", "name": name, "secrets": secrets, "value": value })).await;
        answer.get("refused").map_or_else(|| Ok(answer["claims"].clone()), |why| Err(text(why)))
    }

    /// The claims that Auth.js finds in a request with these cookies: null when there are none, or it refuses them.
    pub async fn read(&mut self, secrets: &[&str], name: &str, cookies: &[(String, String)]) -> Value {
        let header: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = json!({ "do": "read", "name": name, "secrets": secrets, "cookies": header.join("; ") });
        self.0.ask(&request).await["claims"].clone()
    }

    /// The cookies, as names and values, that Auth.js cuts a value into.
    pub async fn chunks(&mut self, name: &str, value: &str) -> Vec<(String, String)> {
        let answer = self.0.ask(&json!({ "do": "chunk", "name": name, "value": value })).await;
        serde_json::from_value(answer["cookies"].clone()).unwrap_or_default()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
