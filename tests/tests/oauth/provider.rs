//! A real OpenID Connect provider, run by Node, in the places of all four.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Given, Stack, project, with_stack_where};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// An answer takes milliseconds; without one the script has died or hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Seals tokens.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// What the provider knows us by; the script has it, too.
pub const CLIENT_SECRET: &str = "a-secret-of-a-client-for-tests-0123456789";
/// Where the phones' app gets its codes.
pub const MOBILE: &str = "http://localhost:3000/mobile";

/// A running `tests/node/oidc_provider.mjs`; it ends when this is dropped.
pub struct Provider {
    /// Its address.
    pub issuer: String,
    process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// Runs `test` with a provider and a stack that people sign in to through it.
pub async fn with_provider(test: impl AsyncFnOnce(&mut Stack, &mut Provider)) {
    let mut provider = Provider::start().await;
    with_stack_where(provider.variables(), async |stack| test(stack, &mut provider).await).await;
}

impl Provider {
    async fn start() -> Self {
        let given = Given::get();
        let mut command = Command::new(&given.node);
        command.arg(project().join("tests/node/oidc_provider.mjs")).arg(&given.node_folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = text(&read(&mut answers).await["issuer"]);
        Provider { issuer, process, requests, answers }
    }

    /// How the functions find it in the places of the real ones: by discovery, and by addresses.
    fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![("TOKEN_ENCRYPTION_KEY", KEY.to_owned()), ("MOBILE_REDIRECT_URIS", MOBILE.to_owned())];
        let issuer = &self.issuer;
        variables.extend([
            ("AUTH_GOOGLE_ID", "google".to_owned()),
            ("AUTH_GOOGLE_SECRET", CLIENT_SECRET.to_owned()),
            ("AUTH_GOOGLE_ISSUER", issuer.clone()),
            ("AUTH_APPLE_ID", "apple".to_owned()),
            ("AUTH_APPLE_SECRET", CLIENT_SECRET.to_owned()),
            ("AUTH_APPLE_ISSUER", issuer.clone()),
            ("AUTH_GITHUB_ID", "github".to_owned()),
            ("AUTH_GITHUB_SECRET", CLIENT_SECRET.to_owned()),
            ("AUTH_GITHUB_AUTHORIZATION_URL", format!("{issuer}/auth")),
            ("AUTH_GITHUB_TOKEN_URL", format!("{issuer}/token")),
            ("AUTH_GITHUB_USERINFO_URL", format!("{issuer}/github/user")),
            ("AUTH_FACEBOOK_ID", "facebook".to_owned()),
            ("AUTH_FACEBOOK_SECRET", CLIENT_SECRET.to_owned()),
            ("AUTH_FACEBOOK_AUTHORIZATION_URL", format!("{issuer}/auth")),
            ("AUTH_FACEBOOK_TOKEN_URL", format!("{issuer}/token")),
            ("AUTH_FACEBOOK_USERINFO_URL", format!("{issuer}/facebook/me")),
        ]);
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Gives it a person whose address it has or has not verified, in the shapes of all four.
    pub async fn person(&mut self, id: &str, email: Option<&str>, verified: bool) {
        let number = id.bytes().fold(0_u64, |number, byte| number * 256 + u64::from(byte));
        let name = format!("{id} at the provider");
        let picture = format!("https://example.com/{id}.png");
        let emails = json!([
            { "email": "second@example.org", "primary": false, "verified": true },
            { "email": email, "primary": true, "verified": verified },
        ]);
        let account = json!({
            "do": "account", "id": id,
            "claims": { "email": email, "email_verified": verified, "name": name, "picture": picture },
            "github": { "id": number, "login": id, "name": name, "email": email, "avatar_url": picture },
            "emails": email.map(|_| emails),
            "facebook": { "id": number.to_string(), "name": name, "email": email, "picture": { "data": { "url": picture } } },
        });
        self.ask(&account).await;
    }

    /// Ends it: from now on nobody answers there.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Asks the script for something; its own comment lists what.
    pub async fn ask(&mut self, request: &Value) -> Value {
        self.requests.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        read(&mut self.answers).await
    }
}

async fn read(answers: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = tokio::time::timeout(LIMIT, answers.next_line()).await.unwrap().unwrap();
    serde_json::from_str(&line.unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
