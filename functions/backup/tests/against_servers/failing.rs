//! Backups that fail: said at once, written down, nothing half left.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use backup::{BackupError, Kind};
use local::connection::Connection;

use crate::support::{said, with_stand};

const STATE: &str = "select state from alert_states where rule = 'backup.failed'";
const EVENTS: &str = "select string_agg(from_state || '>' || to_state, ' ' order by created_at, id) from alert_events";

#[tokio::test(flavor = "multi_thread")]
async fn ops_24_ops_42_without_an_object_store_the_alert_is_set_off_at_once() {
    with_stand(async |stand| {
        stand.stop_s3().await;
        let output = stand.command(&["backup", "--json"]).output().unwrap();
        let text = said(&output);
        assert!(!output.status.success() && text.contains(r#""code":"object_store""#), "{text}");
        assert!(!text.contains("Signature") && !text.contains("secret"), "{text}");
        assert_eq!(stand.text("select string_agg(status || ' ' || kind, ',') from backup_runs").await, "FAILED daily");
        assert!(stand.text("select error from backup_runs").await.starts_with("the object store did not begin daily/"));
        assert_eq!((stand.text(STATE).await.as_str(), stand.text(EVENTS).await.as_str()), ("FIRING", "OK>FIRING"));
        let letter = "select concat_ws(' ', count(*), min(status), min(payload ->> 'to')) from alert_outbox";
        assert_eq!(stand.text(letter).await, "1 PENDING FIRING");

        // A second failure changes no state; the first success ends it.
        assert!(matches!(stand.take(Kind::PreMigration).await, Err(BackupError::Store { .. })));
        assert_eq!(stand.text(EVENTS).await, "OK>FIRING");
        stand.start_s3().await;
        assert!(!stand.take(Kind::Daily).await.unwrap().existed);
        let now = (stand.text(STATE).await, stand.text(EVENTS).await);
        assert_eq!(now, ("RESOLVED".to_owned(), "OK>FIRING FIRING>RESOLVED".to_owned()));
    })
    .await;
}

/// Where nobody is to be told there is no letter; the state and its change are written down all the same.
#[tokio::test(flavor = "multi_thread")]
async fn ops_42_without_a_receiver_no_letter_is_written() {
    with_stand(async |stand| {
        stand.stop_s3().await;
        let settings = stand.settings_with(&[("ALERT_WEBHOOK_URL", "")]);
        backup::take(Kind::Daily, &settings, None).await.unwrap_err();
        assert_eq!((stand.text(STATE).await.as_str(), stand.text(EVENTS).await.as_str()), ("FIRING", "OK>FIRING"));
        assert_eq!(stand.text("select count(*)::text from alert_outbox").await, "0");
        // What is not yet too much by the operator's own measure.
        stand.sql("delete from alert_events; delete from alert_states").await;
        let settings = stand.settings_with(&[("ALERT_THRESHOLDS", "backup.failed=5")]);
        backup::take(Kind::Daily, &settings, None).await.unwrap_err();
        assert_eq!(stand.text(STATE).await, "OK");
    })
    .await;
}

/// A backup before a migration that succeeds does not hide that the night's one failed.
#[tokio::test(flavor = "multi_thread")]
async fn ops_42_only_a_daily_backup_makes_a_failed_daily_one_good() {
    with_stand(async |stand| {
        stand.stop_s3().await;
        stand.take(Kind::Daily).await.unwrap_err();
        stand.start_s3().await;
        stand.take(Kind::PreMigration).await.unwrap();
        assert_eq!(stand.text(STATE).await, "FIRING");
        stand.take(Kind::Daily).await.unwrap();
        assert_eq!(stand.text(STATE).await, "RESOLVED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_18_a_killed_run_is_taken_over_and_leaves_no_half_object() {
    with_stand(async |stand| {
        stand.set_clock("2026-11-24T02:00:00Z");
        stand.people(50_000).await;
        // The dump stands still before this table.
        let holder = Connection::open(&stand.url).await.unwrap();
        holder.batch_execute("begin; lock table users").await.unwrap();
        let mut run = stand.command(&["backup"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        stand.wait_until("select exists (select from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock')").await;
        // SIGKILL.
        run.kill().unwrap();
        run.wait().unwrap();
        holder.batch_execute("commit").await.unwrap();
        assert_eq!(stand.text("select status from backup_runs").await, "RUNNING");
        assert_eq!(stand.objects(), Vec::<String>::new());

        let report = stand.take(Kind::Daily).await.unwrap();
        assert!(!report.existed);
        let runs = "select string_agg(status || coalesce(' ' || error, ''), ',' order by started_at) from backup_runs";
        assert_eq!(stand.text(runs).await, "FAILED the run was ended before it was done,SUCCEEDED");
        assert_eq!(stand.objects().len(), 2);
        backup::check(&stand.store(), &backup::Key::parse(&report.key).unwrap()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_19_a_dump_that_fails_leaves_nothing() {
    with_stand(async |stand| {
        stand.people(100).await;
        let folder = script("echo 'pg_dump (PostgreSQL) 99.0'; test \"$1\" = --version || { echo 'half a dump'; echo 'disk on fire' >&2; exit 1; }");
        let settings = stand.settings_with(&[("PG_BIN", folder.to_str().unwrap())]);
        let error = backup::take(Kind::Daily, &settings, None).await.unwrap_err().to_string();
        assert!(error.contains("pg_dump failed") && error.contains("disk on fire"), "{error}");
        assert_eq!(stand.objects(), Vec::<String>::new());
        assert_eq!(stand.text("select status from backup_runs").await, "FAILED");
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_19_an_older_or_missing_pg_dump_is_refused() {
    with_stand(async |stand| {
        let folder = script("echo 'pg_dump (PostgreSQL) 13.9'");
        let settings = stand.settings_with(&[("PG_BIN", folder.to_str().unwrap())]);
        let error = backup::take(Kind::Daily, &settings, None).await.unwrap_err().to_string();
        assert!(error.contains("is version 13, and the server is PostgreSQL"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
        let error = backup::take(Kind::Daily, &settings, None).await.unwrap_err().to_string();
        assert!(error.contains("set PG_BIN to their folder"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_19_the_size_is_estimated_first() {
    with_stand(async |stand| {
        let limit = Some(std::time::Duration::ZERO);
        stand.sql("create table large as select repeat('x', 2000) from generate_series(1, 12000)").await;
        let error = backup::take(Kind::Daily, &stand.settings(), limit).await.unwrap_err();
        assert!(matches!(error, BackupError::TooLarge { .. }), "{error}");
        assert_eq!(stand.objects(), Vec::<String>::new());
    })
    .await;
}

/// A folder with a `pg_dump` that runs `lines`.
fn script(lines: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("backup-programs-{}", crate::support::random()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("pg_dump");
    std::fs::write(&file, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
