//! A stand-in for Stripe on one machine: the few endpoints that `billing` uses, a page to pay on, and the signed events
//! that follow. It is ours, written from Stripe's reference, and proves nothing about Stripe itself: it shows that our side
//! says what we think Stripe wants, bears what can go wrong on the way, and it lets a person try a purchase.

mod api;
mod objects;
mod page;
mod parameters;
mod state;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::error::{Doing, LocalError};

pub use self::state::{Asked, Fault};
use self::state::{Delivery, State};

/// The only key that it takes.
pub const KEY: &str = "sk_test_stand_in_0123456789";

/// A running stand-in. It ends when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    url: String,
    shared: Shared,
    server: JoinHandle<()>,
}

/// What the server's handlers and its owner share.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When nothing can listen there.
    pub async fn start(address: SocketAddr) -> Result<Self, LocalError> {
        let listener = TcpListener::bind(address).await.doing(|| "listen for the stand-in of Stripe")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Shared(Arc::new(Mutex::new(State::new(url.clone()))));
        let router = Router::new()
            .route("/checkout/{id}", get(page::show))
            .route("/checkout/{id}/pay", post(page::pay))
            .fallback(api::answer)
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It ends only with its task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, shared, server })
    }

    /// Its address, for `STRIPE_API_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends events to the API at `url`, signed with `secret`.
    pub fn deliver_to(&self, url: &str, secret: &str) {
        self.shared.lock().delivery = Some(Delivery { url: url.to_owned(), secret: secret.to_owned() });
    }

    /// Sends no events any more.
    pub fn deliver_nothing(&self) {
        self.shared.lock().delivery = None;
    }

    /// What goes wrong with the next requests, one each.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.lock().faults.extend(faults);
    }

    /// What was asked, the oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// The objects of a kind, such as `checkout.session`.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.shared.lock().objects.values().filter(|object| object["object"] == kind).cloned().collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}
