//! A database password that is replaced while functions run.

use std::path::Path;

use local::connection::Connection;
use tests::{Given, SecretsManager, Stack, own_servers, with_stack_of};

const ROLE: &str = "spike_app";

/// `url` with another password.
fn with_password(url: &str, password: &str) -> String {
    let (user, rest) = url.split_once("://").unwrap().1.split_once(':').unwrap();
    format!("postgres://{user}:{password}@{}", rest.split_once('@').unwrap().1)
}

/// Tells PostgreSQL and PgBouncer the new password, and ends what was logged in with the old one.
async fn rotate(stack: &Stack, pooler: &str, users: &Path, password: &str) {
    stack.sql(&format!("alter role {ROLE} password '{password}'")).await;
    let text = std::fs::read_to_string(users).unwrap();
    let lines = text.lines().map(|line| match line.starts_with(&format!("\"{ROLE}\" ")) {
        true => format!("\"{ROLE}\" \"{password}\"\n"),
        false => format!("{line}\n"),
    });
    std::fs::write(users, lines.collect::<String>()).unwrap();
    let admin = Connection::open(pooler).await.unwrap();
    for command in ["reload", "kill", "resume"] {
        let name = stack.pooled_url.rsplit_once('/').unwrap().1;
        let command = if command == "reload" { command.to_owned() } else { format!("{command} {name}") };
        admin.simple_query(&command).await.unwrap();
    }
}

async fn all_answer(stack: &Stack, token: &str) {
    stack.get("/api/tokens/balance", Some(token)).await.expect(200);
    stack.get("/api/health/ready", None).await.expect(200);
}

/// With functions that find their URL by `variables`, which `put` keeps right.
async fn survives(variables: Vec<(String, String)>, put: &mut impl AsyncFnMut(&str)) {
    let (servers, given) = own_servers().await.unwrap();
    let pooler = servers.pgbouncer.admin_url();
    let users = servers.pgbouncer.users_file();
    with_stack_of(Given { variables, ..given }, async |stack| {
        put(&stack.pooled_url).await;
        let ada = stack.sign_up("ada").await;
        all_answer(stack, &ada.token).await;
        let processes = stack.bundle.pids("tokens");
        for password in ["second-1234567890", "third-1234567890"] {
            rotate(stack, &pooler, &users, password).await;
            // Until the new one is where it is read again, the old one is all there is.
            let refused = stack.get("/api/tokens/balance", Some(&ada.token)).await;
            refused.expect_error(503, "unavailable");
            assert!(!refused.text.contains("password"), "{}", refused.text);
            put(&with_password(&stack.pooled_url, password)).await;
            all_answer(stack, &ada.token).await;
        }
        assert_eq!(stack.bundle.pids("tokens"), processes, "nothing was restarted");
        let log = stack.bundle.log_lines("tokens").join("\n");
        assert!(log.contains("was read again"), "{log}");
        for secret in ["second-1234567890", "third-1234567890", "test-secret-key"] {
            assert!(!log.contains(secret), "the log has a password");
        }
    })
    .await;
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_10_a_password_replaced_in_a_file_is_found_without_a_restart() {
    let file = Given::get().folder.join(format!("url-{}", local::secret::random(6).unwrap()));
    let variables =
        vec![("DATABASE_URL".to_owned(), String::new()), ("DATABASE_URL_FILE".to_owned(), file.display().to_string())];
    survives(variables, &mut async |url: &str| std::fs::write(&file, format!("{url}\n")).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_10_a_password_replaced_in_secrets_manager_is_found_without_a_restart() {
    for known_at_start in [false, true] {
        let mut secrets = SecretsManager::start().await;
        let arn = secrets.put("postgres://nobody:nothing@127.0.0.1:1/none").await;
        let mut variables = vec![
            ("DATABASE_URL_ARN".to_owned(), format!("{arn}:pooled_url::")),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), secrets.url.clone()),
            ("AWS_ACCESS_KEY_ID".to_owned(), "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "test-secret-key".to_owned()),
            ("AWS_SESSION_TOKEN".to_owned(), "test-session".to_owned()),
        ];
        if !known_at_start {
            variables.push(("DATABASE_URL".to_owned(), String::new()));
        }
        survives(variables, &mut async |url: &str| {
            assert_eq!(secrets.put(url).await, arn);
        })
        .await;
    }
}
