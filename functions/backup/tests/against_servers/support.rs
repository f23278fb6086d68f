//! A database, a bucket and settings for one test.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use backup::{BackupError, BackupReport, Kind, Settings, Store};
use local::connection::Connection;
use local::object_store::{ObjectStore, ObjectStoreSettings};
use shared::Config;

pub const BUCKET: &str = "backups";

/// A migrated database and an S3 server that exist as long as the test.
pub struct Stand {
    /// The superuser's URL of the database.
    pub url: String,
    /// Its name.
    pub name: String,
    /// The S3 server; a test may stop it.
    pub s3: Option<ObjectStore>,
    /// Its address.
    pub endpoint: String,
    /// An observer.
    pub database: Connection,
    folder: PathBuf,
    server: String,
}

/// Runs `test` on a stand of its own and removes everything afterwards.
pub async fn with_stand(test: impl AsyncFnOnce(&mut Stand)) {
    let url = variable("TEST_DIRECT_URL");
    let server = url.rsplit_once('/').unwrap().0.to_owned();
    let name = format!("backup_test_{}", random());
    let admin = Connection::open(&url).await.unwrap();
    let template = variable("TEST_TEMPLATE_DATABASE");
    admin.batch_execute(&format!("create database {name} template {template}")).await.unwrap();
    let folder = PathBuf::from(variable("TEST_FOLDER")).join(&name);
    let s3 = start_s3(&folder, None).await;
    s3.create_bucket(BUCKET).unwrap();
    let url = format!("{server}/{name}");
    let database = Connection::open(&url).await.unwrap();
    let endpoint = s3.url();
    let mut stand = Stand { url, name: name.clone(), s3: Some(s3), endpoint, database, folder: folder.clone(), server };
    test(&mut stand).await;
    for leftover in stand.databases().await {
        admin.batch_execute(&format!("drop database {leftover} with (force)")).await.unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

async fn start_s3(folder: &std::path::Path, port: Option<u16>) -> ObjectStore {
    let (access_key, secret_key) = ("key".to_owned(), "secret".to_owned());
    ObjectStore::start(ObjectStoreSettings { folder: folder.to_owned(), port, access_key, secret_key }).await.unwrap()
}

impl Stand {
    /// What the programs are told.
    pub fn variables(&self) -> HashMap<String, String> {
        let clock = self.folder.join("clock");
        let pairs = [
            ("ENVIRONMENT", "test"),
            ("DIRECT_URL", &self.url),
            ("BACKUP_BUCKET", BUCKET),
            ("S3_ENDPOINT", &self.endpoint),
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("ALERT_WEBHOOK_URL", "https://alerts.example/hook"),
            ("CLOCK_FILE", clock.to_str().unwrap()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    pub fn settings(&self) -> Settings {
        self.settings_with(&[])
    }

    pub fn settings_with(&self, more: &[(&str, &str)]) -> Settings {
        let mut variables = self.variables();
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Settings::new(&Config::from_variables(variables).unwrap()).unwrap()
    }

    pub fn store(&self) -> Store {
        Store::new(&self.settings()).unwrap()
    }

    pub async fn take(&self, kind: Kind) -> Result<BackupReport, BackupError> {
        Box::pin(backup::take(kind, &self.settings(), None)).await
    }

    /// Moves the clock to `moment`.
    pub fn set_clock(&self, moment: &str) {
        let moment: jiff::Timestamp = moment.parse().unwrap();
        let seconds = moment.duration_since(shared::Clock::default().now()).as_secs() + 1;
        std::fs::write(self.folder.join("clock"), seconds.to_string()).unwrap();
    }

    /// The real binary as a command.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backup"));
        // Where no .env.local is.
        command
            .args(arguments)
            .env_clear()
            .envs(self.variables())
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&self.folder);
        command
    }

    /// Where the bucket's objects lie as files.
    pub fn file(&self, key: &str) -> PathBuf {
        self.folder.join(BUCKET).join(key)
    }

    /// Changes what lies under a key. The S3 server forgets its own checksum, which would give the change away.
    pub fn tamper(&self, key: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.file(key), bytes).unwrap();
        for entry in std::fs::read_dir(&self.folder).unwrap().flatten() {
            if entry.file_name().to_string_lossy().ends_with(".internal.json") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// The names of all objects, in order.
    pub fn objects(&self) -> Vec<String> {
        let root = self.folder.join(BUCKET);
        let mut folders = vec![root.clone()];
        let mut names = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    names.push(entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        // The S3 server's own files are hidden ones.
        names.retain(|name| !name.split('/').any(|part| part.starts_with('.')));
        names.sort();
        names
    }

    pub async fn stop_s3(&mut self) {
        self.s3.take().unwrap().stop().await;
    }

    pub async fn start_s3(&mut self) {
        let port = self.endpoint.rsplit_once(':').unwrap().1.parse().ok();
        self.s3 = Some(start_s3(&self.folder, port).await);
    }

    /// The URL of another database of the same server.
    pub fn url_of(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }

    /// The databases whose names begin with this test's.
    pub async fn databases(&self) -> Vec<String> {
        let sql = format!("select datname::text from pg_database where starts_with(datname, '{}')", self.name);
        let admin = Connection::open(&self.url_of("postgres")).await.unwrap();
        admin.query_typed(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The text that a query answers, empty for null.
    pub async fn text(&self, sql: &str) -> String {
        text(&self.database, sql).await
    }

    pub async fn sql(&self, sql: &str) {
        self.database.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Waits until a query answers `true`.
    pub async fn wait_until(&self, sql: &str) {
        for _ in 0..400 {
            if self.text(&format!("select ({sql})::text")).await == "true" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("20 s passed and this is still false: {sql}");
    }

    /// Makes `count` people.
    pub async fn people(&self, count: u32) {
        self.people_of("user", count).await;
    }

    /// Makes `count` others.
    pub async fn people_more(&self, count: u32) {
        self.people_of("other", count).await;
    }

    async fn people_of(&self, prefix: &str, count: u32) {
        let address = prefix.replace("user", "person");
        let sql = format!(
            "insert into users (id, email, name, created_at)
             select '{prefix}_' || n, '{address}' || n || '@example.com', md5(n::text), now() from generate_series(1, {count}) n"
        );
        self.sql(&sql).await;
    }
}

pub async fn text(client: &Connection, sql: &str) -> String {
    let row = client.query_typed_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    row.get::<_, Option<String>>(0).unwrap_or_default()
}

/// Standard output and standard error of a finished process.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub fn random() -> String {
    let mut bytes = [0; 6];
    shared::ids::fill_random(&mut bytes);
    shared::secret::hex(&bytes)
}

pub fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests take their servers from whoever runs them")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo dev test`"))
}
