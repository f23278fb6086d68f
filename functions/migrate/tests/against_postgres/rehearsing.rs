//! `rehearse` and `baseline`: a copy is changed, never the database, and no scratch database stays behind.

use std::process::Output;

use serde_json::Value;

use crate::support::{Folder, TestDatabase, migrations, said, with_database};

const MARKED: &str = "create table deployment (environment text); insert into deployment values (null);
     create table a (b int); insert into a values (1), (2)";

fn run(database: &TestDatabase, folder: &Folder, arguments: &[&str]) -> (Output, Value) {
    let output = database.command(&folder.0, arguments).arg("--json").output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    (output, report)
}

/// Scratch databases that this test's runs have left: their names begin alike, so others' are told apart by what is in use.
async fn left(database: &TestDatabase) -> String {
    let own = "select count(*)::text from pg_database d
                where d.datname like 'migrate_scratch_%'
                  and shobj_description(d.oid, 'pg_database') = current_database()";
    database.text(own).await
}

#[tokio::test]
async fn ops_14_a_rehearsal_changes_a_copy_and_says_what_would_change() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "alter table a add c int; update a set c = b"]);
        database.deploy(&migrations(&[MARKED])).await.unwrap();
        let (output, report) = run(&database, &folder, &["rehearse"]);
        assert!(output.status.success(), "{report}");
        assert_eq!(
            (&report["applied"][0]["name"], &report["changes"][0]["object"]),
            (&"m2".into(), &"column a.c".into())
        );
        assert_eq!(report["differences"], Value::Array(Vec::new()));
        assert_eq!((database.versions().await.as_str(), left(&database).await.as_str()), ("1", "0"));
        assert_eq!(
            database
                .text("select count(*)::text from pg_attribute where attrelid = 'a'::regclass and attname = 'c'")
                .await,
            "0"
        );
    })
    .await;
}

#[tokio::test]
async fn ops_14_a_broken_migration_fails_the_rehearsal_alone() {
    with_database(async |database| {
        // Only with the rows that are there does it fail: the copy has them.
        let folder = Folder::new(&[MARKED, "alter table a add constraint a_b_small check (b < 2)"]);
        database.deploy(&migrations(&[MARKED])).await.unwrap();
        let (output, report) = run(&database, &folder, &["rehearse"]);
        assert_eq!((output.status.code(), &report["code"]), (Some(1), &"rehearsal_failed".into()));
        let text = report["error"].as_str().unwrap();
        assert!(text.contains("the database itself is as it was") && text.contains("V0002__m2.sql failed"), "{text}");
        assert_eq!((database.versions().await.as_str(), left(&database).await.as_str()), ("1", "0"));
        let (status, report) = run(&database, &folder, &["status"]);
        assert_eq!((status.status.code(), &report["migrations"][1]["state"]), (Some(3), &"pending".into()));
    })
    .await;
}

#[tokio::test]
async fn ops_14_drift_that_would_stay_is_found_by_the_rehearsal() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table c ()"]);
        database.deploy(&migrations(&[MARKED])).await.unwrap();
        database.client().await.batch_execute("create index by_hand on a (b)").await.unwrap();
        let (output, report) = run(&database, &folder, &["rehearse"]);
        assert_eq!((output.status.code(), &report["differences"][0]["object"]), (Some(6), &"index by_hand".into()));
    })
    .await;
}

#[tokio::test]
async fn ops_14_a_database_in_use_is_copied_by_a_dump_or_refused_with_the_remedy() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "alter table a add c int"]);
        database.deploy(&migrations(&[MARKED])).await.unwrap();
        let in_use = database.client().await;
        in_use.batch_execute("select 1").await.unwrap();
        let output = database.command(&folder.0, &["rehearse"]).output().unwrap();
        let text = said(&output);
        assert!(text.contains("Rehearsed 1 migration") || text.contains("sessions are connected"), "{text}");
        assert!(!text.contains(url::Url::parse(&database.url).unwrap().password().unwrap_or("no password")), "{text}");
        assert_eq!(left(&database).await, "0");
    })
    .await;
}

#[tokio::test]
async fn ops_16_an_equal_database_is_adopted_and_an_unequal_one_is_not() {
    with_database(async |database| {
        let folder = Folder::new(&[MARKED, "create table c (d int not null)"]);
        let client = database.client().await;
        client.batch_execute(MARKED).await.unwrap();
        client.batch_execute("create table c (d int); create table by_hand (e int)").await.unwrap();
        let (output, report) = run(&database, &folder, &["baseline"]);
        let named: Vec<_> =
            report["differences"].as_array().unwrap().iter().map(|one| one["object"].as_str().unwrap()).collect();
        assert_eq!((output.status.code(), named), (Some(6), vec!["column c.d", "table by_hand"]));
        assert_eq!(database.text("select (to_regclass('schema_migrations') is null)::text").await, "true");

        client.batch_execute("alter table c alter d set not null; drop table by_hand").await.unwrap();
        let (output, report) = run(&database, &folder, &["baseline"]);
        assert_eq!((output.status.code(), &report["recorded"]), (Some(0), &2.into()), "{report}");
        let (output, report) = run(&database, &folder, &["status"]);
        assert_eq!((output.status.code(), &report["environment"]), (Some(0), &"test".into()), "{report}");
        assert_eq!(database.text("select count(*)::text from a").await, "2", "its rows are its own");
        let (output, report) = run(&database, &folder, &["baseline"]);
        assert!(!output.status.success() && report["error"].as_str().unwrap().contains("history"), "{report}");
        assert_eq!(left(&database).await, "0");
    })
    .await;
}

#[tokio::test]
async fn ops_16_the_real_migrations_are_adopted() {
    with_database(async |database| {
        let real = migrate::embedded().unwrap();
        database.deploy(&real).await.unwrap();
        let client = database.client().await;
        client.batch_execute("drop table schema_migrations, schema_migration_failures").await.unwrap();
        let output =
            database.command(&std::env::temp_dir(), &["baseline"]).env_remove("MIGRATIONS_DIR").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let granted = "select has_table_privilege('spike_app', 'schema_migrations', 'select')::text";
        assert_eq!(database.text(granted).await, "true", "the readiness check reads it");
        let report = database.deploy(&real).await.unwrap();
        assert_eq!((report.applied.len(), report.already_applied), (0, real.len()));
    })
    .await;
}
