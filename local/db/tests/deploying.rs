//! The real command, where the stack is deployed: no migration without a backup first.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use local::connection::Connection;
use local::object_store::{ObjectStore, ObjectStoreSettings};

const BUCKET: &str = "backups";

#[tokio::test(flavor = "multi_thread")]
async fn ops_12_without_an_object_store_nothing_is_migrated_and_with_one_there_is_one_backup() {
    let server = variable("TEST_DIRECT_URL");
    let admin = Connection::open(&server).await.unwrap();
    let name = format!("db_test_{}", local::secret::random(6).unwrap().to_lowercase().replace(['-', '_'], "x"));
    admin.batch_execute(&format!("create database {name}")).await.unwrap();
    let folder = PathBuf::from(variable("TEST_FOLDER")).join(&name);
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);

    // All migrations but the newest, as another build left it.
    let older = folder.join("migrations");
    let newest = copy_all_but_the_newest(&older);
    let output =
        deploy(&[("ENVIRONMENT", "test"), ("MIGRATIONS_DIR", older.to_str().unwrap()), ("DIRECT_URL", &url)], &[]);
    assert!(output.status.success(), "{}", said(&output));
    let database = Connection::open(&url).await.unwrap();
    database.batch_execute("update deployment set environment = 'staging'").await.unwrap();

    // Nobody listens there.
    let staging = |endpoint: &str, words: &[&str]| {
        let variables = [("ENVIRONMENT", "staging"), ("DIRECT_URL", &url), ("S3_ENDPOINT", endpoint)];
        tokio::task::block_in_place(|| deploy(&variables, words))
    };
    let nowhere = "http://127.0.0.1:9";
    let output = staging(nowhere, &[]);
    let words = said(&output);
    assert!(!output.status.success() && words.contains("nothing was migrated, as there is no backup"), "{words}");
    assert!(words.contains("the object store did not begin pre-migration/"), "{words}");

    let (access_key, secret_key) = ("key".to_owned(), "secret".to_owned());
    let settings = ObjectStoreSettings { folder: folder.join("objects"), port: None, access_key, secret_key };
    let store = ObjectStore::start(settings).await.unwrap();
    store.create_bucket(BUCKET).unwrap();
    let output = staging(&store.url(), &[]);
    let words = said(&output);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("Before the migrations: pre-migration/") && words.contains(&newest), "{words}");
    let runs = async || {
        let sql = "select string_agg(kind || ' ' || status, ',' order by started_at, id) from backup_runs";
        database.query_typed_one(sql, &[]).await.unwrap().get::<_, String>(0)
    };
    let once = "pre-migration FAILED,pre-migration SUCCEEDED";
    assert_eq!(runs().await, once);

    // With nothing to do there is nothing to go back from.
    let output = staging(nowhere, &[]);
    let words = said(&output);
    assert!(output.status.success() && words.contains("Nothing to do"), "{words}");
    assert_eq!(runs().await, once);

    // Who insists does without.
    database.batch_execute("delete from schema_migrations where version = 1").await.unwrap();
    let words = said(&staging(nowhere, &["--without-backup"]));
    assert!(!words.contains("backup") && words.contains("V0001"), "{words}");

    drop(database);
    admin.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

/// Answers the newest one's label.
fn copy_all_but_the_newest(to: &Path) -> String {
    std::fs::create_dir_all(to).unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let names = std::fs::read_dir(&project).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with('V')).collect();
    names.sort();
    let newest = names.pop().unwrap();
    for name in names {
        std::fs::copy(project.join(&name), to.join(&name)).unwrap();
    }
    newest.split('_').next().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn deploy(variables: &[(&str, &str)], words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_db"))
        .arg("deploy")
        .args(words)
        .env_clear()
        .envs([
            ("PATH", "/usr/bin:/bin"),
            ("BACKUP_BUCKET", BUCKET),
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
        .envs(variables.iter().copied())
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
