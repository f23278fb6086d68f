//! The age of the database's password: an alert when it is due, over when it was replaced.

use std::time::Duration;

use serde_json::json;
use tests::{Given, SecretsManager, with_stack, with_stack_where};

use crate::{changes, done, rule};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR: i64 = 60 * 60;

/// With functions that find their URL by `variables`, which `put` keeps right, as if it had been put there a while ago.
async fn is_watched(variables: Vec<(String, String)>, put: &mut impl AsyncFnMut(&str, Duration)) {
    with_stack_where(variables, async |stack| {
        put(&stack.pooled_url, DAY * 90 - Duration::from_secs(60 * 60)).await;
        done(stack, "alerts.evaluate").await;
        let (state, value) = rule(stack, "secrets.age").await;
        assert!(state == "OK" && (89.5..90.0).contains(&value.unwrap()), "{state} {value:?}");

        stack.set_clock(3 * HOUR);
        let said = done(stack, "alerts.evaluate").await;
        assert!(said["firing"].as_array().unwrap().contains(&json!("secrets.age")), "{said}");
        let lines = stack.metrics("scheduled");
        let metric = lines.iter().rfind(|line| line["SecretAgeDays"].is_number()).unwrap();
        assert!(metric["SecretAgeDays"].as_f64().unwrap() > 90.0, "{metric}");

        put(&stack.pooled_url, Duration::ZERO).await;
        stack.set_clock(5 * HOUR);
        for _ in 0..3 {
            done(stack, "alerts.evaluate").await;
        }
        let (state, value) = rule(stack, "secrets.age").await;
        assert!(state == "RESOLVED" && value.unwrap() < 1.0, "{state} {value:?}");
        assert_eq!(changes(stack, "secrets.age").await, ["FIRING", "RESOLVED"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_10_a_password_of_a_file_that_is_older_than_a_quarter_is_an_alert_until_it_is_replaced() {
    let file = Given::get().folder.join(format!("url-{}", local::secret::random(6).unwrap()));
    let variables =
        vec![("DATABASE_URL".to_owned(), String::new()), ("DATABASE_URL_FILE".to_owned(), file.display().to_string())];
    is_watched(variables, &mut async |url: &str, ago: Duration| {
        std::fs::write(&file, format!("{url}\n")).unwrap();
        let file = std::fs::File::options().write(true).open(&file).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - ago).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_10_a_password_of_secrets_manager_that_is_older_than_a_quarter_is_an_alert_until_it_is_replaced() {
    let mut secrets = SecretsManager::start().await;
    let arn = secrets.put("postgres://nobody:nothing@127.0.0.1:1/none").await;
    let variables = [
        ("DATABASE_URL_ARN", format!("{arn}:pooled_url::")),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.clone()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test-secret-key".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
    is_watched(variables, &mut async |url: &str, ago: Duration| {
        assert_eq!(secrets.put_before(ago, url).await, arn);
    })
    .await;
}

/// Nobody knows how old what is only in the environment is: that is said, and alarms nobody.
#[tokio::test(flavor = "multi_thread")]
async fn ops_10_a_password_that_is_only_in_the_environment_is_not_measured() {
    with_stack(async |stack| {
        let said = done(stack, "alerts.evaluate").await;
        assert!(said["unmeasured"].as_array().unwrap().contains(&json!("secrets.age")), "{said}");
        assert_eq!(rule(stack, "secrets.age").await, ("OK".to_owned(), None));
    })
    .await;
}
