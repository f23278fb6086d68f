//! A runner that is killed in the middle.

use std::process::Stdio;

use migrate::{Migration, Statement};
use tokio_postgres::Client;

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

/// What there is, in short: whatever a statement makes, drops or changes has a row in one of these. Everything is sorted: what
/// was cut off leaves dead rows, and over large tables the parts are read by several processes, in any order.
async fn whole(observer: &Client) -> String {
    let sql = "
        select md5(string_agg(part, ',' order by part)) from (
            select string_agg(oid::text || relkind::text || coalesce(relacl::text, ''), ',' order by oid) as part from pg_class
            union all select string_agg(oid::text, ',' order by oid) from pg_proc
            union all select string_agg(oid::text, ',' order by oid) from pg_constraint
            union all select string_agg(oid::text, ',' order by oid) from pg_type
            union all select string_agg(oid::text || tgenabled::text, ',' order by oid) from pg_trigger
            union all select string_agg(attnum::text || attnotnull::text, ',' order by attrelid, attnum) from pg_attribute
            union all select string_agg(md5(description), ',' order by objoid, classoid, objsubid) from pg_description
            union all select count(*)::text from schema_migrations) as parts";
    observer.query_typed_one(sql, &[]).await.unwrap().get(0)
}

fn statement(sql: &str) -> Statement {
    Migration::parse("V0001__a.sql", sql).unwrap().statements.remove(0)
}

/// After how many statements a migration is cut off: after all of them, and after three that the seed chooses; in the long
/// form (`cargo dev chaos --migrations`) after each.
fn cuts(statements: usize, dice: &mut u64) -> Vec<usize> {
    if every_statement() {
        return (0..=statements).collect();
    }
    let mut cuts = vec![statements];
    cuts.extend([(); 3].map(|()| {
        // Knuth's MMIX: its upper half is random enough.
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*dice >> 33).unwrap() % statements
    }));
    cuts
}

#[expect(clippy::disallowed_methods, reason = "tests are told their length by whoever runs them")]
fn every_statement() -> bool {
    std::env::var_os("INTERRUPT_EVERY_STATEMENT").is_some()
}

#[expect(clippy::disallowed_methods, reason = "tests are told their seed by whoever runs them")]
fn seed() -> u64 {
    let mut fresh = [0; 4];
    shared::ids::fill_random(&mut fresh);
    let given = std::env::var("INTERRUPT_SEED").ok();
    given.map_or_else(|| u64::from(u32::from_le_bytes(fresh)), |text| text.parse().unwrap())
}

/// Every real migration: none of its statements ends the transaction that all of them share, so wherever it is cut off,
/// nothing of it stays, and the next run completes it.
#[tokio::test]
async fn ops_15_each_migration_cut_off_at_any_statement_leaves_nothing_of_itself() {
    with_database(async |database| {
        let (seed, started) = (seed(), std::time::Instant::now());
        println!("INTERRUPT_SEED={seed} repeats this run");
        let mut dice = seed;
        let real = migrate::embedded().unwrap();
        // For the server there is no difference between this and a killed runner.
        let end = statement("select pg_terminate_backend(pg_backend_pid())");
        let note = statement("select set_config('cut.transaction', pg_current_xact_id()::text, true)");
        let same = statement(
            "do $$ begin
                 if current_setting('cut.transaction') is distinct from pg_current_xact_id()::text then
                     raise exception 'the statement before ended the transaction';
                 end if;
             end $$",
        );
        // With nothing to apply this makes the runner's own tables.
        database.deploy(&[]).await.unwrap();
        let observer = database.client().await;
        let (mut statements, mut cut_off) = (0, 0);
        for (index, migration) in real.iter().enumerate().filter(|(_, migration)| migration.transaction) {
            if index > 0 {
                let completed = database.deploy(&real[..index]).await.unwrap();
                assert_eq!(completed.applied.len(), 1, "the one that was cut off, whole: {completed:?}");
            }
            let before = whole(&observer).await;
            let all = migration.statements.len();
            statements += all;
            for kept in cuts(all, &mut dice) {
                let mut cut = migration.clone();
                cut.statements = vec![note.clone()];
                for statement in &migration.statements[..kept] {
                    cut.statements.push(statement.clone());
                    // Once is enough: a statement does the same in every run.
                    cut.statements.extend((kept == all).then(|| same.clone()));
                }
                cut.statements.extend([same.clone(), end.clone()]);
                let files: Vec<_> = real[..index].iter().cloned().chain([cut]).collect();
                let error = database.deploy(&files).await.unwrap_err().to_string();
                assert!(error.contains("pg_terminate_backend"), "{} {kept}: {error}", migration.file);
                assert_eq!(whole(&observer).await, before, "{} {kept}", migration.file);
                cut_off += 1;
            }
        }
        assert!(statements > 300, "{statements}");
        database.deploy(&real).await.unwrap();
        let report = database.deploy(&real).await.unwrap();
        assert_eq!((report.applied.len(), report.already_applied), (0, real.len()));
        let client = database.session(&database.settings()).await;
        let status = migrate::status(&client, &real).await.unwrap();
        assert!(status.drift.differences().is_empty(), "{:?}", status.drift);
        println!(
            "{} migrations of {statements} statements were cut off {cut_off} times in {:.0} s: each time nothing of the file was there, and the next run completed it",
            real.len(),
            started.elapsed().as_secs_f64()
        );
    })
    .await;
}
