//! Taking backups: once a day, one at a time, whole.

use std::time::Duration;

use backup::Kind;
use local::connection::Connection;

use crate::support::{BUCKET, said, with_stand};

#[tokio::test(flavor = "multi_thread")]
async fn ops_18_a_second_time_on_a_day_is_no_second_object() {
    with_stand(async |stand| {
        stand.set_clock("2026-11-24T02:00:00Z");
        let first = stand.take(Kind::Daily).await.unwrap();
        let second = stand.take(Kind::Daily).await.unwrap();
        assert!(!first.existed && second.existed);
        assert_eq!(first.key, second.key);
        assert!(first.key.starts_with("daily/2026/11/spike_land_20261124_0200"), "{}", first.key);
        assert_eq!(stand.objects(), [first.key.clone(), first.key.replace(".backup.gz", ".manifest.json")]);
        assert_eq!(
            stand.text("select string_agg(status || ' ' || day, ',') from backup_runs").await,
            "SUCCEEDED 2026-11-24"
        );
        // The next day is another one.
        stand.set_clock("2026-11-25T02:00:00Z");
        assert!(!stand.take(Kind::Daily).await.unwrap().existed);
        assert_eq!(stand.objects().len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_18_two_at_once_make_one_object() {
    with_stand(async |stand| {
        stand.set_clock("2026-11-24T02:00:00Z");
        let (one, other) = tokio::join!(stand.take(Kind::Daily), stand.take(Kind::Daily));
        assert_eq!([one.unwrap().existed, other.unwrap().existed].iter().filter(|existed| **existed).count(), 1);
        assert_eq!(stand.objects().len(), 2);
        // Two pipelines at once share the backup before a migration, too; the next one gets its own.
        let (one, other) = tokio::join!(stand.take(Kind::PreMigration), stand.take(Kind::PreMigration));
        assert_eq!(one.unwrap().key, other.unwrap().key);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!stand.take(Kind::PreMigration).await.unwrap().existed);
        assert_eq!(stand.objects().iter().filter(|key| key.starts_with("pre-migration/")).count(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_21_ops_22_a_sunday_that_begins_a_month_is_kept_three_times() {
    with_stand(async |stand| {
        stand.set_clock("2026-11-01T02:00:00Z");
        let report = stand.take(Kind::Daily).await.unwrap();
        let promoted = ["weekly/", "monthly/"].map(|kind| report.key.replace("daily/", kind));
        assert_eq!(report.promoted, promoted);
        let bytes = |key: &str| std::fs::read(stand.file(key)).unwrap();
        for key in &promoted {
            assert_eq!(bytes(key), bytes(&report.key));
            let key = backup::Key::parse(key).unwrap();
            assert_eq!(backup::check(&stand.store(), &key).await.unwrap().kind, key.kind);
        }
        let kinds = "select string_agg(kind || coalesce(' of ' || (select kind from backup_runs d where d.id = r.promoted_from), ''), ','
                                       order by kind) from backup_runs r";
        assert_eq!(stand.text(kinds).await, "daily,monthly of daily,weekly of daily");
        assert!(stand.take(Kind::Daily).await.unwrap().promoted.is_empty());
        assert_eq!(stand.objects().len(), 6);
    })
    .await;
}

/// The contract: 200,000 rows, somebody writing all the while, and the restored tables equal the manifest row by row.
#[tokio::test(flavor = "multi_thread")]
async fn ops_19_ops_25_a_dump_under_load_restores_to_the_very_same_rows() {
    with_stand(async |stand| {
        stand.people(200_000).await;
        stand.sql("create sequence ticket_numbers start 7; select nextval('ticket_numbers')").await;
        let writer = Connection::open(&stand.url).await.unwrap();
        let load = tokio::spawn(async move {
            for n in 0.. {
                let sql = format!(
                    "insert into users (id, email, created_at) values ('late_{n}', 'late{n}@example.com', now());
                     update users set name = 'changed {n}' where id = 'user_{}'",
                    n % 200_000 + 1
                );
                writer.batch_execute(&sql).await.unwrap();
            }
        });
        stand.wait_until("select count(*) > 50 from users where starts_with(id, 'late_')").await;
        let report = stand.take(Kind::PreMigration).await.unwrap();
        let afterwards: i64 = stand.text("select count(*)::text from users").await.parse().unwrap();
        load.abort();
        let into = format!("{}_restored", stand.name);
        let restored = backup::restore(&report.key, &into, false, &stand.settings()).await.unwrap();
        let users = &restored.tables["users"];
        assert!(users.rows > 200_050 && users.rows < afterwards, "{} of {afterwards}", users.rows);
        assert!(users.checksum.is_some());
        // What is no row: constraints, indexes, sequences, grants.
        let shape = |url: &str| {
            let output = std::process::Command::new("pg_dump")
                .args(["--schema-only", "--no-owner", "-d", url])
                .output()
                .unwrap();
            let text = said(&output);
            assert!(output.status.success(), "{text}");
            // Newer versions write a word that is different each time.
            text.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
        };
        let (before, after) = (shape(&stand.url), shape(&stand.url_of(&into)));
        // PostgreSQL itself drops brackets of nested conditions when it reads its own words again.
        let (before, after) = (before.replace(['(', ')'], ""), after.replace(['(', ')'], ""));
        let first = before.lines().zip(after.lines()).find(|(before, after)| before != after);
        assert_eq!((first, before.lines().count()), (None, after.lines().count()));
        let there = Connection::open(&stand.url_of(&into)).await.unwrap();
        let next = crate::support::text(&there, "select nextval('ticket_numbers')::text").await;
        assert_eq!(next, "8");
        let refused =
            there.batch_execute("insert into users (id, email, created_at) values ('x', 'person1@example.com', now())");
        assert_eq!(refused.await.unwrap_err().as_db_error().unwrap().constraint(), Some("users_email_key"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_19_an_object_larger_than_a_part_is_whole() {
    with_stand(async |stand| {
        // Random bytes are written as hex: half of it is left after compression.
        stand.sql("create table noise as select gen_random_uuid() as id, sha512(n::text::bytea) as bytes from generate_series(1, 250000) n").await;
        let report = stand.take(Kind::PreMigration).await.unwrap();
        assert!(report.bytes > 2 * (8 << 20), "{} bytes are no three parts", report.bytes);
        let key = backup::Key::parse(&report.key).unwrap();
        let manifest = backup::check(&stand.store(), &key).await.unwrap();
        assert_eq!(manifest.tables["noise"].rows, 250_000);
        // What its name says is true without this program, too.
        let unzipped = std::process::Command::new("gunzip").arg("-c").arg(stand.file(&report.key)).output().unwrap();
        assert!(unzipped.status.success() && unzipped.stdout.starts_with(b"PGDMP"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_29_nobody_reads_a_backup_without_a_key() {
    with_stand(async |stand| {
        stand.people(1_000).await;
        stand
            .sql("insert into users (id, email, created_at) values ('seeded', 'seeded.somebody@example.com', now())")
            .await;
        let report = stand.take(Kind::PreMigration).await.unwrap();
        let bytes = std::fs::read(stand.file(&report.key)).unwrap();
        for word in [&b"seeded.somebody"[..], b"@example.com"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word));
        }
        for path in [report.key.as_str(), "", &report.key.replace(".backup.gz", ".manifest.json")] {
            let answer = reqwest::get(format!("{}/{BUCKET}/{path}", stand.endpoint)).await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
        }
    })
    .await;
}
