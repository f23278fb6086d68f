//! The real command, where the stack is deployed: no migration without a backup first.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

use std::path::PathBuf;
use std::process::{Command, Output};

use local::connection::Connection;
use local::object_store::{ObjectStore, ObjectStoreSettings};

const BUCKET: &str = "backups";

#[tokio::test(flavor = "multi_thread")]
async fn ops_12_without_an_object_store_nothing_is_migrated_and_with_one_there_is_one_backup() {
    let server = variable("TEST_DIRECT_URL");
    let admin = Connection::open(&server).await.unwrap();
    let name = format!("db_test_{}", local::secret::random(6).unwrap().to_lowercase().replace(['-', '_'], "x"));
    admin
        .batch_execute(&format!("create database {name} template {}", variable("TEST_TEMPLATE_DATABASE")))
        .await
        .unwrap();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let database = Connection::open(&url).await.unwrap();
    database.batch_execute("update deployment set environment = 'staging'").await.unwrap();

    // Nobody listens there.
    let output = deploy(&url, "http://127.0.0.1:9");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("nothing was migrated, as there is no backup"), "{said}");
    assert!(said.contains("the object store did not begin pre-migration/"), "{said}");

    let folder = PathBuf::from(variable("TEST_FOLDER")).join(&name);
    let (access_key, secret_key) = ("key".to_owned(), "secret".to_owned());
    let settings = ObjectStoreSettings { folder: folder.clone(), port: None, access_key, secret_key };
    let store = ObjectStore::start(settings).await.unwrap();
    store.create_bucket(BUCKET).unwrap();
    let endpoint = store.url();
    let output = tokio::task::block_in_place(|| deploy(&url, &endpoint));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Before the migrations: pre-migration/") && said.contains("Nothing to do"), "{said}");
    let runs = "select string_agg(kind || ' ' || status, ',' order by started_at, id) from backup_runs";
    let row = database.query_typed_one(runs, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "pre-migration FAILED,pre-migration SUCCEEDED");

    drop(database);
    admin.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

fn deploy(url: &str, endpoint: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_db"))
        .arg("deploy")
        .env_clear()
        .envs([
            ("PATH", "/usr/bin:/bin"),
            ("ENVIRONMENT", "staging"),
            ("DIRECT_URL", url),
            ("BACKUP_BUCKET", BUCKET),
            ("S3_ENDPOINT", endpoint),
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
        // Where no .env.local is.
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap()
}

fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests take their servers from whoever runs them")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo dev test`"))
}
