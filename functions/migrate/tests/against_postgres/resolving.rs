//! `resolve` and `reset`: what was done by hand is told, and only development data may go.

use std::process::Output;

use serde_json::Value;

use crate::support::{Folder, TestDatabase, migrations, said, with_database};

const MARKED: &str = "create table deployment (environment text); insert into deployment values (null)";

fn run(database: &TestDatabase, folder: &Folder, arguments: &[&str]) -> Output {
    database.command(&folder.0, arguments).output().unwrap()
}

#[tokio::test]
async fn ops_15_a_failed_migration_is_given_up_and_runs_again_when_corrected() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table a (); select 1 / 0"]);
        assert_eq!(run(&database, &folder, &["deploy"]).status.code(), Some(1));
        let status = run(&database, &folder, &["status"]);
        assert_eq!(status.status.code(), Some(7));
        assert!(said(&status).contains("V0002    m2    failed") && said(&status).contains("resolve --rolled-back"));
        let resolved = run(&database, &folder, &["resolve", "--rolled-back", "V0002__m2"]);
        assert!(
            resolved.status.success() && said(&resolved).contains("its failure is forgotten"),
            "{}",
            said(&resolved)
        );
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(3));
        assert_eq!(database.tables().await, "deployment", "nothing of it was kept");
        let again = run(&database, &folder, &["resolve", "--rolled-back", "V0002__m2", "--json"]);
        let error: Value = serde_json::from_slice(&again.stdout).unwrap();
        assert!(
            !again.status.success() && error["error"].as_str().unwrap().contains("nothing to roll back"),
            "{error}"
        );
        std::fs::write(folder.0.join("V0002__m2.sql"), "create table a ()").unwrap();
        assert!(run(&database, &folder, &["deploy"]).status.success());
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn ops_15_what_was_done_by_hand_is_recorded_in_order() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table a ()", "create table b ()"]);
        database.deploy(&migrations(&[MARKED])).await.unwrap();
        database.client().await.batch_execute("create table a ()").await.unwrap();
        let refused = run(&database, &folder, &["resolve", "--applied", "m3"]);
        assert!(!refused.status.success() && said(&refused).contains("V0002 is next"), "{}", said(&refused));
        assert!(run(&database, &folder, &["resolve", "--applied", "V0002__m2.sql"]).status.success());
        assert!(run(&database, &folder, &["deploy"]).status.success());
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a b deployment", "1 2 3"));
        let older = run(&database, &folder, &["resolve", "--rolled-back", "m2"]);
        assert!(!older.status.success() && said(&older).contains("V0003 was applied after it"), "{}", said(&older));
        database.client().await.batch_execute("drop table b").await.unwrap();
        assert!(run(&database, &folder, &["resolve", "--rolled-back", "m3"]).status.success());
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(3));
        assert!(run(&database, &folder, &["deploy"]).status.success());
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(0));
        for wrong in
            [&["resolve"][..], &["resolve", "--applied", "a", "--rolled-back", "b"], &["resolve", "--applied", "zz"]]
        {
            assert!(!run(&database, &folder, wrong).status.success(), "{wrong:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn ops_16_drift_that_is_meant_is_accepted() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED]);
        assert!(run(&database, &folder, &["deploy"]).status.success());
        database.client().await.batch_execute("create table by_hand ()").await.unwrap();
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(6));
        assert!(run(&database, &folder, &["resolve", "--applied", "V0001"]).status.success());
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn ops_16_reset_is_refused_unless_everything_says_development() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table kept (); insert into kept default values"]);
        assert!(run(&database, &folder, &["deploy"]).status.success());
        let name = database.text("select current_database()::text").await;
        let client = database.client().await;
        let refused = |output: &Output, says: &str| {
            assert_eq!(output.status.code(), Some(1), "{}", said(output));
            assert!(said(output).contains("SAFETY:") && said(output).contains(says), "{says}: {}", said(output));
        };
        refused(&run(&database, &folder, &["reset", "--target", "other"]), "--target says other");
        for marker in ["production", "staging"] {
            client.batch_execute(&format!("update deployment set environment = '{marker}'")).await.unwrap();
            refused(&run(&database, &folder, &["reset", "--target", &name]), &format!("marked {marker}"));
        }
        client.batch_execute("update deployment set environment = null").await.unwrap();
        refused(&run(&database, &folder, &["reset", "--target", &name]), "not marked");
        client.batch_execute("update deployment set environment = 'test'").await.unwrap();
        let mut production = database.command(&folder.0, &["reset", "--target", &name]);
        let production = production.env("ENVIRONMENT", "staging").env_remove("MIGRATIONS_DIR").output().unwrap();
        refused(&production, "ENVIRONMENT says staging");
        assert_eq!(run(&database, &folder, &["reset"]).status.code(), Some(2), "without --target it isn't even tried");
        assert_eq!(database.text("select count(*)::text from kept").await, "1");
    })
    .await;
}

#[tokio::test]
async fn ops_16_reset_makes_a_development_database_new_also_while_others_are_connected() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table a (b int)"]);
        assert!(run(&database, &folder, &["deploy"]).status.success());
        let name = database.text("select current_database()::text").await;
        let client = database.client().await;
        let by_hand =
            format!("insert into a values (1); create table by_hand (); alter database {name} set work_mem = '7MB'");
        client.batch_execute(&by_hand).await.unwrap();

        // A migration that fails: the old database stays as it is.
        std::fs::write(folder.0.join("V0003__m3.sql"), "select 1 / 0").unwrap();
        assert_eq!(run(&database, &folder, &["reset", "--target", &name]).status.code(), Some(1));
        assert_eq!(database.text("select count(*)::text from a").await, "1");
        std::fs::remove_file(folder.0.join("V0003__m3.sql")).unwrap();

        let output = run(&database, &folder, &["reset", "--target", &name]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a deployment", "1 2"));
        assert_eq!(database.text("select count(*) || current_setting('work_mem') from a").await, "07MB");
        assert_eq!(run(&database, &folder, &["status"]).status.code(), Some(0));
    })
    .await;
}
