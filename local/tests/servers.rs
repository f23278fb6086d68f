//! The servers themselves: started, crashed, restarted, and left clean.
#![expect(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::id,
    time::Duration,
};

use local::{
    LocalError,
    connection::Connection,
    object_store::{ObjectStore, ObjectStoreSettings},
    pgbouncer::{PgBouncer, PgBouncerSettings, PoolSizes},
    postgres::{Postgres, PostgresSettings},
    server_user::ServerUser,
    tools::Toolbox,
};
use native_tls::TlsConnector;
use postgres_native_tls::MakeTlsConnector;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::Type;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("local-{name}-{}", id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn postgres_settings(folder: &Path, toolbox: &Toolbox) -> PostgresSettings {
    PostgresSettings {
        tools: toolbox.postgres(None).await.unwrap(),
        user: ServerUser::choose().unwrap(),
        folder: folder.join("postgres"),
        log: folder.join("postgres.log"),
        port: None,
        durable: false,
        max_connections: 50,
        parameters: Vec::new(),
    }
}

async fn pgbouncer_settings(folder: &Path, toolbox: &Toolbox, postgres: &Postgres, tls: bool) -> PgBouncerSettings {
    PgBouncerSettings {
        tools: toolbox.pgbouncer().await.unwrap(),
        user: ServerUser::choose().unwrap(),
        folder: folder.join("pgbouncer"),
        log: folder.join("pgbouncer.log"),
        port: None,
        postgres_port: postgres.port(),
        users: BTreeMap::from([("app".to_owned(), "pass word\"'".to_owned())]),
        pool: PoolSizes { size: 5, min: 0, reserve: 0 },
        tls,
    }
}

fn toolbox() -> Toolbox {
    Toolbox::new(ServerUser::choose().unwrap()).unwrap()
}

/// The tests' password has letters that a URL must escape.
fn app_url(pgbouncer: &PgBouncer) -> String {
    pgbouncer.url("app", "pass%20word%22%27", "postgres")
}

async fn add(url: &str, left: i32, right: i32) -> Result<i32, LocalError> {
    let connection = Connection::open(url).await?;
    let rows = connection.query_typed("select $1 + $2", &[(&left, Type::INT4), (&right, Type::INT4)]).await?;
    Ok(rows[0].get(0))
}

/// How long it takes until the pool answers again.
async fn time_to_answer(url: &str) -> Duration {
    let start = Instant::now();
    while add(url, 1, 2).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "no answer for ten seconds");
        sleep(Duration::from_millis(50)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn the_pool_answers_again_after_every_crash() {
    let folder = Folder::new("crash");
    let toolbox = toolbox();
    let mut postgres = Postgres::start(postgres_settings(&folder.0, &toolbox).await).await.unwrap();
    postgres.create_role("app", "first").await.unwrap();
    postgres.create_role("app", "pass word\"'").await.unwrap();
    let settings = pgbouncer_settings(&folder.0, &toolbox, &postgres, false).await;
    let mut pgbouncer = PgBouncer::start(settings).await.unwrap();
    let url = app_url(&pgbouncer);
    assert_eq!(add(&url, 20, 22).await.unwrap(), 42);

    postgres.kill9().await.unwrap();
    assert!(add(&url, 1, 2).await.is_err());
    postgres.restart().await.unwrap();
    let waited = time_to_answer(&url).await;
    assert!(waited < Duration::from_secs(3), "{waited:?}");

    postgres.stop_immediate().await.unwrap();
    postgres.restart().await.unwrap();
    time_to_answer(&url).await;

    pgbouncer.kill9().await.unwrap();
    assert!(add(&url, 1, 2).await.is_err());
    pgbouncer.restart().await.unwrap();
    assert_eq!(add(&url, 1, 2).await.unwrap(), 3);

    pgbouncer.freeze().unwrap();
    assert!(timeout(Duration::from_millis(300), add(&url, 1, 2)).await.is_err());
    pgbouncer.thaw().unwrap();
    assert_eq!(add(&url, 1, 2).await.unwrap(), 3);

    let admin = Connection::open(&pgbouncer.admin_url()).await.unwrap();
    assert!(!admin.simple_query("show pools").await.unwrap().is_empty());

    pgbouncer.freeze().unwrap();
    pgbouncer.stop().await.unwrap();
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_is_copied_and_dropped_under_open_sessions() {
    let folder = Folder::new("databases");
    let mut postgres = Postgres::start(postgres_settings(&folder.0, &toolbox()).await).await.unwrap();
    postgres.create_database("origin", None).await.unwrap();
    postgres.connect("origin").await.unwrap().batch_execute("create table marks (id text)").await.unwrap();
    postgres.create_database("co\"py", Some("origin")).await.unwrap();
    let session = postgres.connect("co%22py").await.unwrap();
    session.batch_execute("insert into marks values ('1')").await.unwrap();
    assert!(postgres.has_database("co\"py").await.unwrap());
    postgres.drop_database("co\"py").await.unwrap();
    postgres.drop_database("co\"py").await.unwrap();
    assert!(!postgres.has_database("co\"py").await.unwrap());

    let row = postgres.connect("origin").await.unwrap();
    let rows = row.query_typed("select lower('ÄÖ'), current_setting('shared_preload_libraries')", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "äö", "letters beyond ASCII have a lower case");
    assert_eq!(rows[0].get::<_, &str>(1), "pg_stat_statements");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_run_is_taken_over() {
    let folder = Folder::new("takeover");
    let settings = postgres_settings(&folder.0, &toolbox()).await;
    let postgres = Postgres::start(settings.clone()).await.unwrap();
    let session = postgres.connect("postgres").await.unwrap();
    session.batch_execute("create table marks (id text); insert into marks values ('kept')").await.unwrap();
    // What the system does to a killed process: its pipes close.
    drop(postgres);
    let mut postgres = Postgres::start(settings.clone()).await.unwrap();
    let session = postgres.connect("postgres").await.unwrap();
    let rows = session.query_typed("select id from marks", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "kept");
    postgres.stop().await.unwrap();

    // A pid file that names a living process that is not PostgreSQL: ours.
    let pid_file = folder.0.join("postgres/data/postmaster.pid");
    fs::write(&pid_file, format!("{}\n{}\n1\n1\n\n127.0.0.1\n", id(), folder.0.display())).unwrap();
    let mut postgres = Postgres::start(settings.clone()).await.unwrap();
    postgres.stop().await.unwrap();

    fs::write(folder.0.join("postgres/data/PG_VERSION"), "9\n").unwrap();
    let error = Postgres::start(settings).await.err().unwrap().to_string();
    assert!(error.contains("was made by PostgreSQL 9"), "{error}");
}

#[tokio::test]
async fn clients_of_a_pool_with_tls_must_use_it() {
    let folder = Folder::new("tls");
    let toolbox = toolbox();
    let mut postgres = Postgres::start(postgres_settings(&folder.0, &toolbox).await).await.unwrap();
    postgres.create_role("app", "pass word\"'").await.unwrap();
    let settings = pgbouncer_settings(&folder.0, &toolbox, &postgres, true).await;
    let mut pgbouncer = PgBouncer::start(settings).await.unwrap();
    let url = app_url(&pgbouncer);
    assert!(Connection::open(&url.replace("require", "disable")).await.is_err());

    let authority = fs::read(pgbouncer.certificate_authority().unwrap()).unwrap();
    let mut builder = TlsConnector::builder();
    builder.disable_built_in_roots(true);
    let strict = MakeTlsConnector::new(builder.build().unwrap());
    assert!(tokio_postgres::connect(&url, strict).await.is_err(), "an unknown authority is refused");
    builder.add_root_certificate(native_tls::Certificate::from_pem(&authority).unwrap());
    let trusting = MakeTlsConnector::new(builder.build().unwrap());
    let (client, connection) = tokio_postgres::connect(&url, trusting).await.unwrap();
    let driver = tokio::spawn(connection);
    let rows = client.query_typed("select 1", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i32>(0), 1);
    driver.abort();

    pgbouncer.stop().await.unwrap();
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn the_object_store_wants_a_signature() {
    let folder = Folder::new("objects");
    let store = ObjectStore::start(ObjectStoreSettings {
        folder: folder.0.join("objects"),
        port: None,
        access_key: "key".into(),
        secret_key: "secret".into(),
    })
    .await
    .unwrap();
    store.create_bucket("pictures").unwrap();
    let client = reqwest::Client::new();
    let request = client.put(format!("{}/pictures/cat.jpg", store.url())).body("cat");
    assert_eq!(request.send().await.unwrap().status(), 403);
    assert_eq!(fs::read_dir(store.bucket("pictures")).unwrap().count(), 0);
    let url = store.url();
    store.stop().await;
    assert!(client.get(url).send().await.is_err());
}

#[tokio::test]
#[ignore = "downloads both servers"]
async fn what_is_fetched_runs() {
    let folder = Folder::new("fetched");
    let [toolbox, second] = [(); 2].map(|()| {
        let mut fetching = toolbox();
        fetching.folder = folder.0.join("tools");
        fetching.use_system = false;
        fetching
    });
    // Two runs at once fetch once.
    let (first, second) = tokio::join!(toolbox.pgbouncer(), second.pgbouncer());
    assert_eq!(first.unwrap().program, second.unwrap().program);

    let settings = postgres_settings(&folder.0, &toolbox).await;
    assert!(settings.tools.bin.starts_with(&toolbox.folder), "{}", settings.tools.bin.display());
    let mut postgres = Postgres::start(settings).await.unwrap();
    postgres.create_role("app", "pass word\"'").await.unwrap();
    let settings = pgbouncer_settings(&folder.0, &toolbox, &postgres, false).await;
    let mut pgbouncer = PgBouncer::start(settings).await.unwrap();
    assert_eq!(add(&app_url(&pgbouncer), 20, 22).await.unwrap(), 42);
    pgbouncer.stop().await.unwrap();
    postgres.stop().await.unwrap();
}
