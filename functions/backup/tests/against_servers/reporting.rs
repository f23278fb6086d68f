//! The monthly report: what is wrong is in it, and what has grown.

use backup::monthly::MonthlyReport;
use serde_json::Value;

use crate::support::{Stand, said, with_stand};

async fn report(stand: &Stand) -> MonthlyReport {
    backup::report(&stand.settings()).await.unwrap()
}

fn stored(stand: &Stand, key: &str) -> Value {
    serde_json::from_slice(&std::fs::read(stand.file(key)).unwrap()).unwrap()
}

const DEAD: &str =
    "select n_dead_tup = 4000 and n_mod_since_analyze >= 4000 from pg_stat_user_tables where relname = 'rubbish'";

#[tokio::test(flavor = "multi_thread")]
async fn ops_45_dead_rows_and_stale_statistics_are_flagged_and_the_second_month_shows_growth() {
    with_stand(async |stand| {
        stand.set_clock("2026-12-01T05:00:00Z");
        stand
            .sql(
                "create table rubbish (id int primary key, text text) with (autovacuum_enabled = off);
                 insert into rubbish select n, repeat('x', 900) from generate_series(1, 5000) n",
            )
            .await;
        stand.wait_until("select n_live_tup = 5000 from pg_stat_user_tables where relname = 'rubbish'").await;
        stand.sql("analyze rubbish").await;
        stand.sql("delete from rubbish where id > 1000").await;
        stand.wait_until(DEAD).await;
        let first = report(stand).await;
        assert_eq!((first.key.as_str(), first.month.as_str()), ("reports/2026/11.json", "2026-11"));
        assert!(first.growth.is_none(), "there is nothing to compare with");
        let server = first.server.as_ref().unwrap();
        let table = server.tables.iter().find(|table| table.name == "rubbish").unwrap();
        assert!(table.is_bloated && table.dead_rows == 4_000, "{table:?}");
        assert!(server.tables.iter().filter(|table| table.name != "rubbish").all(|table| !table.is_bloated));
        assert_eq!(server.stale_statistics, ["rubbish"]);
        assert!(
            first.findings.iter().any(|line| line.contains("rubbish: 80 % of its rows are dead")),
            "{:?}",
            first.findings
        );
        let kept = stored(stand, &first.key);
        assert_eq!(
            (&kept["month"], &kept["findings"]),
            (&"2026-11".into(), &serde_json::to_value(&first.findings).unwrap())
        );

        // What VACUUM leaves is room that nobody uses; and another table grows.
        stand.sql("vacuum (analyze, truncate off) rubbish").await;
        stand.people(20_000).await;
        stand.set_clock("2027-01-01T05:00:00Z");
        let second = report(stand).await;
        let server = second.server.as_ref().unwrap();
        assert!(server.stale_statistics.iter().all(|name| name != "rubbish"));
        let bloat = server.bloat.iter().find(|table| table.table == "rubbish").unwrap();
        assert!(bloat.wasted_bytes * 10 > bloat.bytes * 6 && bloat.wasted_bytes * 10 < bloat.bytes * 9, "{bloat:?}");
        let growth = second.growth.unwrap();
        let of = |name: &str| growth.tables.iter().find(|table| table.table == name).map(|table| table.bytes);
        assert!(of("users").unwrap() > 1_000_000 && growth.database_bytes > 1_000_000, "{growth:?}");
        assert_eq!(growth.tables[0].table, "users");
        assert_eq!(growth.since, first.made_at);
        // Made again it compares with the same one, and replaces itself.
        let again = report(stand).await;
        assert_eq!((again.key.as_str(), again.growth.unwrap().since), ("reports/2026/12.json", first.made_at));
        assert_eq!(stand.objects(), ["reports/2026/11.json", "reports/2026/12.json"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_45_backups_jobs_and_alerts_of_the_month_are_counted() {
    with_stand(async |stand| {
        stand.set_clock("2026-12-01T05:00:00Z");
        stand
            .sql(
                "update schema_migrations set applied_at = '2026-11-27T12:00:00Z';
                 insert into backup_runs (id, kind, day, status, started_at, finished_at, error, object_key, bytes, sha256,
                                          migration_version, table_rows)
                 values ('b1', 'daily', '2026-11-28', 'SUCCEEDED', '2026-11-28T02:00Z', '2026-11-28T02:01Z', null,
                         'daily/2026/11/spike_land_20261128_020000.backup.gz', 77, repeat('0', 64), 1, '{}'),
                        ('b2', 'daily', '2026-11-29', 'FAILED', '2026-11-29T02:00Z', '2026-11-29T02:01Z', 'no bucket',
                         null, null, null, null, null),
                        ('b3', 'daily', '2026-10-01', 'FAILED', '2026-10-01T02:00Z', '2026-10-01T02:01Z', 'before',
                         null, null, null, null, null);
                 insert into restore_runs (id, purpose, object_key, target_database, status, table_rows, started_at, finished_at)
                 values ('r1', 'VERIFY', 'x', 'y', 'PASSED', '{}', '2026-11-01T05:00Z', '2026-11-01T05:07Z');
                 insert into job_runs (id, job, started_at, ends_by, finished_at, status, error)
                 values ('j1', 'mail.deliver', '2026-11-10Z', '2026-11-11Z', '2026-11-10Z', 'FAILED', 'old'),
                        ('j2', 'mail.deliver', '2026-11-20Z', '2026-11-21Z', '2026-11-20Z', 'FAILED', 'new'),
                        ('j3', 'mail.deliver', '2026-11-20Z', '2026-11-21Z', '2026-11-20Z', 'SUCCEEDED', null),
                        ('j4', 'mail.deliver', '2026-12-01Z', '2026-12-02Z', '2026-12-01Z', 'FAILED', 'after');
                 insert into alert_states (rule, since, threshold, evaluated_at) values ('disk.used', now(), 1, now());
                 insert into alert_events (rule, id, from_state, to_state, threshold, created_at)
                 values ('disk.used', 'a1', 'OK', 'FIRING', 1, '2026-11-05Z'),
                        ('disk.used', 'a2', 'FIRING', 'RESOLVED', 1, '2026-11-05T01:00Z'),
                        ('disk.used', 'a3', 'OK', 'FIRING', 1, '2026-12-01Z')",
            )
            .await;
        let report = report(stand).await;
        let operation = &report.operation;
        assert_eq!((operation.backups.taken, operation.backups.failed), (1, 1));
        assert_eq!(operation.backups.last_error.as_deref(), Some("no bucket"));
        assert_eq!(operation.backups.missing_days, ["2026-11-29", "2026-11-30"], "not before the first migration");
        assert_eq!(operation.backups.newest_bytes, Some(77));
        assert_eq!(operation.backups.last_proven_at.as_deref(), Some("2026-11-01T05:07:00.000Z"));
        assert_eq!(operation.jobs.runs, 3);
        let failed: Vec<_> =
            operation.jobs.failed.iter().map(|job| (job.job.as_str(), job.times, job.last_error.as_str())).collect();
        assert_eq!(failed, [("mail.deliver", 2, "new")]);
        let fired: Vec<_> = operation.alerts.fired.iter().map(|one| (one.rule.as_str(), one.times)).collect();
        assert_eq!(fired, [("disk.used", 1)]);
        for finding in ["No daily backup of 2 day(s)", "mail.deliver failed 2", "disk.used fired 1"] {
            assert!(report.findings.iter().any(|line| line.starts_with(finding)), "{finding}: {:?}", report.findings);
        }
        assert!(!report.findings.iter().any(|line| line.contains("verify")), "it was proven 30 days ago");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_45_the_command_prints_a_table_and_says_what_it_cannot_see() {
    with_stand(async |stand| {
        let output = stand.command(&["report"]).output().unwrap();
        let text = said(&output);
        assert!(output.status.success() && text.contains("Backups       0 taken, 0 failed; proven never"), "{text}");
        assert!(text.contains("Stored as reports/") && text.contains("\nSlowest       "), "{text}");
        // A role that does not see the server's figures.
        let role = format!("reporter_{}", stand.name);
        stand
            .sql(&format!(
                "create role {role} login password 'right'; grant select on all tables in schema public to {role}"
            ))
            .await;
        let mut url = url::Url::parse(&stand.url).unwrap();
        url.set_username(&role).unwrap();
        url.set_password(Some("right")).unwrap();
        let report = backup::report(&stand.settings_with(&[("DIRECT_URL", url.as_str())])).await.unwrap();
        assert!(report.server.is_none() && report.server_note.unwrap().contains("pg_monitor"));
        stand.sql(&format!("drop owned by {role}; drop role {role}")).await;
    })
    .await;
}

/// However long ago: the object store's own rights say the same (`template.yaml`).
#[tokio::test(flavor = "multi_thread")]
async fn ops_45_no_report_is_ever_pruned() {
    with_stand(async |stand| {
        stand.set_clock("2026-12-01T05:00:00Z");
        let report = report(stand).await;
        stand.set_clock("2031-12-01T05:00:00Z");
        assert!(backup::prune(&stand.store()).await.unwrap().is_empty());
        assert_eq!(stand.objects(), [report.key]);
    })
    .await;
}
