//! A transaction on the pooled connection. Left unfinished, its connection is closed, which rolls it back.

use tokio_postgres::Row;

use super::connection::Connection;
use super::{COMMIT, Database, DatabaseError, ROLLBACK, Statement, sized, within_deadline};

/// An open transaction. Ends by [`Transaction::commit`] or [`Transaction::rollback`]; dropped, it is rolled back.
pub struct Transaction {
    database: Database,
    connection: Connection,
}

impl Transaction {
    pub(super) fn new(database: Database, connection: Connection) -> Self {
        Transaction { database, connection }
    }

    /// Runs `statements` in one exchange.
    ///
    /// # Errors
    /// The first statement's that failed; the transaction can then only be rolled back.
    pub async fn run<const N: usize>(&self, statements: [Statement; N]) -> Result<[Vec<Row>; N], DatabaseError> {
        sized(within_deadline(self.connection.exchange(&statements)).await?)
    }

    /// Runs `statements` and commits, in one exchange.
    ///
    /// # Errors
    /// The first statement's that failed (then everything is rolled back), or [`DatabaseError::OutcomeUnknown`].
    pub async fn commit<const N: usize>(self, statements: [Statement; N]) -> Result<[Vec<Row>; N], DatabaseError> {
        sized(self.commit_all(Vec::from(statements)).await?)
    }

    /// As [`Transaction::commit`], for statements whose number another module knows.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit_all(self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let mut all = statements;
        all.push(COMMIT);
        match within_deadline(self.connection.exchange(&all)).await {
            Ok(mut rows) => {
                self.database.put_back(self.connection);
                rows.pop();
                Ok(rows)
            }
            Err(error) => Err(self.database.settle(self.connection, error)),
        }
    }

    /// Undoes everything and keeps the connection for the next request.
    pub async fn rollback(self) {
        if let Ok(Ok(_)) =
            tokio::time::timeout(crate::limits::DATABASE_CHECK, self.connection.exchange(&[ROLLBACK])).await
        {
            self.database.put_back(self.connection);
        }
    }
}
