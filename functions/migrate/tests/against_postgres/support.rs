//! A database, a folder and settings for one test.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use migrate::{Access, Migration, Settings};
use shared::Config;
use shared::database::DatabaseUrl;
use tokio_postgres::Client;

/// A database that exists as long as the test.
#[derive(Clone)]
pub struct TestDatabase {
    /// The URL, for the real binary.
    pub url: String,
}

/// Runs `test` with a database of its own and drops that afterwards, also when the test failed.
pub async fn with_database<F, Fut>(test: F)
where
    F: FnOnce(TestDatabase) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let server = variable("TEST_DIRECT_URL", "the superuser URL of a PostgreSQL server for tests");
    let name = format!("migrate_test_{}", random());
    let admin = open(&server).await;
    admin.batch_execute(&format!("create database {name}")).await.unwrap();
    let outcome = tokio::spawn(test(TestDatabase { url: with_name(&server, &name) })).await;
    admin.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

/// What the harness of the tests hands over.
pub fn variable(name: &str, what: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests take their server from whoever runs them")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set ({what}): run the tests with `cargo dev test`, which sets it"))
}

impl TestDatabase {
    /// An observer's session.
    pub async fn client(&self) -> Client {
        open(&self.url).await
    }

    /// A session of the runner.
    pub async fn session(&self, settings: &Settings) -> Client {
        migrate::connect(settings, Access::Write).await.unwrap()
    }

    /// The runner's settings, with short waits.
    pub fn settings(&self) -> Settings {
        let mut settings = settings(&[("DIRECT_URL", &self.url)]);
        settings.table_lock_wait = Duration::from_millis(300);
        settings.pause = Duration::from_millis(100);
        settings.attempts = 2;
        settings
    }

    /// Connects, deploys and says goodbye.
    pub async fn deploy(&self, migrations: &[Migration]) -> Result<migrate::DeployReport, migrate::MigrateError> {
        let settings = self.settings();
        let client = self.session(&settings).await;
        migrate::deploy(&client, migrations, &settings).await
    }

    /// The real binary, to be run on the migrations of `folder`.
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
        command.args(arguments).env_clear().current_dir(folder);
        command.env("ENVIRONMENT", "test").env("DIRECT_URL", &self.url).env("MIGRATIONS_DIR", folder);
        command
    }

    /// The tables, sorted and joined by spaces, without the runner's own.
    pub async fn tables(&self) -> String {
        let sql = "select string_agg(tablename, ' ' order by tablename) from pg_tables
                    where schemaname = 'public' and tablename not like 'schema\\_migration%'";
        self.text(sql).await
    }

    /// The versions in the history, joined by spaces.
    pub async fn versions(&self) -> String {
        self.text("select string_agg(version::text, ' ' order by version) from schema_migrations").await
    }

    /// The text that a query answers, empty for null.
    pub async fn text(&self, sql: &str) -> String {
        let row = self.client().await.query_typed_one(sql, &[]).await.unwrap();
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }

    /// Waits until a query answers `true`.
    pub async fn wait_until(&self, sql: &str) {
        let client = self.client().await;
        for _ in 0..200 {
            if client.query_typed_one(sql, &[]).await.unwrap().get(0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("10 s passed and this is still false: {sql}");
    }
}

/// Settings out of variables, for a test environment.
pub fn settings(pairs: &[(&str, &str)]) -> Settings {
    let mut variables = HashMap::from([("ENVIRONMENT".to_owned(), "test".to_owned())]);
    variables.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Settings::new(Config::from_variables(variables).unwrap()).unwrap()
}

/// Migrations V0001__m1, V0002__m2 … out of their SQL.
pub fn migrations(sql: &[&str]) -> Vec<Migration> {
    files(sql).iter().map(|(file, text)| Migration::parse(file, text).unwrap()).collect()
}

/// A folder of migrations that is removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Writes the files that [`migrations`] would read.
    pub fn new(sql: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("migrate-test-{}", random()));
        std::fs::create_dir(&folder).unwrap();
        for (file, text) in files(sql) {
            std::fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Standard output and standard error of a finished process.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn open(url: &str) -> Client {
    shared::database::open(&DatabaseUrl::parse(url).unwrap()).await.unwrap_or_else(|error| panic!("{error}"))
}

fn files<'a>(sql: &[&'a str]) -> Vec<(String, &'a str)> {
    sql.iter().zip(1..).map(|(text, version)| (format!("V{version:04}__m{version}.sql"), *text)).collect()
}

/// The URL of another database of the same server.
pub fn with_name(url: &str, database: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let server = base.rsplit_once('/').filter(|(server, _)| !server.ends_with('/')).map_or(base, |(server, _)| server);
    format!("{server}/{database}{query}")
}

fn random() -> String {
    let mut bytes = [0; 8];
    shared::ids::fill_random(&mut bytes);
    shared::secret::hex(&bytes)
}
