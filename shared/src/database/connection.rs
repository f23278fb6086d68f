//! One connection: opening it, and sending several statements at once over it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::task::AbortHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, NoTls, Row, Socket};

use super::error::{DatabaseError, chain};
use super::statement::Statement;
use super::tls::Tls;
use super::url::DatabaseUrl;
use super::{ROUND_TRIPS, within};
use crate::limits;

/// What connections of this process call themselves, unless their URL says otherwise.
static APPLICATION: OnceLock<&str> = OnceLock::new();

/// Has connections call themselves `name`, as which the server's figures show them. PgBouncer passes it on.
pub fn call_application(name: &'static str) {
    // Of two, in a test, the first stays.
    let _ = APPLICATION.set(name);
}

/// What connections of this process call themselves; empty for no function's.
pub(super) fn application() -> &'static str {
    APPLICATION.get().copied().unwrap_or_default()
}

/// An open connection. Dropping it closes it at once, so a transaction left open on it is rolled back.
pub(super) struct Connection {
    client: Client,
    /// When another look is due at whether this is still the server that takes writes; never where there is but one.
    pub(super) trusted_until: Option<Timestamp>,
    driver: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A client on a connection of its own, for work that no pooler may carry (migrations, backups).
/// It lives until the client is dropped.
///
/// # Errors
/// The driver's, for the caller to explain.
pub async fn open(url: &DatabaseUrl) -> Result<Client, OpenError> {
    start(url, &Tls::new(url.tls().clone())).await.map(|(client, _)| client)
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server refused or could not be reached.
    #[error("{}{}", chain(.0), advice(.0))]
    Connect(#[from] tokio_postgres::Error),
    /// The certificates to trust could not be read.
    #[error("{0}")]
    Tls(String),
}

/// What helps against a refusal that its words do not explain.
fn advice(error: &tokio_postgres::Error) -> &'static str {
    match chain(error).contains("certificate verify failed") {
        true => "; check sslrootcert, which names the authority of the server's certificate, and the host's name",
        false => "",
    }
}

impl OpenError {
    /// Whether the server was reached and did not take the password. PgBouncer says it with codes of its own, by version.
    fn is_about_the_password(&self) -> bool {
        let OpenError::Connect(error) = self else { return false };
        let Some(said) = error.as_db_error() else { return false };
        let by_pooler = ["password authentication failed", "SASL authentication failed"];
        *said.code() == SqlState::INVALID_PASSWORD
            || (*said.code() == SqlState::PROTOCOL_VIOLATION && by_pooler.contains(&said.message()))
    }
}

/// As [`OpenError`], for requests: what they are told, and whether another password would help.
pub(super) enum OpenFailure {
    /// The password is not taken.
    Password(DatabaseError),
    /// Anything else.
    Other(DatabaseError),
}

impl From<OpenFailure> for DatabaseError {
    fn from(failure: OpenFailure) -> Self {
        match failure {
            OpenFailure::Password(error) | OpenFailure::Other(error) => error,
        }
    }
}

impl From<DatabaseError> for OpenFailure {
    fn from(error: DatabaseError) -> Self {
        OpenFailure::Other(error)
    }
}

impl Connection {
    /// Connects and logs in, within `limit`.
    pub(super) async fn open(url: &DatabaseUrl, tls: &Tls, limit: Duration) -> Result<Self, OpenFailure> {
        let started = within(limit, async { Ok(start(url, tls).await) }).await?;
        let (client, driver) = started.map_err(|error| {
            let about_password = error.is_about_the_password();
            let error = DatabaseError::Unavailable(error.to_string());
            if about_password { OpenFailure::Password(error) } else { OpenFailure::Other(error) }
        })?;
        Ok(Connection { client, trusted_until: None, driver })
    }

    /// Whether the other side is known to have gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether the other side still answers, asked with an empty statement.
    pub(super) async fn answers(&self) -> bool {
        let asked = tokio::time::timeout(limits::DATABASE_CHECK, self.exchange(&[Statement::new("")])).await;
        matches!(asked, Ok(Ok(_)))
    }

    /// Sends `statements` together and waits once for all their answers. The first failure is the result;
    /// outside a transaction the others happen all the same.
    pub(super) async fn exchange(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, DatabaseError> {
        ROUND_TRIPS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let started = Instant::now();
        // Polled in order before the driver writes, so they leave in one send, in this order.
        let answers = join_all(statements.iter().map(|statement| self.run(statement))).await;
        super::slow::tell(statements, started.elapsed());
        answers.into_iter().map(|answer| answer.map_err(DatabaseError::from)).collect()
    }

    async fn run(&self, statement: &Statement) -> Result<Vec<Row>, tokio_postgres::Error> {
        let parameters: Vec<_> = statement
            .parameters
            .iter()
            .map(|(value, kind)| (&**value as &(dyn tokio_postgres::types::ToSql + Sync), kind.clone()))
            .collect();
        self.client.query_typed(statement.sql, &parameters).await
    }
}

/// Opens a connection, with TLS if the URL asks for it, and drives it in the background.
async fn start(url: &DatabaseUrl, tls: &Tls) -> Result<(Client, AbortHandle), OpenError> {
    let mut config = url.driver_config();
    config.connect_timeout(limits::DATABASE_CONNECT);
    if let (Some(name), None) = (APPLICATION.get(), config.get_application_name()) {
        config.application_name(*name);
    }
    match tls.connector().map_err(OpenError::Tls)? {
        None => {
            let (client, connection) = config.connect(NoTls).await?;
            Ok((client, drive::<NoTlsStream>(connection)))
        }
        Some(tls) => {
            let (client, connection) = config.connect(tls).await?;
            Ok((client, drive(connection)))
        }
    }
}

fn drive<S>(connection: tokio_postgres::Connection<Socket, S>) -> AbortHandle
where
    S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = chain(&error), "a database connection ended");
        }
    });
    driver.abort_handle()
}
