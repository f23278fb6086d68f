//! `cargo dev smoke`: whether a deployment works, asked from outside. It changes nothing but the counts of failed sign-ins.

use std::time::Duration;

use clap::Args;
use reqwest::{Client, Method};
use serde_json::json;

use crate::{console::say, error::LocalError, secret};

/// A cold start and a sleeping database included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Options of `cargo dev smoke`.
#[derive(Debug, Args)]
pub struct SmokeOptions {
    /// The API's address, such as https://api.example.com
    pub url: String,
}

/// One question and what came of it.
#[derive(Debug)]
pub struct Check {
    /// What is shown by it.
    pub name: &'static str,
    /// Method and path.
    pub request: String,
    /// The status that a deployment that works answers.
    pub expected: u16,
    /// The status that came, or why none did.
    pub answer: Result<u16, String>,
}

impl Check {
    /// Whether the answer is the expected one.
    pub fn passed(&self) -> bool {
        self.answer == Ok(self.expected)
    }

    fn to_line(&self) -> String {
        let seen = match &self.answer {
            Ok(status) if self.passed() => status.to_string(),
            Ok(status) => format!("{status} instead of {}", self.expected),
            Err(reason) => reason.clone(),
        };
        let verdict = if self.passed() { "ok" } else { "FAILED" };
        format!("{:<9} {verdict:<7} {:<30} {seen}", self.name, self.request)
    }
}

/// Asks a deployment and prints a table.
///
/// # Errors
/// When one answer is not the expected one; the sentence names them.
pub async fn smoke(options: SmokeOptions) -> Result<(), LocalError> {
    let checks = checks(&options.url).await?;
    for check in &checks {
        say(check.to_line());
    }
    let failed: Vec<_> = checks.iter().filter(|check| !check.passed()).map(|check| check.name).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(LocalError::said(format!("{} does not work: {} failed.", options.url, failed.join(", "))))
}

/// What a deployment answers, in the order in which its parts stand on each other.
///
/// # Errors
/// Only when nothing can be asked at all: whatever a deployment answers or does not is a [`Check`].
pub async fn checks(url: &str) -> Result<Vec<Check>, LocalError> {
    let base = url.trim_end_matches('/');
    let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    // Nobody's address, another one each time: the limit of sign-ins to one account is never met.
    let nobody = json!({
        "email": format!("smoke-{}@smoke.invalid", secret::random(8)?.to_lowercase().replace(['-', '_'], "x")),
        "password": secret::random(24)?,
    });
    let unsigned = json!({ "id": "evt_smoke", "type": "smoke" });
    let mut checks = Vec::new();
    for (name, method, path, body, expected) in [
        ("health", Method::GET, "/api/health", None, 200),
        ("ready", Method::GET, "/api/health/ready", None, 200),
        ("openapi", Method::GET, "/api/openapi.json", None, 200),
        ("providers", Method::GET, "/api/auth/providers", None, 200),
        // Nothing of the catalogue is for strangers.
        ("tiers", Method::GET, "/api/tiers", None, 401),
        ("sign-in", Method::POST, "/api/auth/mobile/signin", Some(&nobody), 401),
        ("webhook", Method::POST, "/api/stripe/webhook", Some(&unsigned), 400),
    ] {
        let request = client.request(method.clone(), format!("{base}{path}"));
        let sent = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()).send().await,
            None => request.send().await,
        };
        let answer = sent.map(|response| response.status().as_u16()).map_err(|error| reason(&error));
        checks.push(Check { name, request: format!("{method} {path}"), expected, answer });
    }
    Ok(checks)
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
