//! The servers that the functions need, started together: PostgreSQL, PgBouncer, S3.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    console::Step,
    error::{Doing, LocalError},
    object_store::{ObjectStore, ObjectStoreSettings},
    pgbouncer::{PgBouncer, PgBouncerSettings, PoolSizes},
    postgres::{self, Postgres, PostgresSettings},
    secret,
    server_user::ServerUser,
    tools::Toolbox,
};

/// The role of the functions.
pub const FUNCTION_ROLE: &str = "spike_app";
/// The role that sees the servers' own figures.
pub const MONITOR_ROLE: &str = "spike_monitor";
const MAX_CONNECTIONS: u16 = 200;

/// What to start.
pub struct ServerSettings {
    /// The folder for the data of all three and their logs.
    pub folder: PathBuf,
    /// The account that PostgreSQL and PgBouncer run as, when this process is root.
    pub user: Option<ServerUser>,
    /// Whether committed data outlives a crash of the machine. Tests do without and are faster.
    pub durable: bool,
    /// Sizes of PgBouncer's pools, one per database.
    pub pool: PoolSizes,
    /// The S3 access key and its secret.
    pub access_key: (String, String),
}

/// The running servers.
pub struct Servers {
    /// PostgreSQL.
    pub postgres: Postgres,
    /// PgBouncer in front of it.
    pub pgbouncer: PgBouncer,
    /// The S3 server.
    pub object_store: ObjectStore,
    role_password: String,
    monitor_password: String,
}

impl Servers {
    /// Fetches missing tools, starts the servers and makes the functions' role.
    ///
    /// # Errors
    /// The first server that doesn't start, with the end of its log.
    pub async fn start(settings: ServerSettings) -> Result<Self, LocalError> {
        let ServerSettings { folder, user, durable, pool, access_key } = settings;
        let logs = logs(&folder);
        fs::create_dir_all(&logs).doing(|| format!("make the folder {}", logs.display()))?;
        let toolbox = Toolbox::new(user.clone())?;
        let cluster = folder.join("postgres");
        let postgres_tools = toolbox.postgres(postgres::major_version(&cluster)).await?;
        let pgbouncer_tools = toolbox.pgbouncer().await?;

        let step = Step::start("Starting PostgreSQL, PgBouncer and the S3 server …");
        let postgres = Postgres::start(PostgresSettings {
            tools: postgres_tools,
            user: user.clone(),
            folder: cluster,
            log: logs.join("postgres.log"),
            port: None,
            durable,
            max_connections: MAX_CONNECTIONS,
            parameters: Vec::new(),
        })
        .await?;
        let role_password = secret::random(24)?;
        postgres.create_role(FUNCTION_ROLE, &role_password).await?;
        let monitor_password = secret::random(24)?;
        postgres.create_role(MONITOR_ROLE, &monitor_password).await?;

        let pgbouncer = PgBouncer::start(PgBouncerSettings {
            tools: pgbouncer_tools,
            user,
            folder: folder.join("pgbouncer"),
            log: logs.join("pgbouncer.log"),
            port: None,
            postgres_port: postgres.port(),
            users: BTreeMap::from([
                (FUNCTION_ROLE.to_owned(), role_password.clone()),
                (MONITOR_ROLE.to_owned(), monitor_password.clone()),
            ]),
            pool,
            tls: false,
        })
        .await?;

        let (access_key, secret_key) = access_key;
        let objects = ObjectStoreSettings { folder: folder.join("objects"), port: None, access_key, secret_key };
        let object_store = ObjectStore::start(objects).await?;
        step.done(format!("PostgreSQL, PgBouncer and the S3 server run; their data is in {}", folder.display()));
        Ok(Self { postgres, pgbouncer, object_store, role_password, monitor_password })
    }

    /// The URL of a database as the functions use it: their role, through the pool.
    pub fn pooled_url(&self, database: &str) -> String {
        self.pgbouncer.url(FUNCTION_ROLE, &self.role_password, database)
    }

    /// The URL of a database for who looks at the servers' figures: past the pool, which may be full.
    pub fn monitor_url(&self, database: &str) -> String {
        let port = self.postgres.port();
        format!("postgres://{MONITOR_ROLE}:{}@127.0.0.1:{port}/{database}", self.monitor_password)
    }

    /// Stops everything, the last started first.
    ///
    /// # Errors
    /// When a server does not end.
    pub async fn stop(self) -> Result<(), LocalError> {
        let Self { mut postgres, mut pgbouncer, object_store, .. } = self;
        object_store.stop().await;
        pgbouncer.stop().await?;
        postgres.stop().await
    }
}

/// Where the logs of a data folder are.
pub fn logs(folder: &Path) -> PathBuf {
    folder.join("logs")
}
