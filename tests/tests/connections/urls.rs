//! Each form of a URL connects, through the pooler and past it.

use std::process::{Command, Output};

use tests::{Given, own_servers, with_stack};

use crate::reaching::reach;

#[tokio::test(flavor = "multi_thread")]
async fn ops_03_each_form_of_a_url_connects_through_the_pooler_and_past_it() {
    with_stack(async |stack| {
        let expected = reach(&stack.pooled_url).await.unwrap();
        for base in [&stack.pooled_url, &stack.direct_url] {
            for form in [
                "",
                "?schema=public",
                "?pgbouncer=true",
                "?pgbouncer=true&connection_limit=1&pool_timeout=10",
                "?schema=public&pgbouncer=true&statement_cache_size=0",
                "?sslmode=disable",
                "?sslmode=prefer",
                "?sslmode=disable&channel_binding=prefer",
                "?connect_timeout=5&application_name=spike%20land",
                "?target_session_attrs=any",
                "?ssl=false&workaround=supabase-pooler.vercel",
            ] {
                assert_eq!(reach(&format!("{base}{form}")).await.as_ref(), Ok(&expected), "{form}");
            }
            let (_, rest) = base.split_once("://").unwrap();
            assert_eq!(reach(&format!("postgresql://{rest}")).await.as_ref(), Ok(&expected));
            // Neither offers encryption here, and none is pretended.
            assert!(reach(&format!("{base}?sslmode=require")).await.unwrap_err().contains("TLS"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_03_a_password_of_any_characters_logs_in() {
    with_stack(async |stack| {
        let (name, password) = ("ops 03 @/:", "p@ss/w:rd?#% é'\"\\");
        stack.sql(&format!("create role \"{name}\" login password '{}'", password.replace('\'', "''"))).await;
        let (_, place) = stack.direct_url.rsplit_once('@').unwrap();
        let encoded = "ops%2003%20%40%2F%3A:p%40ss%2Fw%3Ard%3F%23%25%20%C3%A9%27%22%5C";
        let reached = reach(&format!("postgresql://{encoded}@{place}?schema=public")).await;
        let refused = reach(&format!("postgresql://{encoded}x@{place}")).await;
        stack.sql(&format!("drop role \"{name}\"")).await;
        assert!(place.contains(&reached.unwrap()), "{place}");
        assert!(refused.unwrap_err().contains("password authentication failed"));
    })
    .await;
}

fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(Given::get().binaries.join(program));
    command.args(arguments).env_clear().envs(variables.iter().copied()).current_dir(std::env::temp_dir());
    command.output().unwrap()
}

#[test]
fn ops_02_without_a_url_a_function_says_so_in_one_line() {
    let output = run("ops", &[], &[("ENVIRONMENT", "production")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("configuration: DATABASE_URL is missing: set it to the pooled PostgreSQL URL"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_04_migrations_go_past_the_pooler() {
    let (mut servers, given) = own_servers().await.unwrap();
    servers.pgbouncer.stop().await.unwrap();
    let pooled = format!("{}/{}", given.pooled, given.template);
    let direct = format!("{}/{}", given.direct, given.template);
    let both = [("ENVIRONMENT", "test"), ("DATABASE_URL", pooled.as_str()), ("DIRECT_URL", direct.as_str())];
    assert!(reach(&pooled).await.is_err(), "the pooler is stopped");
    let output = run("migrate", &["deploy"], &both);
    assert!(output.status.success(), "{output:?}");
    servers.stop().await.unwrap();
}
