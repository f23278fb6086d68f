//! The database: statements as data, sent together, so that an exchange costs one round trip of waiting.
//!
//! PgBouncer in transaction mode stands in between, so only unnamed statements are used and nothing lives in a session.

mod connection;
mod error;
mod hosts;
mod libpq;
mod maintenance;
mod replica;
mod slow;
mod source;
mod statement;
mod tls;
mod transaction;
mod url;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;

pub use self::connection::{OpenError, call_application, open};
pub use self::error::{CallerRefusal, DatabaseError, chain};
pub use self::maintenance::WriteStop;
#[cfg(feature = "monitoring")]
pub(crate) use self::replica::SECONDS_BEHIND;
pub(crate) use self::source::Check;
pub use self::source::UrlSource;
pub use self::statement::{Parameter, Statement};
pub use self::transaction::Transaction;
pub use self::url::DatabaseUrl;

use self::connection::Connection;
use self::replica::Replica;
use self::source::Server;
use crate::clock::Clock;
use crate::limits;

/// Migrations that the functions of this build rely on: the newest version in `migrations/`.
pub const SCHEMA_VERSION: i32 = 25;

/// Gives everything to those whom it should belong to; whoever migrates or restores owns it at first. Does nothing in a database
/// that does not know yet.
pub const SETTLE_OWNERSHIP: &str = "
    do $$ begin
        if to_regprocedure('settle_ownership()') is not null then
            perform settle_ownership();
        end if;
    end $$";

/// Exchanges with the database since [`take_round_trips`]. An instance serves one request at a time.
static ROUND_TRIPS: AtomicU32 = AtomicU32::new(0);

/// How many times this request waited for the database; counts from zero again.
pub fn take_round_trips() -> u32 {
    ROUND_TRIPS.swap(0, Ordering::Relaxed)
}

/// A connection opened at first use and kept between requests.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    stop: WriteStop,
    replica: Option<Arc<Replica>>,
    server: Server,
    clock: Clock,
    /// The connection between requests; taken out while in use, so that a broken one is never put back.
    idle: Mutex<Option<(Connection, Timestamp)>>,
}

impl Database {
    /// Connects to `url` when first used; a [`UrlSource`] follows a changed password.
    pub fn new(url: impl Into<UrlSource>, clock: Clock) -> Self {
        Self::stopping(url, clock, WriteStop::Never)
    }

    /// As [`Database::new`], refusing to write as `stop` says.
    pub fn stopping(url: impl Into<UrlSource>, clock: Clock, stop: WriteStop) -> Self {
        Self::with_replica(url, None, clock, stop)
    }

    /// As [`Database::stopping`], with reports read from `replica` if there is one.
    pub fn with_replica(url: impl Into<UrlSource>, replica: Option<UrlSource>, clock: Clock, stop: WriteStop) -> Self {
        let server = Server::new(url.into(), clock.clone());
        let replica = replica.map(|source| Replica::new(source, clock.clone()));
        Database { inner: Arc::new(Inner { stop, replica, server, clock, idle: Mutex::new(None) }) }
    }

    /// Runs statements that may be repeated, all in one exchange and each in its own implicit transaction.
    /// A connection that turns out to be dead is replaced once.
    ///
    /// # Errors
    /// The first statement's that failed, or [`DatabaseError::Unavailable`].
    pub async fn read<const N: usize>(&self, statements: [Statement; N]) -> Result<[Vec<Row>; N], DatabaseError> {
        within_deadline(async {
            let (connection, rows) = self.first_exchange(&statements).await?;
            self.put_back(connection);
            Ok(rows)
        })
        .await
    }

    /// Runs `statements` in one read-only transaction and one exchange: when one fails, those behind it do not run.
    /// May run twice if the connection breaks.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_in_order(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let all = enclosed(vec![BEGIN_READING], statements);
        Ok(without_ends(within_deadline(self.enclosed_exchange(&all)).await?, 1))
    }

    /// An exchange that begins with a read-only transaction and ends it.
    async fn enclosed_exchange(&self, all: &[Statement]) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let (connection, rows) = self.first_exchange_of(all).await?;
        self.put_back(connection);
        Ok(rows)
    }

    /// Opens a transaction and runs `statements` in it, in one exchange.
    ///
    /// # Errors
    /// The first statement's that failed; then the transaction is over and nothing happened.
    pub async fn begin<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<(Transaction, [Vec<Row>; N]), DatabaseError> {
        let (transaction, rows) = self.begin_all(Vec::from(statements)).await?;
        Ok((transaction, sized(rows)?))
    }

    pub(crate) async fn begin_all(
        &self,
        statements: Vec<Statement>,
    ) -> Result<(Transaction, Vec<Vec<Row>>), DatabaseError> {
        let mut all = self.inner.stop.opening()?;
        let opening = all.len();
        all.extend(statements);
        within_deadline(async {
            let (connection, mut rows) = self.first_exchange_of(&all).await?;
            rows.drain(..opening.min(rows.len()));
            Ok((Transaction::new(self.clone(), connection), rows))
        })
        .await
    }

    /// Runs `statements` in one transaction and one exchange: all of them happen, or none.
    ///
    /// # Errors
    /// The first statement's that failed, [`DatabaseError::Unavailable`] when nothing was sent, or
    /// [`DatabaseError::OutcomeUnknown`] when the connection broke after the commit was sent.
    pub async fn write<const N: usize>(&self, statements: [Statement; N]) -> Result<[Vec<Row>; N], DatabaseError> {
        sized(self.write_all(Vec::from(statements)).await?)
    }

    /// As [`Database::write`], for a number of statements that the case decides.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_all(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let opening = self.inner.stop.opening()?;
        let opened = opening.len();
        let all = enclosed(opening, statements);
        let mut connection = within_deadline(self.checked_out()).await?;
        let mut outcome = within_deadline(connection.exchange(&all)).await;
        if let Err(DatabaseError::ReadOnlyServer(_)) = outcome {
            tracing::warn!("the server takes no writes any more, looking for the one that does");
            connection = within_deadline(self.inner.server.connect()).await?;
            outcome = within_deadline(connection.exchange(&all)).await;
        }
        let rows = match outcome {
            Ok(rows) => rows,
            Err(error) => return Err(self.settle(connection, error)),
        };
        self.put_back(connection);
        Ok(without_ends(rows, opened))
    }

    /// What a failed exchange that ended with a commit means, and whether its connection is still good.
    fn settle(&self, connection: Connection, error: DatabaseError) -> DatabaseError {
        match error {
            error if error.is_connection_lost() => DatabaseError::OutcomeUnknown(Box::new(error)),
            // Nothing was changed, and never will be on this connection.
            DatabaseError::ReadOnlyServer(_) => error,
            // A statement failed, so the commit behind it rolled back.
            error => {
                self.put_back(connection);
                error
            }
        }
    }

    async fn first_exchange<const N: usize>(
        &self,
        statements: &[Statement; N],
    ) -> Result<(Connection, [Vec<Row>; N]), DatabaseError> {
        let (connection, rows) = self.first_exchange_of(statements).await?;
        Ok((connection, sized(rows)?))
    }

    /// An exchange that changes nothing that stays: when the kept connection is dead it is tried once more on a new one.
    async fn first_exchange_of(&self, statements: &[Statement]) -> Result<(Connection, Vec<Vec<Row>>), DatabaseError> {
        let connection = self.checked_out().await?;
        match connection.exchange(statements).await {
            Ok(rows) => return Ok((connection, rows)),
            Err(error) if error.is_of_the_server() => {
                tracing::warn!(%error, "the connection is of no use any more, opening another");
            }
            Err(error) => {
                // Within an open transaction the connection is useless until it is rolled back; outside this does nothing.
                if connection.exchange(&[ROLLBACK]).await.is_ok() {
                    self.put_back(connection);
                }
                return Err(error);
            }
        }
        drop(connection);
        let connection = self.inner.server.connect().await?;
        let rows = connection.exchange(statements).await?;
        Ok((connection, rows))
    }

    /// The kept connection if it is alive, else a new one.
    async fn checked_out(&self) -> Result<Connection, DatabaseError> {
        let kept = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        // By the wall clock: the monotonic one stands still while an instance is frozen.
        let now = self.inner.clock.now();
        if let Some((connection, last_used)) = kept
            && !connection.is_closed()
            && connection.trusted_until.is_none_or(|until| now < until)
        {
            let idle = now.duration_since(last_used).unsigned_abs();
            if idle < limits::DATABASE_IDLE || connection.answers().await {
                return Ok(connection);
            }
        }
        self.inner.server.connect().await
    }

    /// Keeps `connection`, which is outside any transaction, for the next request.
    fn put_back(&self, connection: Connection) {
        let now = self.inner.clock.now();
        *self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some((connection, now));
    }
}

const BEGIN: Statement = Statement::new("begin");
const BEGIN_READING: Statement = Statement::new("begin read only");
const COMMIT: Statement = Statement::new("commit");
const ROLLBACK: Statement = Statement::new("rollback");

/// Bounds what a caller waits for the database, connecting included.
async fn within_deadline<T>(work: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    within(limits::DATABASE_WAIT, work).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(DatabaseError::Unavailable(format!("no answer within {limit:?}"))),
    }
}

/// `statements` between `opening` and a commit.
fn enclosed(opening: Vec<Statement>, statements: Vec<Statement>) -> Vec<Statement> {
    opening.into_iter().chain(statements).chain([COMMIT]).collect()
}

/// The answers without those to the `opened` first statements and the commit.
fn without_ends(mut rows: Vec<Vec<Row>>, opened: usize) -> Vec<Vec<Row>> {
    rows.pop();
    rows.drain(..opened.min(rows.len()));
    rows
}

pub(crate) fn sized<const N: usize>(rows: Vec<Vec<Row>>) -> Result<[Vec<Row>; N], DatabaseError> {
    rows.try_into().map_err(|_| DatabaseError::Protocol("an exchange answered another number of statements"))
}
