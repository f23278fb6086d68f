//! What somebody changes by hand is found and named; failed migrations are remembered.

use migrate::{Drift, State, StatusReport, Verdict};

use crate::support::{Folder, TestDatabase, migrations, said, with_database};

const FILES: &[&str] = &["create table a (id int primary key, b text not null default 'x', c int);
      create index a_c_idx on a (c);
      create domain short as text constraint short_length check (length(value) < 9);
      create function one() returns int language sql as 'select 1';
      comment on table a is 'What a is.';
      create table months (id int, at timestamptz not null) partition by range (at);
      create table months_2026_01 partition of months for values from ('2026-01-01') to ('2026-02-01')"];

async fn status(database: &TestDatabase, files: &[&str]) -> StatusReport {
    let client = database.session(&database.settings()).await;
    migrate::status(&client, &migrations(files)).await.unwrap()
}

async fn differences(database: &TestDatabase) -> Vec<String> {
    let report = status(database, FILES).await;
    let found: Vec<String> = report.drift.differences().iter().map(ToString::to_string).collect();
    assert_eq!(report.verdict, if found.is_empty() { Verdict::UpToDate } else { Verdict::Drift }, "{found:?}");
    found
}

#[tokio::test]
async fn ops_16_a_column_added_by_hand_is_named() {
    with_database(async |database| {
        let folder = Folder::new(FILES);
        let run = |arguments: &[&str]| database.command(&folder.0, arguments).output().unwrap();
        assert!(run(&["deploy"]).status.success());
        assert!(said(&run(&["status"])).contains("Schema: as the last migration left it"));
        database.client().await.batch_execute("alter table a add column extra int").await.unwrap();
        let output = run(&["status"]);
        assert_eq!(output.status.code(), Some(6), "{}", said(&output));
        assert!(said(&output).contains("column a.extra was added"), "{}", said(&output));
        let report: serde_json::Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
        assert_eq!(
            (&report["verdict"], &report["drift"]["differences"][0]["object"], &report["drift"]["state"]),
            (&"drift".into(), &"column a.extra".into(), &"found".into())
        );
    })
    .await;
}

#[tokio::test]
async fn ops_16_every_kind_of_change_by_hand_is_named() {
    with_database(async |database| {
        database.deploy(&migrations(FILES)).await.unwrap();
        let client = database.client().await;
        for (change, expected) in [
            ("alter table a drop column c", vec!["column a.c is missing", "index a_c_idx is missing"]),
            (
                "alter table a alter b type varchar(9)",
                vec!["column a.b was changed (text not null default 'x'::text → character varying(9) not null default 'x'::text)"],
            ),
            ("alter table a alter b drop not null", vec!["column a.b was changed (text not null default 'x'::text → text default 'x'::text)"]),
            ("drop index a_c_idx", vec!["index a_c_idx is missing"]),
            ("alter table a add check (c > 0)", vec!["constraint a.a_c_check was added"]),
            ("alter table a drop constraint a_pkey", vec!["constraint a.a_pkey is missing"]),
            (
                "create or replace function one() returns int language sql as 'select 2'",
                vec!["function one() was changed"],
            ),
            ("create table other (id int primary key); comment on column other.id is 'x'", vec!["table other was added"]),
            ("drop table a", vec!["table a is missing"]),
            ("alter domain short drop constraint short_length", vec!["constraint short.short_length is missing"]),
            ("comment on table a is 'Other.'", vec!["comment on a was changed (What a is. → Other.)"]),
            ("grant select (b) on a to pg_monitor", vec!["grant select on a.b to pg_monitor was added"]),
            (
                "create function t() returns trigger language plpgsql as 'begin return new; end';
                 create trigger a_t before insert on a for each row execute function t()",
                vec!["function t() was added", "trigger a.a_t was added"],
            ),
            ("alter table a enable row level security", vec!["table a was changed (nothing → row security)"]),
            // What comes and goes by itself is no drift.
            ("create table months_2026_02 partition of months for values from ('2026-02-01') to ('2026-03-01')", vec![]),
            ("drop table months_2026_01", vec![]),
            (
                "do $$ begin
                     if exists (select from pg_available_extensions where name = 'citext') then
                         create extension citext;
                     end if;
                 end $$",
                vec![],
            ),
            ("insert into a values (1)", vec![]),
        ] {
            client.batch_execute(change).await.unwrap();
            assert_eq!(differences(&database).await, expected, "{change}");
            // From here on it is what is expected: the next change stands alone.
            client.batch_execute("drop schema public cascade; create schema public").await.unwrap();
            database.deploy(&migrations(FILES)).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn ops_16_a_database_of_an_older_build_says_so_and_the_next_deploy_records_it() {
    with_database(async |database| {
        let files = [FILES[0], "create table later ()"];
        database.deploy(&migrations(&files[..1])).await.unwrap();
        let client = database.client().await;
        let older = "alter table schema_migrations drop column schema_fingerprint, drop column schema_objects,
                     drop column server_version; drop table schema_migration_failures";
        client.batch_execute(older).await.unwrap();
        let report = status(&database, &files[..1]).await;
        assert!(matches!(report.drift, Drift::Unknown), "{:?}", report.drift);
        assert_eq!(report.verdict, Verdict::UpToDate);
        database.deploy(&migrations(&files)).await.unwrap();
        let report = status(&database, &files).await;
        assert!(matches!(report.drift, Drift::None), "{:?}", report.drift);
        let kept = "select string_agg((schema_objects is not null)::text, ' ' order by version) from schema_migrations";
        assert_eq!(database.text(kept).await, "false true", "only the newest keeps the whole catalogue");
    })
    .await;
}

#[tokio::test]
async fn ops_16_what_deploy_takes_over_is_reported() {
    with_database(async |database| {
        let files = [FILES[0], "alter table a add column if not exists extra int"];
        database.deploy(&migrations(&files[..1])).await.unwrap();
        database.client().await.batch_execute("alter table a add column extra int").await.unwrap();
        let report = database.deploy(&migrations(&files)).await.unwrap();
        let taken: Vec<String> = report.drift.iter().map(ToString::to_string).collect();
        assert_eq!(taken, ["column a.extra was added"]);
        assert!(matches!(status(&database, &files).await.drift, Drift::None));
    })
    .await;
}

#[tokio::test]
async fn ops_15_a_failed_migration_is_remembered_until_it_is_applied() {
    with_database(async |database| {
        let wrong = [FILES[0], "create table d (); select 1 / 0"];
        database.deploy(&migrations(&wrong)).await.unwrap_err();
        let report = status(&database, &wrong).await;
        assert_eq!((report.verdict, report.migrations[1].state, report.pending), (Verdict::Failed, State::Failed, 1));
        let failure = report.migrations[1].failure.clone().unwrap();
        assert_eq!(failure.code, "statement_failed");
        assert!(failure.message.contains("V0002__m2.sql failed at statement 2"), "{}", failure.message);
        assert!(database.tables().await == "a months months_2026_01");

        let right = [FILES[0], "create table d ()"];
        database.deploy(&migrations(&right)).await.unwrap();
        let report = status(&database, &right).await;
        assert_eq!((report.verdict, report.migrations[1].state), (Verdict::UpToDate, State::Applied));
    })
    .await;
}
