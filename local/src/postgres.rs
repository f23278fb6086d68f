//! A PostgreSQL server of our own: its data folder, its start and its end, whatever state a killed run left behind.

pub mod archive;
mod cluster;
mod crash;
mod leftover;
mod replica;

use std::{
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};

use crate::{
    connection::Connection,
    error::{Doing, LocalError},
    process::{Process, ProcessSettings},
    server_user::ServerUser,
    tools::PostgresTools,
};

pub use cluster::major_version;
pub use replica::replicated;

/// The superuser's name.
pub const SUPERUSER: &str = "postgres";
/// Recovery after a crash takes a while on a slow disk.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// The processes of a crashed server end by themselves within this time.
const LEFTOVER_LIMIT: Duration = Duration::from_secs(10);

/// What to start.
#[derive(Clone)]
pub struct PostgresSettings {
    /// The installation.
    pub tools: PostgresTools,
    /// The account that the server runs as, when that is another one.
    pub user: Option<ServerUser>,
    /// The server's folder: data and the superuser's password. Made when missing, kept afterwards.
    pub folder: PathBuf,
    /// The log file.
    pub log: PathBuf,
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// Whether committed data outlives a crash of the machine. Tests do without and are faster.
    pub durable: bool,
    /// The most connections at once.
    pub max_connections: u16,
    /// Further parameters of the server, such as `archive_mode`.
    pub parameters: Vec<(&'static str, String)>,
}

/// A running PostgreSQL.
pub struct Postgres {
    settings: PostgresSettings,
    port: u16,
    password: String,
    process: Process,
}

impl Postgres {
    /// Makes the data folder when it is missing, ends what a killed run left behind, starts the server and waits until it answers.
    ///
    /// # Errors
    /// With the end of the server's log when it doesn't answer within a minute.
    pub async fn start(settings: PostgresSettings) -> Result<Self, LocalError> {
        let password = cluster::prepare(&settings).await?;
        let port = settings.port.map_or_else(free_port, Ok)?;
        let process = start_server(&settings, port, &password).await?;
        Ok(Self { settings, port, password, process })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's URL of a database, not pooled.
    pub fn url(&self, database: &str) -> String {
        url(self.port, &self.password, database)
    }

    /// A superuser's connection to a database.
    ///
    /// # Errors
    /// When the server does not answer or has no such database.
    pub async fn connect(&self, database: &str) -> Result<Connection, LocalError> {
        Connection::open(&self.url(database)).await
    }

    /// Ends open sessions and stops in order (fast shutdown).
    pub async fn stop(&mut self) -> Result<(), LocalError> {
        self.process.stop().await
    }

    /// Stops without a checkpoint (immediate shutdown): the next start recovers from the log.
    pub async fn stop_immediate(&mut self) -> Result<(), LocalError> {
        self.process.stop_with(Signal::SIGQUIT).await
    }

    /// Kills the server as a crash would.
    pub async fn kill9(&mut self) -> Result<(), LocalError> {
        self.process.kill9().await
    }

    /// Freezes the process that accepts connections; open sessions go on.
    pub fn freeze(&mut self) -> Result<(), LocalError> {
        self.process.freeze()
    }

    /// Lets it accept connections again.
    pub fn thaw(&mut self) -> Result<(), LocalError> {
        self.process.thaw()
    }

    /// Starts the server again on the same port; stops it first when it runs.
    pub async fn restart(&mut self) -> Result<(), LocalError> {
        self.stop().await?;
        self.process = start_server(&self.settings, self.port, &self.password).await?;
        Ok(())
    }

    /// Makes a role that may log in; an existing one gets this password.
    pub async fn create_role(&self, name: &str, password: &str) -> Result<(), LocalError> {
        let admin = self.connect("postgres").await?;
        let known = exists(&admin, "select 1 from pg_roles where rolname = ", name).await?;
        let verb = if known { "alter" } else { "create" };
        let statement = format!("{verb} role {} login password {}", identifier(name), literal(password));
        Ok(admin.batch_execute(&statement).await?)
    }

    /// Makes a database, as a copy of `template` when one is named.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<(), LocalError> {
        let copied = template.map(|template| format!(" template {}", identifier(template))).unwrap_or_default();
        let admin = self.connect("postgres").await?;
        Ok(admin.batch_execute(&format!("create database {}{copied}", identifier(name))).await?)
    }

    /// Whether there is a database of this name.
    pub async fn has_database(&self, name: &str) -> Result<bool, LocalError> {
        let admin = self.connect("postgres").await?;
        exists(&admin, "select 1 from pg_database where datname = ", name).await
    }

    /// Drops a database and the sessions in it. A missing one is fine.
    pub async fn drop_database(&self, name: &str) -> Result<(), LocalError> {
        let admin = self.connect("postgres").await?;
        Ok(admin.batch_execute(&format!("drop database if exists {} with (force)", identifier(name))).await?)
    }
}

async fn start_server(settings: &PostgresSettings, port: u16, password: &str) -> Result<Process, LocalError> {
    leftover::end(&settings.folder.join(cluster::DATA)).await?;
    let deadline = Instant::now() + LEFTOVER_LIMIT;
    loop {
        let mut process = spawn(settings, port)?;
        if wait_until_ready(&mut process, port, password).await? {
            return Ok(process);
        }
        let log = process.log_tail();
        // The last processes of a crashed server hold its shared memory for a moment.
        let held = log.contains("still in use") || log.contains("lock file");
        if !held || Instant::now() > deadline {
            return Err(LocalError::said(format!(
                "PostgreSQL did not start. The end of {}:\n{log}",
                settings.log.display()
            )));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn spawn(settings: &PostgresSettings, port: u16) -> Result<Process, LocalError> {
    let mut parameters = vec![
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        // Socket files need short paths and a folder to clean up; TCP is what the functions use anyway.
        ("unix_socket_directories", String::new()),
        ("max_connections", settings.max_connections.to_string()),
        // Always built in, unlike `UTC`, which needs the system's time zone files.
        ("timezone", "GMT".to_owned()),
        ("log_timezone", "GMT".to_owned()),
        ("log_line_prefix", "%m [%p] %q%a %u@%d ".to_owned()),
        // As a replica: how far it is, told every second.
        ("wal_receiver_status_interval", "1s".to_owned()),
        // Who came and who was refused, as deployed.
        ("log_connections", "on".to_owned()),
        ("log_disconnections", "on".to_owned()),
    ];
    if cluster::has_statement_statistics(&settings.tools) {
        parameters.push(("shared_preload_libraries", "pg_stat_statements".to_owned()));
    }
    if !settings.durable {
        // Committed data still outlives a crash of the server: `synchronous_commit` stays on.
        parameters.extend(["fsync", "full_page_writes"].map(|name| (name, "off".to_owned())));
    }
    parameters.extend(settings.parameters.iter().cloned());
    let data = settings.folder.join(cluster::DATA);
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    for (name, value) in parameters {
        arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    Process::spawn(ProcessSettings {
        name: "PostgreSQL",
        program: &settings.tools.program("postgres"),
        arguments,
        environment: settings.tools.environment(),
        log: &settings.log,
        stop_signal: Signal::SIGINT,
        user: settings.user.as_ref(),
    })
}

/// False when the server ended instead.
async fn wait_until_ready(process: &mut Process, port: u16, password: &str) -> Result<bool, LocalError> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        match Connection::open(&url(port, password, "postgres")).await {
            // Another program may listen on this port: then our own server ends.
            Ok(_) if process.is_running() => return Ok(true),
            Err(LocalError::Database(error)) if is_wrong_password(&error) && process.is_running() => {
                return Err(error.into());
            }
            _ if !process.is_running() => return Ok(false),
            _ => {}
        }
        if Instant::now() > deadline {
            return Err(LocalError::said(format!(
                "PostgreSQL does not answer on port {port} after {} s. The end of its log:\n{}",
                READY_LIMIT.as_secs(),
                process.log_tail()
            )));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn is_wrong_password(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD)
}

async fn exists(admin: &Connection, question: &str, name: &str) -> Result<bool, LocalError> {
    let answer = admin.simple_query(&format!("{question}{}", literal(name))).await?;
    Ok(answer.iter().any(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_))))
}

/// A port on 127.0.0.1 that is free now.
///
/// # Errors
/// When the system has none left.
pub fn free_port() -> Result<u16, LocalError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(|| "find a free port")?;
    Ok(listener.local_addr().doing(|| "find a free port")?.port())
}

fn url(port: u16, password: &str, database: &str) -> String {
    format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}")
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
