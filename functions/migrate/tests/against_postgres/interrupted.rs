//! A runner that is killed in the middle.

use std::process::Stdio;

use crate::support::{Folder, said, with_database};

/// The runner's session.
const RUNNER: &str =
    "select pid from pg_stat_activity where datname = current_database() and application_name = 'migrate'";

fn asleep() -> String {
    format!("select exists ({RUNNER} and query like '%pg_sleep(%')")
}

#[tokio::test]
async fn a_killed_run_leaves_the_schema_as_before_and_the_next_one_completes_it() {
    with_database(async |database| {
        let folder = Folder::new(&[
            "create table a ()",
            "create table b (); select pg_sleep(4); create table c ()",
            "create table d ()",
        ]);
        let mut killed = database.command(&folder.0, &["deploy"]).stderr(Stdio::null()).spawn().unwrap();
        database.wait_until(&asleep()).await;
        killed.kill().unwrap();
        killed.wait().unwrap();

        // At once: the killed run's session may still hold the lock, and the next run waits until it is gone.
        let next =
            database.command(&folder.0, &["deploy"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        database.wait_until("select count(*) = 2 from schema_migrations where version <= 2").await;
        let output = next.wait_with_output().unwrap();
        assert!(
            output.status.success() && said(&output).contains("Applied 2 migrations (1 before)."),
            "{}",
            said(&output)
        );
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a b c d", "1 2 3"));
    })
    .await;
}

#[tokio::test]
async fn a_killed_runner_s_statement_stops_and_its_lock_goes() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a (); select pg_sleep(60)"]);
        let mut killed = database.command(&folder.0, &["deploy"]).stderr(Stdio::null()).spawn().unwrap();
        database.wait_until(&asleep()).await;
        killed.kill().unwrap();
        killed.wait().unwrap();
        database.wait_until(&format!("select not exists ({RUNNER})")).await;
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("", ""));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_ended_says_what_to_do() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a (); select pg_sleep(60)"]);
        let process =
            database.command(&folder.0, &["deploy"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        database.wait_until(&asleep()).await;
        database.text(&format!("select pg_terminate_backend(pid)::text from ({RUNNER}) as runner")).await;
        let output = process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("V0001__m1.sql failed at statement 2"), "{}", said(&output));
        assert_eq!(database.tables().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_killed_concurrent_build_is_completed_by_the_next_run() {
    with_database(async |database| {
        let folder = Folder::new(&[
            "create table a (b int)",
            "-- migrate: no-transaction\ncreate index concurrently a_b_idx on a (b)",
        ]);
        // An open transaction that wrote the table keeps the build waiting for as long as the test wants.
        let blocker = database.client().await;
        database.deploy(&crate::support::migrations(&["create table a (b int)"])).await.unwrap();
        blocker.batch_execute("begin; insert into a values (1)").await.unwrap();
        let mut killed = database.command(&folder.0, &["deploy"]).stderr(Stdio::null()).spawn().unwrap();
        database
            .wait_until("select count(*) = 1 from pg_index where indrelid = 'a'::regclass and not indisvalid")
            .await;
        killed.kill().unwrap();
        killed.wait().unwrap();
        database.wait_until(&format!("select not exists ({RUNNER})")).await;
        blocker.batch_execute("commit").await.unwrap();

        let plan = database.command(&folder.0, &["plan"]).output().unwrap();
        assert!(said(&plan).contains("drop index concurrently if exists public.a_b_idx;"), "{}", said(&plan));
        let output = database.command(&folder.0, &["deploy"]).output().unwrap();
        assert!(output.status.success() && said(&output).contains("it is rebuilt"), "{}", said(&output));
        assert_eq!(
            database.text("select indisvalid::text from pg_index where indexrelid = 'a_b_idx'::regclass").await,
            "true"
        );
        assert_eq!(database.versions().await, "1 2");
    })
    .await;
}
