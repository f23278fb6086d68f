//! Where the database's URL comes from. A password is replaced while functions run, so the URL is read again when the
//! server no longer takes the one that is known: the next connection works, and nothing is restarted. Until then nothing is
//! asked of anybody.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::connection::{Connection, OpenFailure};
use super::error::DatabaseError;
use super::tls::Tls;
use super::url::DatabaseUrl;
use crate::clock::Clock;
use crate::limits;
use crate::secrets_manager::ManagedSecret;

/// Parses a URL that was read again; the problem is a sentence without the URL.
pub(crate) type Check = Box<dyn Fn(&str) -> Result<DatabaseUrl, String> + Send + Sync>;

/// A URL, and where it is read again.
pub struct UrlSource {
    known: Option<DatabaseUrl>,
    again: Again,
    check: Check,
}

enum Again {
    Nowhere,
    File(PathBuf),
    Secret(Box<ManagedSecret>),
}

impl From<DatabaseUrl> for UrlSource {
    fn from(url: DatabaseUrl) -> Self {
        UrlSource { known: Some(url), again: Again::Nowhere, check: Box::new(DatabaseUrl::parse) }
    }
}

impl UrlSource {
    /// A URL that was read from `file`.
    pub(crate) fn file(known: DatabaseUrl, file: PathBuf, check: Check) -> Self {
        UrlSource { known: Some(known), again: Again::File(file), check }
    }

    /// A URL that is kept in Secrets Manager; when it is not known it is read for the first connection.
    pub(crate) fn secret(known: Option<DatabaseUrl>, secret: ManagedSecret, check: Check) -> Self {
        UrlSource { known, again: Again::Secret(Box::new(secret)), check }
    }

    /// When what the URL is read from was last changed, and with it the password; nobody knows where it is only in the
    /// environment. Of a secret it is the newest version's time.
    ///
    /// # Errors
    /// It cannot be read; a sentence without the URL.
    pub async fn changed_at(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        match &self.again {
            Again::Nowhere => Ok(None),
            Again::File(file) => {
                let changed = std::fs::metadata(file).and_then(|metadata| metadata.modified());
                let changed =
                    changed.map_err(|error| format!("the file {} cannot be read: {error}", file.display()))?;
                Ok(Timestamp::try_from(changed).ok())
            }
            Again::Secret(secret) => Ok(secret.read(now).await?.created_at),
        }
    }

    async fn read_again(&self, clock: &Clock) -> Result<DatabaseUrl, String> {
        let text = match &self.again {
            Again::Nowhere => return Err("it is read from nowhere else".to_owned()),
            // A few bytes, once per new password: blocking is cheaper than a thread.
            Again::File(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("the file {} cannot be read: {error}", file.display()))?,
            Again::Secret(secret) => secret.read(clock.now()).await?.value.expose().to_owned(),
        };
        (self.check)(&text)
    }
}

struct Address {
    url: DatabaseUrl,
    tls: Arc<Tls>,
    hosts: Vec<DatabaseUrl>,
    /// The host that was connected to last: the first one to try.
    last: AtomicUsize,
}

impl Address {
    fn new(url: DatabaseUrl) -> Arc<Self> {
        let tls = Tls::prepared(url.tls().clone());
        let hosts = url.each_host();
        Arc::new(Address { url, tls, hosts, last: AtomicUsize::new(0) })
    }

    /// Connects to the host that will do. One of several may be gone without a word, so none of them has all the time.
    async fn open(&self, clock: &Clock) -> Result<Connection, OpenFailure> {
        let [one] = &*self.hosts else { return self.open_one_of_several(clock).await };
        Connection::open(one, &self.tls, limits::DATABASE_WAIT).await
    }

    async fn open_one_of_several(&self, clock: &Clock) -> Result<Connection, OpenFailure> {
        let (count, first) = (self.hosts.len(), self.last.load(Ordering::Relaxed));
        let mut said = Vec::new();
        let mut about_password = false;
        for index in (first..count).chain(0..first) {
            let Some(host) = self.hosts.get(index) else { continue };
            match Connection::open(host, &self.tls, limits::DATABASE_HOST_WAIT).await {
                Ok(mut connection) => {
                    self.last.store(index, Ordering::Relaxed);
                    let trust = SignedDuration::try_from(limits::DATABASE_HOST_TRUST).unwrap_or_default();
                    connection.trusted_until = Some(clock.now() + trust);
                    return Ok(connection);
                }
                Err(failure) => {
                    about_password |= matches!(failure, OpenFailure::Password(_));
                    said.push(format!("{}: {}", host.place(), DatabaseError::from(failure)));
                }
            }
        }
        let error = DatabaseError::Unavailable(said.join("; "));
        Err(if about_password { OpenFailure::Password(error) } else { OpenFailure::Other(error) })
    }
}

/// The server that connections are opened to.
pub(super) struct Server {
    source: UrlSource,
    clock: Clock,
    current: Mutex<Option<Arc<Address>>>,
}

impl Server {
    /// Connects nowhere yet.
    pub(super) fn new(source: UrlSource, clock: Clock) -> Self {
        let current = source.known.clone().map(Address::new);
        Server { source, clock, current: Mutex::new(current) }
    }

    /// Connects and logs in. A password that is no longer taken is read again, once.
    pub(super) async fn connect(&self) -> Result<Connection, DatabaseError> {
        let known = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refused = match &known {
            None => DatabaseError::Unavailable("its URL is not known yet".to_owned()),
            // Rare and large: not part of every request's future.
            Some(address) => match Box::pin(address.open(&self.clock)).await {
                Ok(connection) => return Ok(connection),
                Err(OpenFailure::Password(error)) if !matches!(self.source.again, Again::Nowhere) => error,
                Err(failure) => return Err(failure.into()),
            },
        };
        let url = match self.source.read_again(&self.clock).await {
            Ok(url) => url,
            Err(problem) => {
                tracing::error!(problem, "the database's URL could not be read again");
                return Err(refused);
            }
        };
        if known.is_some_and(|known| known.url == url) {
            return Err(refused);
        }
        tracing::info!(at = url.place(), "the database's URL was read again");
        let address = Address::new(url);
        let connection = Box::pin(address.open(&self.clock)).await?;
        // Only what works is kept: another one is read again with the next request.
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        Ok(connection)
    }
}
