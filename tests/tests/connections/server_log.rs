//! What PostgreSQL itself writes down: who came and who was refused, changes of the schema, and what is slow.

use std::path::PathBuf;
use std::time::Duration;

use local::connection::Connection;
use local::servers::Servers;
use tests::{own_servers, project};
use tokio_postgres::types::Type;

/// Where the server writes.
async fn log_of(admin: &Connection) -> PathBuf {
    let rows = admin.query_typed("select current_setting('data_directory')", &[]).await.unwrap();
    let data = PathBuf::from(rows[0].get::<_, String>(0));
    local::servers::logs(&data.join("../..")).join("postgres.log")
}

/// The first line with all of `words`; the server writes when it gets to it.
async fn line(log: &PathBuf, words: &[&str]) -> String {
    for _ in 0..100 {
        let text = std::fs::read_to_string(log).unwrap();
        if let Some(line) = text.lines().find(|line| words.iter().all(|word| line.contains(word))) {
            return line.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no line of {} says {words:?}", log.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_61_a_wrong_password_is_a_line_in_the_servers_log() {
    let (servers, _) = own_servers().await.unwrap();
    let admin = servers.postgres.connect("postgres").await.unwrap();
    servers.postgres.create_role("eve", "right-0123456789").await.unwrap();
    let log = log_of(&admin).await;
    let url = |password: &str| format!("postgres://eve:{password}@127.0.0.1:{}/postgres", servers.postgres.port());
    assert!(Connection::open(&url("wrong-0123456789")).await.is_err());
    let refused = line(&log, &["FATAL", "password authentication failed for user \"eve\""]).await;
    println!("{refused}");
    drop(Connection::open(&url("right-0123456789")).await.unwrap());
    line(&log, &["connection authorized: user=eve database=postgres"]).await;
    line(&log, &["disconnection: session time", "user=eve"]).await;
    line(&log, &["connection received: host=127.0.0.1"]).await;
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("wrong-0123456789") && !text.contains("right-0123456789"), "the log has a password");
    servers.stop().await.unwrap();
}

/// Gives the server what is deployed, which it refuses when a name or a value is wrong.
async fn configured(servers: &Servers) -> Connection {
    let admin = servers.postgres.connect("postgres").await.unwrap();
    let text = std::fs::read_to_string(project().join("deploy/postgresql.conf")).unwrap();
    let settings = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for setting in settings {
        let (name, value) = setting.split_once(" = ").unwrap_or_else(|| panic!("{setting}"));
        let change = format!("alter system set {name} = {value}");
        admin.batch_execute(&change).await.unwrap_or_else(|error| panic!("{setting}: {error:?}"));
    }
    admin.batch_execute("select pg_reload_conf()").await.unwrap();
    for _ in 0..100 {
        let rows = admin.query_typed("select current_setting('log_statement') = 'ddl'", &[]).await.unwrap();
        if rows[0].get(0) {
            return admin;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server does not take deploy/postgresql.conf");
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_60_ops_32_changes_of_the_schema_and_slow_statements_are_in_the_servers_log() {
    let (servers, _) = own_servers().await.unwrap();
    let admin = configured(&servers).await;
    let log = log_of(&admin).await;
    for change in ["create table seen (a int)", "alter table seen add column b int", "drop table seen"] {
        admin.batch_execute(change).await.unwrap();
        let line = line(&log, &[&format!("statement: {change}")]).await;
        assert!(line.contains(" postgres@postgres "), "{line}");
    }
    let slow = "select $1::text, pg_sleep(0.2)";
    admin.query_typed(slow, &[(&"hunter2", Type::TEXT)]).await.unwrap();
    line(&log, &["duration: ", slow]).await;
    admin.query_typed("select $1::text, 'quick'", &[(&"hunter2", Type::TEXT)]).await.unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("'quick'"), "a value, or a statement that was not slow");
    servers.stop().await.unwrap();
}
