//! Restoring and proving.

use std::io::Read;

use backup::{BackupError, Kind};
use local::connection::Connection;
use serde_json::Value;

use crate::support::{said, text, with_stand};

#[tokio::test(flavor = "multi_thread")]
async fn ops_26_the_monthly_proof_counts_and_drops() {
    with_stand(async |stand| {
        stand.people(321).await;
        let key = stand.take(Kind::Daily).await.unwrap().key;
        // A killed proof left its database.
        stand.sql("create database spike_verify_forgotten").await;
        stand
            .sql("insert into restore_runs (id, purpose, object_key, target_database, started_at) values ('old', 'VERIFY', 'x', 'spike_verify_forgotten', now())")
            .await;
        let output = stand.command(&["verify"]).output().unwrap();
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        for table in ["users", "apps", "requirements"] {
            assert!(said.lines().any(|line| line.split_whitespace().next() == Some(table)), "{said}");
        }
        assert!(said.lines().any(|line| line.split_whitespace().eq(["users", "321"])), "{said}");
        let runs = "select string_agg(status || ' ' || (target_dropped_at is not null), ',' order by id) from restore_runs";
        assert_eq!(stand.text(runs).await, "FAILED true,PASSED true");
        let found = format!("select (table_rows ->> 'users') from restore_runs where object_key = '{key}'");
        assert_eq!(stand.text(&found).await, "321");
        assert_eq!(stand.text("select (verified_at is not null)::text from backup_runs").await, "true");
        let names = "select count(*)::text from pg_database where datname = 'spike_verify_forgotten'
                        or datname = (select target_database from restore_runs where id <> 'old')";
        assert_eq!(stand.text(names).await, "0");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_25_a_database_that_is_not_empty_is_only_replaced_when_told_to() {
    with_stand(async |stand| {
        stand.people(10).await;
        let key = stand.take(Kind::Daily).await.unwrap().key;
        let into = format!("{}_busy", stand.name);
        stand.sql(&format!("create database {into}")).await;
        // Empty is fine.
        backup::restore(&key, &into, false, &stand.settings()).await.unwrap();
        let there = Connection::open(&stand.url_of(&into)).await.unwrap();
        there.batch_execute("update users set name = 'precious'").await.unwrap();
        let refused = backup::restore("latest", &into, false, &stand.settings()).await.unwrap_err();
        assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
        assert_eq!(text(&there, "select count(*)::text from users where name = 'precious'").await, "10");
        // Told to, but the backup is no good: still nothing is lost.
        let (object, bytes) = (stand.file(&key), std::fs::read(stand.file(&key)).unwrap());
        std::fs::write(&object, &bytes[1..]).unwrap();
        backup::restore(&key, &into, true, &stand.settings()).await.unwrap_err();
        assert_eq!(text(&there, "select count(*)::text from users where name = 'precious'").await, "10");
        std::fs::write(&object, &bytes).unwrap();
        backup::restore(&key, &into, true, &stand.settings()).await.unwrap();
        let there = Connection::open(&stand.url_of(&into)).await.unwrap();
        assert_eq!(text(&there, "select count(*)::text from users where name = 'precious'").await, "0");
        let runs = "select string_agg(purpose || ' ' || status, ',') from restore_runs";
        assert_eq!(stand.text(runs).await, "RESTORE PASSED,RESTORE PASSED");
        assert_eq!(stand.databases().await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_25_a_plain_archive_is_accepted_too() {
    with_stand(async |stand| {
        stand.people(10).await;
        let key = stand.take(Kind::Daily).await.unwrap().key;
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*std::fs::read(stand.file(&key)).unwrap()).read_to_end(&mut plain).unwrap();
        let manifest = key.replace(".backup.gz", ".manifest.json");
        let mut value: Value = serde_json::from_slice(&std::fs::read(stand.file(&manifest)).unwrap()).unwrap();
        value["bytes"] = plain.len().into();
        value["sha256"] = shared::secret::hex(&shared::secret::sha256(&plain)).into();
        stand.tamper(&manifest, value.to_string());
        stand.tamper(&key, plain);
        let into = format!("{}_plain", stand.name);
        assert_eq!(backup::restore(&key, &into, false, &stand.settings()).await.unwrap().tables["users"].rows, 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_25_ops_52_the_newest_that_is_not_damaged_is_restored() {
    with_stand(async |stand| {
        stand.people(10).await;
        stand.set_clock("2026-11-20T02:00:00Z");
        let older = stand.take(Kind::Daily).await.unwrap().key;
        stand.people_more(5).await;
        stand.set_clock("2026-11-21T02:00:00Z");
        let newer = stand.take(Kind::Daily).await.unwrap().key;
        let mut bytes = std::fs::read(stand.file(&newer)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        stand.tamper(&newer, bytes);
        let into = format!("{}_sound", stand.name);
        let report = backup::restore("latest", &into, false, &stand.settings()).await.unwrap();
        assert_eq!((&report.key, report.tables["users"].rows), (&older, 10));
        // What it was taken by counts as good in it, although it was under way at that moment.
        let there = Connection::open(&stand.url_of(&into)).await.unwrap();
        assert_eq!(text(&there, "select string_agg(status, ',') from backup_runs").await, "SUCCEEDED");
        // A proof is about the newest one.
        let error = backup::verify(None, &stand.settings()).await.unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_52_a_restored_database_takes_the_place_of_another_under_traffic() {
    with_stand(async |stand| {
        stand.people(10).await;
        let key = stand.take(Kind::Daily).await.unwrap().key;
        let (from, into) = (format!("{}_fresh", stand.name), format!("{}_live", stand.name));
        backup::restore(&key, &from, false, &stand.settings()).await.unwrap();
        let promote = async || Box::pin(backup::promote(&from, &into, &stand.settings())).await;
        // Where there was none before.
        assert_eq!(promote().await.unwrap().kept, None);
        backup::restore(&key, &from, false, &stand.settings()).await.unwrap();
        let live = stand.url_of(&into);
        let precious = Connection::open(&live).await.unwrap();
        precious.batch_execute("update users set name = 'precious'").await.unwrap();
        let traffic = tokio::spawn(async move {
            loop {
                // Some are refused for a moment.
                drop(Connection::open(&live).await);
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        });
        let kept = promote().await.unwrap().kept.unwrap();
        traffic.abort();
        let names = "select count(*)::text from users where name = 'precious'";
        let of = async |database: &str| text(&Connection::open(&stand.url_of(database)).await.unwrap(), names).await;
        assert_eq!((of(&into).await, of(&kept).await), ("0".to_owned(), "10".to_owned()));
        assert!(precious.batch_execute("select 1").await.is_err(), "who was connected comes back to the new one");
        let error = promote().await.unwrap_err().to_string();
        assert!(error.contains("there is no database"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_19_the_manifest_says_what_is_needed_to_judge() {
    with_stand(async |stand| {
        stand.people(3).await;
        let key = stand.take(Kind::PreMigration).await.unwrap().key;
        let manifest = std::fs::read(stand.file(&key.replace(".backup.gz", ".manifest.json"))).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["kind"], "pre-migration");
        assert_eq!(manifest["tables"]["users"]["rows"], 3);
        assert_eq!(
            manifest["migration"]["version"].to_string(),
            stand.text("select max(version)::text from schema_migrations").await
        );
        let server = stand.text("show server_version").await;
        assert_eq!(manifest["pgVersion"], server.split(' ').next().unwrap());
        assert!(manifest["snapshotLsn"].as_str().unwrap().contains('/'));
        let bytes = std::fs::read(stand.file(&key)).unwrap();
        assert_eq!(manifest["bytes"], bytes.len());
        assert_eq!(manifest["sha256"], shared::secret::hex(&shared::secret::sha256(&bytes)));
    })
    .await;
}
