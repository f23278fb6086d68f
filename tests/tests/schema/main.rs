//! What the schema promises, and what describes it: `migrations/schema.sql` and `docs/schema.svg` are made from it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod constraints;
mod dump;
mod indexes;
mod oldest_server;
mod partitions;
mod picture;
mod refused;
mod roles;

use local::connection::Connection;
use tests::Stack;

/// The SQLSTATE that `sql` fails with; none if it succeeds. Inside of a transaction, only what came before stays.
async fn failure(database: &Connection, sql: &str) -> Option<String> {
    let error = database.batch_execute(sql).await.err()?;
    Some(error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()))
}

/// A superuser's connection that has become `role`.
async fn connection_as(stack: &Stack, role: &str) -> Connection {
    let connection = Connection::open(&stack.direct_url).await.unwrap();
    connection.batch_execute(&format!("set session authorization {role}")).await.unwrap();
    connection
}

/// The one text column of the rows that a query finds.
async fn texts(database: &Connection, query: &str) -> Vec<String> {
    database.query_typed(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
