//! Where the stack is deployed nothing is migrated without a backup to go back to.

use migrate::MigrateError;

use crate::support::{migrations, with_database};

const RECORD: &str =
    "create table backup_runs (kind text, status text, migration_version integer, finished_at timestamptz)";

#[tokio::test]
async fn ops_12_without_a_backup_of_this_version_nothing_is_migrated() {
    with_database(async |database| {
        let mut settings = database.settings();
        settings.backup_first = true;
        let client = database.session(&settings).await;
        // Nothing to lose yet.
        migrate::deploy(&client, &migrations(&[RECORD]), &settings).await.unwrap();
        let both = migrations(&[RECORD, "create table later (id integer)"]);
        for unfit in [
            "('daily', 'SUCCEEDED', 1, now())",
            "('pre-migration', 'FAILED', 1, now())",
            "('pre-migration', 'SUCCEEDED', 0, now())",
            "('pre-migration', 'SUCCEEDED', 1, now() - interval '61 minutes')",
        ] {
            database.client().await.batch_execute(&format!("insert into backup_runs values {unfit}")).await.unwrap();
            let refused = migrate::deploy(&client, &both, &settings).await.unwrap_err();
            assert!(matches!(refused, MigrateError::NoWayBack), "{unfit}: {refused}");
        }
        assert_eq!(database.versions().await, "1");
        let fit = "insert into backup_runs values ('pre-migration', 'SUCCEEDED', 1, now())";
        database.client().await.batch_execute(fit).await.unwrap();
        migrate::deploy(&client, &both, &settings).await.unwrap();
        // With nothing to do there is nothing to go back from.
        database.client().await.batch_execute("delete from backup_runs").await.unwrap();
        migrate::deploy(&client, &both, &settings).await.unwrap();
        assert_eq!(database.versions().await, "1 2");
    })
    .await;
}
