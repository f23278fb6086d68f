//! `cargo dev smoke`, against a bundle that works and one that does not.

use local::smoke::{SmokeOptions, checks, smoke};
use tests::{with_own_servers, with_stack};

#[tokio::test(flavor = "multi_thread")]
async fn ops_70_a_deployment_that_works_passes() {
    with_stack(async |stack| {
        let checks = checks(&stack.bundle.url()).await.unwrap();
        assert!(checks.iter().all(local::smoke::Check::passed), "{checks:#?}");
        let names: Vec<_> = checks.iter().map(|check| check.name).collect();
        assert_eq!(names, ["health", "ready", "openapi", "providers", "tiers", "sign-in", "webhook"]);
        // An address may end in a slash.
        smoke(SmokeOptions { url: format!("{}/", stack.bundle.url()) }).await.unwrap();
        assert_eq!(stack.number("select count(*) from users").await, 0, "nothing is left behind");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_70_without_its_database_a_deployment_fails_and_ready_is_named() {
    with_own_servers(async |servers, stack| {
        let url = stack.bundle.url();
        servers.postgres.stop().await.unwrap();
        let seen = checks(&url).await.unwrap();
        let said = smoke(SmokeOptions { url: url.clone() }).await.unwrap_err().to_string();
        servers.postgres.restart().await.unwrap();
        let of = |name: &str| seen.iter().find(|check| check.name == name).unwrap();
        assert!(of("health").passed() && of("openapi").passed(), "{seen:#?}");
        assert_eq!(of("ready").answer, Ok(503));
        assert!(said.contains("ready") && !said.contains("health"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn ops_70_nothing_there_is_a_failure_of_everything() {
    let seen = checks("http://127.0.0.1:9").await.unwrap();
    assert!(seen.len() == 7 && seen.iter().all(|check| check.answer.is_err()), "{seen:#?}");
}
