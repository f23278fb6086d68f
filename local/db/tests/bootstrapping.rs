//! The real command on a server where the roles are there and the backup is of an older schema.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use local::connection::Connection;
use local::object_store::{ObjectStore, ObjectStoreSettings};

const BUCKET: &str = "backups";

#[tokio::test(flavor = "multi_thread")]
async fn ops_55_a_backup_of_an_older_schema_is_brought_up_to_date() {
    let server = variable("TEST_DIRECT_URL");
    let base = server.rsplit_once('/').unwrap().0;
    let admin = Connection::open(&server).await.unwrap();
    let name = format!("db_test_{}", local::secret::random(6).unwrap().to_lowercase().replace(['-', '_'], "x"));
    let restored = format!("{name}_restored");
    admin.batch_execute(&format!("create database {name}")).await.unwrap();
    let url = format!("{base}/{name}");
    let folder = PathBuf::from(variable("TEST_FOLDER")).join(&name);
    let migrations = all_but_the_last(&folder.join("migrations"));
    let (access_key, secret_key) = ("key".to_owned(), "secret".to_owned());
    let settings = ObjectStoreSettings { folder: folder.join("objects"), port: None, access_key, secret_key };
    let store = ObjectStore::start(settings).await.unwrap();
    store.create_bucket(BUCKET).unwrap();
    let endpoint = store.url();
    let run = |arguments: &[&str], more: &[(&str, &str)]| {
        tokio::task::block_in_place(|| command(arguments, &url, &endpoint).envs(more.iter().copied()).output().unwrap())
    };

    let output = run(&["deploy"], &[("MIGRATIONS_DIR", migrations.to_str().unwrap())]);
    assert!(output.status.success(), "{}", said(&output));
    let output = run(&["backup"], &[]);
    assert!(output.status.success(), "{}", said(&output));
    // DIRECT_URL names a database that is there: only the server of it counts.
    let output = run(&["bootstrap", "--into", &restored], &[]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("Roles made: none") && text.contains("Migrations applied: 1."), "{text}");
    assert!(!text.contains("Password of"), "those that are there keep theirs: {text}");
    let output = command(&["status"], &format!("{base}/{restored}"), &endpoint).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let output = run(&["status"], &[]);
    assert_eq!(output.status.code(), Some(3), "nothing was done to the other one: {}", said(&output));

    for database in [&name, &restored] {
        admin.batch_execute(&format!("drop database {database} with (force)")).await.unwrap();
    }
    store.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

fn all_but_the_last(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with('V'));
    files.sort();
    files.pop();
    for file in files {
        std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
    folder.to_owned()
}

fn command(arguments: &[&str], url: &str, endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_db"));
    command
        .args(arguments)
        .env_clear()
        .envs([
            ("PATH", "/usr/bin:/bin"),
            ("ENVIRONMENT", "test"),
            ("DIRECT_URL", url),
            ("BACKUP_BUCKET", BUCKET),
            ("S3_ENDPOINT", endpoint),
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
        // Where no .env.local is.
        .current_dir(std::env::temp_dir());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests take their servers from whoever runs them")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo dev test`"))
}
