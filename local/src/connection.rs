//! One plain database connection for the tool's own work.

use std::{ops::Deref, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, NoTls};

use crate::LocalError;

/// A server on this machine answers sooner than this, or not at all.
const LIMIT: Duration = Duration::from_secs(10);

/// A connection that ends when it is dropped.
pub struct Connection {
    client: Client,
    driver: JoinHandle<()>,
}

impl Connection {
    /// Connects without TLS.
    ///
    /// # Errors
    /// When nothing listens, the password is wrong, or ten seconds have passed.
    pub async fn open(url: &str) -> Result<Self, LocalError> {
        let (client, connection) = timeout(LIMIT, tokio_postgres::connect(url, NoTls))
            .await
            .map_err(|_| LocalError::said("The database did not answer within ten seconds."))??;
        let driver = tokio::spawn(async move {
            // The calls on the client report what went wrong.
            let _ended = connection.await;
        });
        Ok(Self { client, driver })
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
