//! Keeping and deleting, on a real listing of more than one page.

use std::fs;

use backup::{Key, Kind};
use jiff::{SignedDuration, Timestamp};

use crate::support::{Stand, with_stand};

fn put(stand: &Stand, name: &str, bytes: &str) {
    let file = stand.file(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// A small backup whose manifest agrees.
fn good(stand: &Stand, key: Key) {
    put(stand, &key.object(), "12345");
    let manifest = serde_json::json!({
        "kind": key.kind.as_str(), "startedAt": "", "finishedAt": "", "pgVersion": "15.1", "appVersion": "0",
        "migration": null, "snapshotLsn": "0/0", "bytes": 5, "sha256": "", "tables": {},
    });
    put(stand, &key.manifest(), &manifest.to_string());
}

fn count(stand: &Stand, kind: &str) -> usize {
    stand.objects().iter().filter(|name| name.starts_with(kind) && name.ends_with(".backup.gz")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_20_ops_21_ops_22_ops_23_three_years_in_a_real_bucket_leave_30_12_12_and_all_before_migrations() {
    with_stand(async |stand| {
        let start: Timestamp = "2024-01-01T02:00:00Z".parse().unwrap();
        let mut before_migrations = 0;
        for day in 0..3 * 365 {
            let key = Key::new(Kind::Daily, start + SignedDuration::from_hours(24 * day));
            good(stand, key);
            Kind::promoted_on(key.taken.date()).for_each(|kind| good(stand, key.promoted(kind)));
            if day % 20 == 0 {
                good(stand, key.promoted(Kind::PreMigration));
                before_migrations += 1;
            }
        }
        // Not ours, and nothing to do with them.
        let strangers = [
            "daily/readme.txt",
            "daily/2020/01/spike_land_20200101_020000.backup",
            "other/2020/01/spike_land_20200101_020000.backup.gz",
        ];
        strangers.iter().for_each(|name| put(stand, name, "x"));
        assert_eq!(count(stand, "daily/"), 1_095, "the listing has three pages");
        let pruned = backup::prune(&stand.store()).await.unwrap();
        let kinds = ["daily/", "weekly/", "monthly/", "pre-migration/"].map(|kind| count(stand, kind));
        assert_eq!(kinds, [30, 12, 12, before_migrations]);
        assert_eq!(pruned.len(), 1_095 - 30 + 156 - 12 + 36 - 12);
        assert!(strangers.iter().all(|name| stand.file(name).exists()));
        assert!(backup::prune(&stand.store()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_20_the_newest_good_one_stays_however_old() {
    with_stand(async |stand| {
        let start: Timestamp = "2024-01-01T02:00:00Z".parse().unwrap();
        let key = |day: i64| Key::new(Kind::Daily, start + SignedDuration::from_hours(24 * day));
        good(stand, key(0));
        for day in 1..60 {
            good(stand, key(day));
            // Truncated since.
            put(stand, &key(day).object(), "1");
        }
        assert!(backup::prune(&stand.store()).await.unwrap().is_empty());
        // Thirty good ones later the rest may go.
        (60..90).for_each(|day| good(stand, key(day)));
        assert_eq!(backup::prune(&stand.store()).await.unwrap().len(), 60);
        assert_eq!(count(stand, "daily/"), 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_12_ops_23_five_years_later_the_backup_before_a_migration_is_still_there() {
    with_stand(async |stand| {
        let key = stand.take(Kind::PreMigration).await.unwrap().key;
        let later = shared::Clock::default().now() + SignedDuration::from_hours(5 * 365 * 24);
        for day in 0..35 {
            good(stand, Key::new(Kind::Daily, later - SignedDuration::from_hours(24 * (day + 1))));
        }
        stand.set_clock(&later.to_string());
        let report = stand.take(Kind::Daily).await.unwrap();
        assert_eq!(report.pruned.len(), 6);
        assert!(stand.file(&key).exists());
        assert_eq!(stand.text("select count(*)::text from backup_runs where pruned_at is not null").await, "0");
    })
    .await;
}
