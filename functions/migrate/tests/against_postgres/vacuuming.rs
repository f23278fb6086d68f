//! `vacuum`: every table once a week, in as many runs as it takes.

use std::collections::BTreeSet;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::{TestDatabase, said, variable, with_database, with_name};

/// Tables with rows of their own, and whether the week has seen to them.
const NOT_DONE: &str = "
    select count(*)::text
      from pg_stat_user_tables s
      join pg_class c on c.oid = s.relid
     where s.schemaname = 'public'
       and (s.last_analyze is null or c.relkind <> 'p' and s.last_vacuum is null)";
const RUNS: &str =
    "select string_agg(status, ' ' order by started_at, id) from job_runs where job = 'maintenance.vacuum'";

async fn migrated(database: &TestDatabase) -> Client {
    database.deploy(&migrate::embedded().unwrap()).await.unwrap();
    database.client().await
}

fn command(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = database.command(&std::env::temp_dir(), &["vacuum", "--json"]);
    command.args(arguments).env_remove("MIGRATIONS_DIR").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Value {
    report(&command(database, arguments).output().unwrap())
}

fn start(database: &TestDatabase) -> Child {
    command(database, &[]).spawn().unwrap()
}

fn names(report: &Value) -> Vec<String> {
    let tables = report["vacuumed"].as_array().unwrap_or_else(|| panic!("{report}"));
    tables.iter().map(|one| one["table"].as_str().unwrap().to_owned()).collect()
}

/// How often each table was vacuumed, as the server counts.
async fn most_often(database: &TestDatabase) -> String {
    database.text("select max(vacuum_count)::text from pg_stat_user_tables where schemaname = 'public'").await
}

#[tokio::test]
async fn ops_44_every_table_is_vacuumed_and_analysed_once_a_week() {
    with_database(async |database| {
        let client = migrated(&database).await;
        client.batch_execute(r#"create schema "Other"; create table "Other"."Odd ""name" (id int)"#).await.unwrap();
        let first = run(&database, &[]);
        assert_eq!((&first["status"], &first["left"], &first["skipped"]), (&json!("SUCCEEDED"), &json!(0), &json!([])));
        database.wait_until(&NOT_DONE.replace("count(*)::text", "count(*) = 0")).await;
        let done: BTreeSet<_> = names(&first).into_iter().collect();
        let month = database.text("select 'error_logs_' || to_char(now() at time zone 'UTC', 'YYYY_MM')").await;
        for table in ["users", "token_transactions", "error_logs", &month, r#""Other"."Odd ""name""#] {
            assert!(done.contains(table), "{table}: {done:?}");
        }

        let second = run(&database, &[]);
        assert_eq!((&second["status"], names(&second)), (&json!("SUCCEEDED"), Vec::new()));
        assert_eq!(most_often(&database).await, "1");
        assert_eq!(database.text(RUNS).await, "SUCCEEDED SUCCEEDED");
        let kept = "select result ->> 'vacuumed' from job_runs where job = 'maintenance.vacuum' order by started_at limit 1";
        assert_eq!(database.text(kept).await, done.len().to_string());

        // A week later all of it is due again, less what is gone.
        client.batch_execute(r#"drop schema "Other" cascade; update table_maintenance set vacuumed_at = vacuumed_at - interval '7 days'"#).await.unwrap();
        assert_eq!(names(&run(&database, &[])).len(), done.len() - 1);
        assert_eq!(database.text("select count(*)::text from table_maintenance").await, (done.len() - 1).to_string());
    })
    .await;
}

#[tokio::test]
async fn ops_44_the_next_run_goes_on_where_the_time_was_too_short() {
    with_database(async |database| {
        let client = migrated(&database).await;
        client
            .batch_execute(
                "create table bloated as select repeat('x', 500) as text from generate_series(1, 2000);
                 analyze bloated;
                 delete from bloated",
            )
            .await
            .unwrap();
        database.wait_until("select n_dead_tup = 2000 from pg_stat_user_tables where relname = 'bloated'").await;
        let first = run(&database, &["--seconds", "0"]);
        assert_eq!(names(&first), ["bloated"], "where most is to be won");
        assert_eq!(first["vacuumed"][0]["dead_rows"], 2_000);
        let left = first["left"].as_u64().unwrap();
        let second = run(&database, &["--seconds", "0"]);
        assert_eq!((names(&second).len(), second["left"].as_u64()), (1, Some(left - 1)));
        let third = run(&database, &[]);
        assert_eq!((names(&third).len() as u64, &third["left"]), (left - 1, &json!(0)));
        assert_eq!(most_often(&database).await, "1");
        database.wait_until(&NOT_DONE.replace("count(*)::text", "count(*) = 0")).await;
    })
    .await;
}

#[tokio::test]
async fn ops_44_a_killed_run_is_marked_and_what_it_did_is_not_done_again() {
    with_database(async |database| {
        let holder = migrated(&database).await;
        holder.batch_execute("begin; lock table users").await.unwrap();
        let mut killed = start(&database);
        let waits = "select exists (select from pg_locks where relation = 'users'::regclass and not granted)";
        database.wait_until(waits).await;
        // SIGKILL.
        killed.kill().unwrap();
        killed.wait().unwrap();
        let before: usize = database.text("select count(*)::text from table_maintenance").await.parse().unwrap();
        assert!(before > 0, "some were done");
        assert_eq!(database.text(RUNS).await, "RUNNING");
        // The server notices soon that nobody is there any more.
        let gone = "select not exists (select from pg_stat_activity where application_name = 'migrate' and datname = current_database())";
        database.wait_until(gone).await;
        holder.batch_execute("rollback").await.unwrap();

        let next = run(&database, &[]);
        assert_eq!(next["status"], "SUCCEEDED", "{next}");
        assert_eq!(database.text(RUNS).await, "FAILED SUCCEEDED");
        let all: usize = database.text("select count(*)::text from table_maintenance").await.parse().unwrap();
        assert_eq!(names(&next).len(), all - before);
        assert_eq!(most_often(&database).await, "1");
    })
    .await;
}

#[tokio::test]
async fn ops_44_a_locked_table_is_passed_over_and_a_second_run_at_once_does_nothing() {
    with_database(async |database| {
        let holder = migrated(&database).await;
        holder.batch_execute("begin; lock table users").await.unwrap();
        let first = start(&database);
        database
            .wait_until("select exists (select from pg_locks where relation = 'users'::regclass and not granted)")
            .await;
        assert_eq!(run(&database, &[])["status"], "SKIPPED");
        let first = report(&first.wait_with_output().unwrap());
        assert_eq!(first["status"], "SUCCEEDED", "{first}");
        let skipped = &first["skipped"].as_array().unwrap()[0];
        assert_eq!((&skipped["table"], first["skipped"].as_array().unwrap().len()), (&json!("users"), 1));
        assert!(skipped["reason"].as_str().unwrap().contains("held it locked"), "{skipped}");
        assert_eq!(database.text(RUNS).await, "SUCCEEDED SKIPPED");

        holder.batch_execute("rollback").await.unwrap();
        assert_eq!(names(&run(&database, &[])), ["users"]);
    })
    .await;
}

#[tokio::test]
async fn ops_44_a_role_without_the_right_is_told_which() {
    with_database(async |database| {
        let client = migrated(&database).await;
        let role = database.text("select 'vacuum_' || md5(current_database())").await;
        let name = database.text("select current_database()::text").await;
        client
            .batch_execute(&format!(
                "create role {role} login password 'right';
                 grant select on all tables in schema public to {role};
                 grant insert, update, delete on job_runs, table_maintenance to {role}"
            ))
            .await
            .unwrap();
        let mut url = url::Url::parse(&database.url).unwrap();
        url.set_username(&role).unwrap();
        url.set_password(Some("right")).unwrap();
        let other = TestDatabase { url: with_name(url.as_str(), &name) };
        let refused = run(&other, &[]);
        assert_eq!(refused["code"], "no_right", "{refused}");
        assert!(refused["error"].as_str().unwrap().contains("grant spike_owner"), "{refused}");
        assert_eq!(database.text(RUNS).await, "FAILED");

        // What the database's other owners have is named, the rest is done.
        client.batch_execute(&format!("grant spike_owner to {role}; create table foreign_one ()")).await.unwrap();
        let rest = run(&other, &[]);
        let skipped: Vec<_> = rest["skipped"].as_array().unwrap().iter().map(|one| &one["table"]).collect();
        assert!(skipped.contains(&&json!("foreign_one")) && names(&rest).contains(&"users".to_owned()), "{rest}");
        client.batch_execute(&format!("drop owned by {role}; drop role {role}")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn ops_44_a_pooler_is_refused_and_so_is_a_database_that_is_not_migrated() {
    with_database(async |database| {
        let pooled = TestDatabase { url: variable("TEST_POOLED_URL", "a PgBouncer in front of the server for tests") };
        assert_eq!(run(&pooled, &[])["code"], "pooler_refused");
        assert_eq!(run(&database, &[])["code"], "not_migrated");
    })
    .await;
}

#[tokio::test]
async fn ops_44_while_writing_is_stopped_nothing_is_vacuumed() {
    with_database(async |database| {
        let client = migrated(&database).await;
        client.batch_execute("update deployment set maintenance_since = now()").await.unwrap();
        assert_eq!(run(&database, &[])["status"], "SKIPPED");
        assert_eq!(database.text("select count(*)::text from table_maintenance").await, "0");
    })
    .await;
}
