//! People who buy tokens all the time, and remember what they were told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::LocalError;
use local::connection::Connection;
use local::stripe::{PACKAGES, event, paid_checkout};

use crate::stack::{Person, STRIPE_SECRETS, Stack};

const PAUSE: Duration = Duration::from_millis(50);
/// For the next purchase to be acknowledged.
const PATIENCE: Duration = Duration::from_secs(120);

/// The buyers. Each buys one package after the other; what has no answer is sent again until it has, as Stripe does.
pub struct Buyers<'s> {
    stack: &'s Stack,
    people: Vec<Person>,
    enough: AtomicBool,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

/// A purchase that the service said it has.
struct Acknowledged {
    event_key: String,
    at: Instant,
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Gone {
    /// How many purchases were acknowledged.
    pub acknowledged: u64,
    /// How many of them are not in the books.
    pub lost: u64,
    /// How many are there more than once.
    pub doubled: u64,
    /// From the oldest one that is lost to the disaster.
    pub time: Duration,
}

impl<'s> Buyers<'s> {
    /// Signs up so many people.
    pub async fn sign_up(stack: &'s Stack, count: usize) -> Self {
        let mut people = Vec::new();
        for number in 0..count {
            people.push(stack.sign_up(&format!("buyer-{number}")).await);
        }
        Buyers { stack, people, enough: AtomicBool::new(false), acknowledged: Mutex::default() }
    }

    /// Buys while `meanwhile` lasts.
    pub async fn buy_while<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        let meanwhile = async {
            let done = meanwhile.await;
            self.enough.store(true, Ordering::Relaxed);
            done
        };
        let (done, _) = tokio::join!(meanwhile, join_all(self.people.iter().map(|person| self.buy(person))));
        done
    }

    #[expect(clippy::panic, reason = "a purchase that cannot be made up fails the test")]
    async fn buy(&self, person: &Person) {
        for package in PACKAGES.iter().cycle() {
            if self.enough.load(Ordering::Relaxed) {
                return;
            }
            let made: Result<_, LocalError> = paid_checkout(&person.id, &person.email, *package)
                .and_then(|session| Ok((session.clone(), event("checkout.session.completed", session)?)));
            let (session, bought) = made.unwrap_or_else(|error| panic!("no purchase: {error}"));
            while self.stack.stripe(&bought, STRIPE_SECRETS[0]).await.status != 200 {
                tokio::time::sleep(PAUSE).await;
            }
            let event_key = format!("stripe:checkout:{}", session["id"].as_str().unwrap_or_default());
            self.lock().push(Acknowledged { event_key, at: Instant::now() });
        }
    }

    /// Waits until so many more purchases have been acknowledged than now.
    #[expect(clippy::panic, reason = "a service that stays away fails the test")]
    pub async fn more(&self, count: usize) {
        let wanted = self.lock().len() + count;
        let there = async {
            while self.lock().len() < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, there).await.is_err() {
            panic!("nothing was bought for {} s", PATIENCE.as_secs());
        }
    }

    /// Compares what was acknowledged with the books of `database`; `disaster` is when the primary died.
    ///
    /// # Errors
    /// The books can't be read.
    pub async fn compare(&self, database: &Connection, disaster: Instant) -> Result<Gone, LocalError> {
        let kept = "select event_key::text, count(*) from token_transactions where event_key like 'stripe:checkout:%' group by 1";
        let rows = database.query_typed(kept, &[]).await?;
        let kept: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut gone = Gone { doubled: kept.values().filter(|times| **times > 1).count() as u64, ..Gone::default() };
        for Acknowledged { event_key, at } in self.lock().iter() {
            gone.acknowledged += 1;
            if !kept.contains_key(event_key) {
                gone.lost += 1;
                gone.time = gone.time.max(disaster.saturating_duration_since(*at));
            }
        }
        Ok(gone)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Acknowledged>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
