//! Others at work on the same tables.

use std::time::{Duration, Instant};

use crate::support::{migrations, with_database};

const FILES: &[&str] = &["create table a (b int)", "create table c (); alter table a add d int"];

#[tokio::test]
async fn a_migration_does_not_queue_for_ever_behind_a_long_transaction() {
    with_database(async |database| {
        let files = migrations(FILES);
        database.deploy(&files[..1]).await.unwrap();
        let other = database.client().await;
        other.batch_execute("set application_name = 'long report'; begin; select * from a").await.unwrap();
        let started = Instant::now();
        let error = database.deploy(&files).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(error.code(), "database_busy");
        let said = error.to_string();
        for part in ["V0002__m2.sql", "Tried 2 times", "long report, idle in transaction"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a", "1"));
    })
    .await;
}

#[tokio::test]
async fn a_migration_is_tried_again_when_its_tables_are_free() {
    with_database(async |database| {
        let files = migrations(FILES);
        database.deploy(&files[..1]).await.unwrap();
        let other = database.client().await;
        other.batch_execute("begin; select * from a").await.unwrap();
        let deploying = tokio::spawn({
            let database = database.clone();
            async move {
                let mut settings = database.settings();
                settings.attempts = 20;
                let client = database.session(&settings).await;
                migrate::deploy(&client, &files, &settings).await
            }
        });
        tokio::time::sleep(Duration::from_millis(700)).await;
        other.batch_execute("commit").await.unwrap();
        assert_eq!(deploying.await.unwrap().unwrap().applied.len(), 1);
        assert_eq!(database.tables().await, "a c");
    })
    .await;
}
