//! The server's own figures: connections, pools, statements, sizes, lag. `ops` answers them, `cargo db monitor` prints them,
//! and the alerts compare some of them with their thresholds.
//!
//! They are asked for under a role of their own (`MONITOR_URL`, `spike_monitor`): that of the functions sees its own sessions
//! only, and half a figure is worse than none.

mod connections;
mod indexes;
mod mask;
mod overview;
mod pooler;
mod queries;
mod replication;
mod sizes;
mod statements;
mod tables;
mod versions;

use std::sync::Arc;

use tokio_postgres::Row;

pub use self::connections::{ConnectionGroup, Connections};
pub use self::indexes::{IndexUse, Indexes};
pub use self::mask::{masked, texts_masked};
pub use self::overview::Overview;
pub use self::pooler::{PoolFigures, PoolTraffic, Pooler};
pub use self::queries::RunningQuery;
pub use self::replication::{Archive, Replica, Replication};
pub use self::sizes::{Sizes, TableSize, bytes};
pub use self::statements::{SlowStatement, SlowStatements, StatementCount};
pub use self::tables::{TableHealth, Tables};
pub use self::versions::{Component, Versions};

use crate::config::{Config, ConfigError};
use crate::database::{Database, DatabaseError, DatabaseUrl, Statement};
use crate::error::ApiError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// Something has to be set up first; what, in a sentence for administrators.
    #[error("{0}")]
    NotSetUp(&'static str),
    /// The database did not answer, or not as expected.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<tokio_postgres::Error> for MonitorError {
    fn from(error: tokio_postgres::Error) -> Self {
        MonitorError::Database(error.into())
    }
}

impl From<MonitorError> for ApiError {
    fn from(error: MonitorError) -> Self {
        match error {
            MonitorError::NotSetUp(missing) => ApiError::NotSetUp { missing },
            MonitorError::Database(error) => ApiError::from(error),
        }
    }
}

/// Looks at the server.
#[derive(Clone)]
pub struct Monitor {
    database: Database,
    /// PgBouncer's console, if a pooler is known of.
    console: Option<Arc<DatabaseUrl>>,
}

const NO_URL: &str = "MONITOR_URL is not set: set it to the PostgreSQL URL of the role spike_monitor";
const NO_RIGHT: &str = "The role of MONITOR_URL does not see other sessions: have an administrator of the database run \
                        \"grant pg_monitor to spike_monitor\"";

impl Monitor {
    /// From `MONITOR_URL`; the pooler's console is where `DATABASE_URL` leads, with the same login.
    ///
    /// # Errors
    /// A variable is malformed.
    pub fn from_config(config: &Config) -> Result<Option<Self>, ConfigError> {
        let Some(url) = config.monitor_url()? else { return Ok(None) };
        // Where the pooler's URL is not known at start there is no console; everything else works.
        let console = match config.optional("DATABASE_URL") {
            Some(_) => Some(Arc::new(config.database_url()?.with_login_of(&url).with_database(pooler::CONSOLE))),
            None => None,
        };
        Ok(Some(Monitor { database: Database::new(url, config.clock.clone()), console }))
    }

    /// Over a connection that somebody else knows the URL of, without a pooler.
    pub fn new(database: Database) -> Self {
        Monitor { database, console: None }
    }

    /// `monitor`, or what has to be set for there to be one.
    ///
    /// # Errors
    /// [`MonitorError::NotSetUp`].
    pub fn required(monitor: Option<&Self>) -> Result<&Self, MonitorError> {
        monitor.ok_or(MonitorError::NotSetUp(NO_URL))
    }

    /// Runs `statements` in one exchange, after the question whether the role may see what they ask for.
    async fn ask<const N: usize>(&self, statements: [Statement; N]) -> Result<[Vec<Row>; N], MonitorError> {
        let all = std::iter::once(Statement::new(MAY_SEE)).chain(statements).collect();
        let mut rows = self.database.read_in_order(all).await?.into_iter();
        let may_see = rows.next().unwrap_or_default();
        if !one(&may_see)?.try_get::<_, bool>("may_see")? {
            return Err(MonitorError::NotSetUp(NO_RIGHT));
        }
        let rest: Vec<_> = rows.collect();
        Ok(crate::database::sized(rest)?)
    }
}

const MAY_SEE: &str = "select pg_has_role(current_user, 'pg_monitor', 'usage') as may_see";

fn one(rows: &[Row]) -> Result<&Row, MonitorError> {
    Ok(rows.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?)
}

/// How much of `whole` that is, in percent.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part * 100.0 / whole } else { 0.0 }
}

/// A count for arithmetic: exact up to 2⁵³, which no count here reaches.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(count: i64) -> f64 {
    count as f64
}
