//! The template gives each function the variables that its code asks for, no more and no fewer: the real binaries are
//! started with one of them missing at a time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use local::lambda::template::{FunctionTemplate, Template};
use tests::{Given, Stack, project, with_stack};

type Variables = BTreeMap<String, String>;

/// Read by OpenSSL, not by us; or of a kind that nothing is wrong with: without an id there is no such provider, and without
/// addresses of the app none is answered.
const NOT_MISSED: [&str; 7] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AUTH_GITHUB_ID",
    "AUTH_GOOGLE_ID",
    "AUTH_FACEBOOK_ID",
    "AUTH_APPLE_ID",
    "MOBILE_REDIRECT_URIS",
];
/// A person to seed: without one `migrate` needs no salt.
const PEOPLE: &str = r#"[{"email": "ada@example.com", "password": "correct horse", "role": "USER"}]"#;

#[tokio::test(flavor = "multi_thread")]
async fn each_function_asks_for_the_variables_that_the_template_gives_it() {
    with_stack(async |stack| {
        let template = Template::read(&project().join("template.yaml"), &BTreeMap::new()).expect("the template");
        let binaries = Given::get().binaries;
        for function in &template.functions {
            let all = values(function, stack);
            let complete = start(&binaries, function, &all, false);
            let expected = match function.name.as_str() {
                "backup" => "is no backup's name",
                "migrate" => "up to date",
                _ => "`cargo dev up`",
            };
            assert!(complete.contains(expected), "{} with all its variables said: {complete}", function.name);
            for name in function.environment.iter().filter(|name| !NOT_MISSED.contains(&name.as_str())) {
                let said = start(&binaries, function, &without(&all, name), true);
                let named = said.lines().count() == 1 && said.contains(&format!("configuration: {name} "));
                assert!(named, "{} without {name} said: {said}", function.name);
            }
        }
    })
    .await;
}

fn values(function: &FunctionTemplate, stack: &Stack) -> Variables {
    let secret = "a-secret-for-tests-0123456789-0123456789";
    let value = |name: &str| match name {
        "ENVIRONMENT" => "test",
        "LOG_LEVEL" => "info",
        "DATABASE_URL" | "DATABASE_READ_URL" => &stack.pooled_url,
        "DATABASE_URL_ARN" => "arn:aws:secretsmanager:eu-west-2:123456789012:secret:pool-a1b2c3:pooled_url",
        "MAINTENANCE_MODE" => "off",
        "DIRECT_URL" | "MONITOR_URL" => &stack.direct_url,
        "ALERT_WEBHOOK_URL" => "https://alerts.example/hook",
        "ALERT_THRESHOLDS" => "replication.lag=60",
        "DATABASE_DISK_BYTES" => "107374182400",
        "BACKUP_BUCKET" => "backups",
        "AUTH_SECRET" | "AUTH_SECRET_1" | "USER_ID_SALT" => secret,
        "STRIPE_WEBHOOK_SECRET" => "whsec_test_0123456789",
        "STRIPE_SECRET_KEY" => "sk_test_0123456789",
        "APP_URL" | "FRONT_END_ORIGINS" => "http://localhost:3000",
        "MAIL_URL" => "file:///nowhere",
        "MAIL_FROM" => "Spike Land <hello@spike.land>",
        "BLOCKED_EMAIL_DOMAINS" => "throwaway.example",
        "AUTH_URL" => "http://localhost:3000/api/auth",
        "MOBILE_REDIRECT_URIS" => "spikeland://auth",
        "TOKEN_ENCRYPTION_KEY" => "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "AUTH_APPLE_KEY" => include_str!("apple_key.pem"),
        name if name.starts_with("AUTH_") && (name.ends_with("_ID") || name.ends_with("_SECRET")) => "something",
        "SSL_CERT_FILE" => "/dev/null",
        "SSL_CERT_DIR" => concat!(env!("CARGO_MANIFEST_DIR"), "/../certificates/roots"),
        other => panic!("the template gives {} the variable {other}: say here what a good value is", function.name),
    };
    function.environment.iter().map(|name| (name.clone(), value(name).to_owned())).collect()
}

/// One variable is missing; or malformed, where there is something to fall back on.
fn without(all: &Variables, name: &str) -> Variables {
    let mut variables = all.clone();
    match name {
        "LOG_LEVEL"
        | "USER_ID_SALT"
        | "AUTH_SECRET_1"
        | "FRONT_END_ORIGINS"
        | "BLOCKED_EMAIL_DOMAINS"
        | "AUTH_URL"
        | "DATABASE_URL_ARN"
        | "DATABASE_READ_URL"
        | "MAINTENANCE_MODE"
        | "MONITOR_URL"
        | "ALERT_WEBHOOK_URL"
        | "ALERT_THRESHOLDS"
        | "DATABASE_DISK_BYTES"
        | "TOKEN_ENCRYPTION_KEY" => variables.insert(name.to_owned(), "?".to_owned()),
        "DATABASE_URL" => variables.remove("DATABASE_URL_ARN").and(variables.remove(name)),
        // The salt of `migrate` falls back on it.
        "AUTH_SECRET" => variables.remove("USER_ID_SALT").and(variables.remove(name)),
        _ => variables.remove(name),
    };
    variables
}

/// Starts the binary outside of Lambda and answers what it says. Only `migrate` has something to do there: it seeds, which
/// needs all of its variables, or tells the database's state.
fn start(binaries: &Path, function: &FunctionTemplate, variables: &Variables, must_fail: bool) -> String {
    let arguments: &[&str] = match (function.name.as_str(), must_fail) {
        ("migrate", true) => &["seed", "--users", "-"],
        ("migrate", false) => &["status"],
        ("backup", _) => &["restore", "--from", "x", "--into", "y"],
        _ => &[],
    };
    let mut child = Command::new(binaries.join(&function.name))
        .args(arguments)
        .env_clear()
        // What Lambda itself gives to every function.
        .envs([("AWS_REGION", "eu-west-2"), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")])
        .envs(variables)
        // Where no .env.local is.
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A process that has already ended takes no input.
    let _ = child.stdin.take().expect("a pipe").write_all(PEOPLE.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let done = function.name == "migrate" && !must_fail;
    assert_eq!(output.status.success(), done, "{} {variables:?}: {output:?}", function.name);
    let both = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&both).trim().to_owned()
}
