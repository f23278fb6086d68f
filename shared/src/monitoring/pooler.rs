//! PgBouncer's own figures, from its console: clients against the limit, who waits and how long.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::SimpleQueryMessage;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, float, percent};
use crate::database::{DatabaseError, OpenError, open};
use crate::limits;

/// The database of the console, which knows simple queries only.
pub(super) const CONSOLE: &str = "pgbouncer";

const NO_POOLER: &str = "There is no pooler to ask: set DATABASE_URL to PgBouncer's address";
const NO_CONSOLE: &str = "PgBouncer's console does not let the role of MONITOR_URL in: name spike_monitor in stats_users, \
                          and give it a line in auth_file with the password that MONITOR_URL has";

/// A row of the console by column.
type Fields = BTreeMap<String, String>;

/// The pooler.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pooler {
    /// Such as `PgBouncer 1.18.0`.
    pub version: String,
    /// Clients that are connected.
    pub clients: i64,
    /// `max_client_conn`.
    pub client_limit: i64,
    /// `clients` in percent of it.
    pub client_percent: f64,
    /// Clients that wait for a server connection, in all pools.
    pub waiting: i64,
    /// How long the first of them has been waiting.
    pub longest_wait_milliseconds: f64,
    /// One for each database and role.
    pub pools: Vec<PoolFigures>,
    /// One for each database.
    pub traffic: Vec<PoolTraffic>,
}

/// A pool.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolFigures {
    /// Its database.
    pub database: String,
    /// Its role.
    pub role: String,
    /// Clients with a server connection, or without a wish for one.
    pub clients_active: i64,
    /// Clients that wait for one.
    pub clients_waiting: i64,
    /// Server connections that work.
    pub servers_active: i64,
    /// Server connections that could.
    pub servers_idle: i64,
    /// How long the first client has been waiting.
    pub longest_wait_milliseconds: f64,
}

/// What went through a database's pools, per second over the last minute.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolTraffic {
    /// The database.
    pub database: String,
    /// Transactions a second.
    pub transactions: i64,
    /// Statements a second.
    pub queries: i64,
    /// How long a statement takes on average.
    pub query_milliseconds: f64,
    /// How long a client waits for a server connection on average.
    pub wait_milliseconds: f64,
}

impl Monitor {
    /// PgBouncer's figures.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn pooler(&self) -> Result<Pooler, MonitorError> {
        let asked = tokio::time::timeout(limits::DATABASE_WAIT, self.console_answers()).await;
        let [pools, stats, lists, config, version] =
            asked.map_err(|_| DatabaseError::Unavailable("PgBouncer's console did not answer".to_owned()))??;
        let listed = |name: &str| named(&lists, "list", name).map_or(0, |row| number(row, "items"));
        let limit = named(&config, "key", "max_client_conn").map_or(0, |row| number(row, "value"));
        let pools: Vec<_> = pools.iter().filter(|row| text(row, "database") != CONSOLE).map(pool).collect();
        let clients = listed("used_clients");
        Ok(Pooler {
            version: version.first().map_or_else(String::new, |row| text(row, "version").to_owned()),
            clients,
            client_limit: limit,
            client_percent: percent(float(clients), float(limit)),
            waiting: pools.iter().map(|pool| pool.clients_waiting).sum(),
            longest_wait_milliseconds: pools.iter().map(|pool| pool.longest_wait_milliseconds).fold(0.0, f64::max),
            pools,
            traffic: stats.iter().filter(|row| text(row, "database") != CONSOLE).map(traffic).collect(),
        })
    }

    async fn console_answers(&self) -> Result<[Vec<Fields>; 5], MonitorError> {
        let url = self.console.as_deref().ok_or(MonitorError::NotSetUp(NO_POOLER))?;
        let console = open(url).await.map_err(refused)?;
        let mut answers: [Vec<Fields>; 5] = Default::default();
        let questions = ["show pools", "show stats", "show lists", "show config", "show version"];
        for (question, answer) in questions.into_iter().zip(&mut answers) {
            let messages = console.simple_query(question).await?;
            *answer = messages.into_iter().filter_map(fields).collect();
        }
        Ok(answers)
    }
}

/// Who may not look is told so by the server, which was reached.
fn refused(error: OpenError) -> MonitorError {
    match &error {
        OpenError::Connect(refusal) if refusal.as_db_error().is_some() => MonitorError::NotSetUp(NO_CONSOLE),
        _ => MonitorError::Database(DatabaseError::Unavailable(error.to_string())),
    }
}

fn fields(message: SimpleQueryMessage) -> Option<Fields> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    let values = row.columns().iter().enumerate();
    Some(values.map(|(at, column)| (column.name().to_owned(), row.get(at).unwrap_or_default().to_owned())).collect())
}

fn text<'a>(row: &'a Fields, name: &str) -> &'a str {
    row.get(name).map_or("", String::as_str)
}

fn number(row: &Fields, name: &str) -> i64 {
    text(row, name).parse().unwrap_or(0)
}

fn named<'a>(rows: &'a [Fields], column: &str, name: &str) -> Option<&'a Fields> {
    rows.iter().find(|row| text(row, column) == name)
}

/// Microseconds as milliseconds.
fn milliseconds(microseconds: i64) -> f64 {
    float(microseconds) / 1_000.0
}

fn pool(row: &Fields) -> PoolFigures {
    PoolFigures {
        database: text(row, "database").to_owned(),
        role: text(row, "user").to_owned(),
        clients_active: number(row, "cl_active"),
        clients_waiting: number(row, "cl_waiting"),
        servers_active: number(row, "sv_active"),
        servers_idle: number(row, "sv_idle"),
        longest_wait_milliseconds: float(number(row, "maxwait")) * 1_000.0 + milliseconds(number(row, "maxwait_us")),
    }
}

fn traffic(row: &Fields) -> PoolTraffic {
    PoolTraffic {
        database: text(row, "database").to_owned(),
        transactions: number(row, "avg_xact_count"),
        queries: number(row, "avg_query_count"),
        query_milliseconds: milliseconds(number(row, "avg_query_time")),
        wait_milliseconds: milliseconds(number(row, "avg_wait_time")),
    }
}
