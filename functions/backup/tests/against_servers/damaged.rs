//! Every damage is refused before anything is loaded.

use backup::{BackupError, Kind};
use serde_json::Value;

use crate::support::{Stand, with_stand};

async fn refusal(stand: &Stand, key: &str) -> String {
    let into = format!("{}_never", stand.name);
    let error = backup::restore(key, &into, false, &stand.settings()).await.unwrap_err();
    assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
    assert_eq!(stand.databases().await, std::slice::from_ref(&stand.name), "nothing was made");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_25_every_damage_is_refused_before_loading() {
    with_stand(async |stand| {
        stand.people(500).await;
        let key = stand.take(Kind::PreMigration).await.unwrap().key;
        let manifest = key.replace(".backup.gz", ".manifest.json");
        let (bytes, text) = (std::fs::read(stand.file(&key)).unwrap(), std::fs::read(stand.file(&manifest)).unwrap());

        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        stand.tamper(&key, &flipped);
        assert!(refusal(stand, &key).await.contains("bytes were changed"));

        stand.tamper(&key, &bytes[..bytes.len() - 1]);
        assert!(refusal(stand, &key).await.contains("its manifest says"));

        stand.tamper(&key, &bytes);
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut value: Value = serde_json::from_slice(&text).unwrap();
            change(&mut value);
            stand.tamper(&manifest, value.to_string());
        };
        changed(&|value| value["pgVersion"] = "99.1".into());
        assert!(refusal(stand, &key).await.contains("it is of PostgreSQL 99.1"));

        stand.tamper(&manifest, &text[..text.len() / 2]);
        assert!(refusal(stand, &key).await.contains("its manifest can't be read"));

        std::fs::remove_file(stand.file(&manifest)).unwrap();
        assert!(refusal(stand, &key).await.contains("no manifest"));

        // What is no archive at all, with a manifest that agrees.
        stand.tamper(&key, b"not a dump");
        changed(&|value| {
            value["bytes"] = 10.into();
            value["sha256"] = shared::secret::hex(&shared::secret::sha256(b"not a dump")).into();
        });
        assert!(refusal(stand, &key).await.contains("no archive"));

        std::fs::remove_file(stand.file(&key)).unwrap();
        assert!(refusal(stand, &key).await.contains("there is no such object"));

        stand.tamper(&key, &bytes);
        stand.tamper(&manifest, &text);
        let into = format!("{}_sound", stand.name);
        backup::restore(&key, &into, false, &stand.settings()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_26_a_backup_that_is_not_what_it_says_fails_the_proof_and_leaves_no_database() {
    with_stand(async |stand| {
        stand.people(500).await;
        let key = stand.take(Kind::PreMigration).await.unwrap().key;
        let manifest = key.replace(".backup.gz", ".manifest.json");
        let text = std::fs::read_to_string(stand.file(&manifest)).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value["tables"]["users"]["rows"] = 501.into();
        stand.tamper(&manifest, value.to_string());

        let error = backup::verify(None, &stand.settings()).await.unwrap_err();
        let BackupError::Differs { differences, .. } = &error else { panic!("{error}") };
        assert_eq!((differences.len(), differences[0].table.as_str()), (1, "users"));
        let row = stand.text("select status || ' ' || (differences -> 0 ->> 'table') || ' ' || (target_dropped_at is not null) from restore_runs").await;
        assert_eq!(row, "FAILED users true");
        let scratch = stand.text("select target_database from restore_runs").await;
        let left = format!("select count(*)::text from pg_database where datname = '{scratch}'");
        assert_eq!(stand.text(&left).await, "0");
        assert_eq!(stand.text("select verified_at::text from backup_runs").await, "");
    })
    .await;
}
