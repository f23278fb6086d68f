//! The figures that are looked at first, together.

use serde::Serialize;

use super::{Connections, Monitor, MonitorError, Pooler, Replication, RunningQuery, Sizes, SlowStatements};

/// The figures that are looked at first.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Who is connected.
    pub connections: Connections,
    /// The pooler, if it can be asked.
    pub pooler: Option<Pooler>,
    /// Why it can't.
    pub pooler_note: Option<String>,
    /// Replicas.
    pub replication: Replication,
    /// Queries that have been running for long.
    pub runaway_queries: Vec<RunningQuery>,
    /// The slowest statements.
    pub slow_statements: SlowStatements,
    /// How large everything is.
    pub sizes: Sizes,
}

impl Monitor {
    /// Collects them, one after the other over one connection.
    ///
    /// # Errors
    /// [`MonitorError`]. Without a pooler's figures the others are answered all the same.
    pub async fn overview(&self) -> Result<Overview, MonitorError> {
        let (pooler, pooler_note) = match self.pooler().await {
            Ok(pooler) => (Some(pooler), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Overview {
            connections: self.connections().await?,
            pooler,
            pooler_note,
            replication: self.replication().await?,
            runaway_queries: self.runaway_queries().await?,
            slow_statements: self.slow_statements().await?,
            sizes: self.sizes().await?,
        })
    }
}
