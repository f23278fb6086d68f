//! Looks into the database from a browser on this machine. Nothing can be changed: every look is a read-only transaction with
//! a time limit. What must stay secret is never asked for, so it cannot be seen, sorted by or guessed at.

mod catalogue;
mod door;
mod look;
mod pages;
mod query;
mod rows;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use shared::database::DatabaseUrl;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::door::Door;

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Studio does not start.
    #[error("{0}")]
    Setup(String),
    /// The address names what there is not.
    #[error("There is no {0}.")]
    Missing(String),
    /// The database said no.
    #[error("The database says: {0}")]
    Database(String),
}

/// A running studio; it ends when this is dropped.
pub struct Studio {
    address: String,
    server: JoinHandle<()>,
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Studio {
    /// Shows the database at `url`, past any pooler, to whoever knows [`Studio::address`].
    ///
    /// # Errors
    /// The port is taken, or the database is not to be reached.
    pub async fn start(url: DatabaseUrl, listen: SocketAddr) -> Result<Self, Problem> {
        look::Look::at(&url).await?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Problem::Setup(format!("Port {} is taken ({error}): choose another with --port.", listen.port()))
        })?;
        let address = listener.local_addr().map_err(|error| Problem::Setup(error.to_string()))?;
        let door = Arc::new(Door::new(address).map_err(|error| Problem::Setup(error.to_string()))?);
        let router = Router::new()
            .route("/", get(pages::tables))
            .route("/{table}", get(pages::rows))
            .route("/{table}/row", get(pages::row))
            .with_state(Arc::new(url))
            .layer(from_fn_with_state(Arc::clone(&door), door::guard));
        let server = tokio::spawn(async move {
            // Ends with this task; each answer's own problem is on its page.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Studio { address: door.address(), server })
    }

    /// The address with its key, for the browser.
    pub fn address(&self) -> &str {
        &self.address
    }
}
