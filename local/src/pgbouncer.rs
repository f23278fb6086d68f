//! PgBouncer in transaction mode before a PostgreSQL of our own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};

use crate::{
    LocalError,
    certificate::Certificate,
    connection::Connection,
    postgres::free_port,
    process::{Process, ProcessSettings},
    secret,
    server_user::{ServerUser, private_file, private_folder},
    tools::PgBouncerTools,
};

/// What production uses.
const DEPLOYED: &str = include_str!("../../deploy/pgbouncer.ini");
/// The account for `show pools` and the like, in the database of the same name.
const ADMIN: &str = "pgbouncer";
/// In its folder: the accounts.
const USERS: &str = "users.txt";
const READY_LIMIT: Duration = Duration::from_secs(10);
/// From here on SIGTERM waits until every client has gone; SIGQUIT does what it did before.
const FIRST_WITH_PATIENT_STOP: (u32, u32) = (1, 23);
/// From here on it can keep prepared statements. Switched off: code must not come to rely on it.
const FIRST_WITH_PREPARED_STATEMENTS: (u32, u32) = (1, 21);

/// How many server connections a pool (one per database and user) has.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    /// The most.
    pub size: u16,
    /// The fewest, kept open while a client is there.
    pub min: u16,
    /// Extra ones for clients that have waited five seconds.
    pub reserve: u16,
}

/// The sizes that production uses.
pub const PRODUCTION_POOL: PoolSizes = PoolSizes { size: 20, min: 5, reserve: 5 };

/// What to start.
#[derive(Clone)]
pub struct PgBouncerSettings {
    /// The installation.
    pub tools: PgBouncerTools,
    /// The account that it runs as, when that is another one.
    pub user: Option<ServerUser>,
    /// The folder for its configuration. Overwritten at each start.
    pub folder: PathBuf,
    /// The log file.
    pub log: PathBuf,
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// PostgreSQL's port.
    pub postgres_port: u16,
    /// Who may log in: names and passwords.
    pub users: BTreeMap<String, String>,
    /// Pool sizes.
    pub pool: PoolSizes,
    /// Whether clients must use TLS.
    pub tls: bool,
}

/// A running PgBouncer.
pub struct PgBouncer {
    settings: PgBouncerSettings,
    port: u16,
    admin_password: String,
    certificate_authority: Option<PathBuf>,
    process: Process,
}

impl PgBouncer {
    /// Writes the configuration, starts PgBouncer and waits until it answers.
    ///
    /// # Errors
    /// With the end of its log when it doesn't answer within ten seconds.
    pub async fn start(settings: PgBouncerSettings) -> Result<Self, LocalError> {
        let port = settings.port.map_or_else(free_port, Ok)?;
        let admin_password = secret::random(24)?;
        let certificate_authority = write_configuration(&settings, port, &admin_password)?;
        let process = spawn(&settings)?;
        let mut this = Self { settings, port, admin_password, certificate_authority, process };
        this.wait_until_ready().await?;
        Ok(this)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database through the pool.
    pub fn url(&self, user: &str, password: &str, database: &str) -> String {
        let tls = if self.settings.tls { "?sslmode=require" } else { "" };
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}{tls}", self.port)
    }

    /// The URL for `show pools`, `show stats` … Only simple queries work there.
    pub fn admin_url(&self) -> String {
        self.url(ADMIN, &self.admin_password, ADMIN)
    }

    /// The file with its accounts. Read again by `reload`.
    pub fn users_file(&self) -> PathBuf {
        self.settings.folder.join(USERS)
    }

    /// The PEM file of the authority that signed its certificate, when clients must use TLS.
    pub fn certificate_authority(&self) -> Option<&Path> {
        self.certificate_authority.as_deref()
    }

    /// Stops at once; open transactions are rolled back.
    pub async fn stop(&mut self) -> Result<(), LocalError> {
        self.process.stop().await
    }

    /// Kills it as a crash would.
    pub async fn kill9(&mut self) -> Result<(), LocalError> {
        self.process.kill9().await
    }

    /// Starts it again on the same port; stops it first when it runs.
    pub async fn restart(&mut self) -> Result<(), LocalError> {
        self.stop().await?;
        self.process = spawn(&self.settings)?;
        self.wait_until_ready().await
    }

    /// Freezes it: connections stay open and nothing is answered.
    pub fn freeze(&mut self) -> Result<(), LocalError> {
        self.process.freeze()
    }

    /// Lets it go on.
    pub fn thaw(&mut self) -> Result<(), LocalError> {
        self.process.thaw()
    }

    async fn wait_until_ready(&mut self) -> Result<(), LocalError> {
        let deadline = Instant::now() + READY_LIMIT;
        while !self.answers().await {
            let ended = !self.process.is_running();
            if ended || Instant::now() > deadline {
                return Err(LocalError::said(format!(
                    "PgBouncer did not start on port {}. The end of {}:\n{}",
                    self.port,
                    self.settings.log.display(),
                    self.process.log_tail()
                )));
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn answers(&mut self) -> bool {
        if self.settings.tls {
            // The tool itself speaks no TLS: a listening socket has to do.
            return tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() && self.process.is_running();
        }
        match Connection::open(&self.admin_url()).await {
            Ok(admin) => admin.simple_query("show version").await.is_ok(),
            Err(_) => false,
        }
    }
}

/// Answers the authority's PEM file when TLS is on.
fn write_configuration(
    settings: &PgBouncerSettings,
    port: u16,
    admin_password: &str,
) -> Result<Option<PathBuf>, LocalError> {
    let user = settings.user.as_ref();
    let folder = &settings.folder;
    private_folder(folder, user)?;

    let mut text = configuration(settings, port);
    if settings.tools.version >= FIRST_WITH_PREPARED_STATEMENTS {
        text += "max_prepared_statements = 0\n";
    }
    let mut authority = None;
    if settings.tls {
        let certificate = Certificate::for_this_machine()?;
        let (chain, key, root) = (folder.join("server.pem"), folder.join("server.key"), folder.join("authority.pem"));
        private_file(&chain, &certificate.server_pem, user)?;
        private_file(&key, &certificate.key_pem, user)?;
        private_file(&root, &certificate.authority_pem, user)?;
        // Without an authority for clients' certificates it looks for the system's, which a small system doesn't have.
        text += &format!("client_tls_ca_file = {}\n", root.display());
        authority = Some(root);
    }
    private_file(&folder.join("pgbouncer.ini"), &text, user)?;

    let admin = (ADMIN.to_owned(), admin_password.to_owned());
    let accounts = settings.users.clone().into_iter().chain([admin]);
    let lines: String = accounts.map(|(name, password)| format!("{} {}\n", quoted(&name), quoted(&password))).collect();
    private_file(&folder.join(USERS), &lines, user)?;
    Ok(authority)
}

/// What production uses, with ports, addresses and paths of this machine; and for tests, smaller pools.
fn configuration(settings: &PgBouncerSettings, port: u16) -> String {
    let file = |name: &str| settings.folder.join(name).display().to_string();
    let here = BTreeMap::from([
        ("listen_port", port.to_string()),
        ("listen_addr", "127.0.0.1".to_owned()),
        ("client_tls_sslmode", if settings.tls { "require" } else { "disable" }.to_owned()),
        ("client_tls_key_file", file("server.key")),
        ("client_tls_cert_file", file("server.pem")),
        ("auth_file", file(USERS)),
        ("admin_users", ADMIN.to_owned()),
        ("default_pool_size", settings.pool.size.to_string()),
        ("min_pool_size", settings.pool.min.to_string()),
        ("reserve_pool_size", settings.pool.reserve.to_string()),
    ]);
    let line = |line: &str| match line.split_once(" = ").map(|(name, _)| (name, here.get(name))) {
        // Any database of the cluster: each test has its own.
        Some(("spike_land", _)) => format!("* = host=127.0.0.1 port={}\n", settings.postgres_port),
        // A path is read even where there is no TLS.
        Some((name, _)) if name.starts_with("client_tls_") && name.ends_with("_file") && !settings.tls => String::new(),
        Some((name, Some(value))) => format!("{name} = {value}\n"),
        _ => format!("{line}\n"),
    };
    // No socket files.
    DEPLOYED.lines().map(line).chain(["unix_socket_dir =\n".to_owned()]).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn spawn(settings: &PgBouncerSettings) -> Result<Process, LocalError> {
    let patient = settings.tools.version >= FIRST_WITH_PATIENT_STOP;
    Process::spawn(ProcessSettings {
        name: "PgBouncer",
        program: &settings.tools.program,
        arguments: vec![settings.folder.join("pgbouncer.ini").display().to_string()],
        environment: settings.tools.environment(),
        log: &settings.log,
        stop_signal: if patient { Signal::SIGQUIT } else { Signal::SIGTERM },
        user: settings.user.as_ref(),
    })
}
