//! Operations whose answer was lost, or that were left to the schedule: asked for under the same key, which does nothing
//! twice.

use jiff::Timestamp;

use super::buyer::{self, Buyer};
use super::cashier::Cashier;
use super::operation::{Done, Kind, Operation};
use super::perform::{Trouble, effect};
use super::sale::{CATALOGUE, Catalogue};
use crate::database::Statement;
use crate::error::ApiError;

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Stripe has done it.
    Done,
    /// Nobody knows yet; it is asked for again.
    Postponed,
    /// It will not be done.
    Failed,
}

impl Cashier {
    /// Settles the operation that is overdue the longest; `None` when there is none. For a schedule, which may run
    /// several times at once.
    ///
    /// # Errors
    /// The database's. What Stripe says is written down with the operation.
    pub async fn settle_next(&self) -> Result<Option<Settled>, ApiError> {
        let [taken, catalogue] = self.database.write([Operation::take(self.clock.now()), CATALOGUE]).await?;
        let Some(row) = taken.first() else { return Ok(None) };
        let operation = Operation::of(row)?;
        if operation.kind == Kind::CancelNow {
            return self.end(&operation).await.map(Some);
        }
        let user_id: &str = row.try_get("user_id")?;
        self.settle(&operation, user_id, &Catalogue::of(&catalogue)?).await.map(Some)
    }

    /// Ends what nobody pays for gladly any more. It is never given up.
    async fn end(&self, operation: &Operation) -> Result<Settled, ApiError> {
        let subscription = operation.item.as_deref().unwrap_or_default();
        let (settled, statement) = match self.talk().cancel_subscription(subscription, &operation.id).await {
            Ok(()) => (Settled::Done, operation.done(&Done::default(), self.clock.now())),
            Err(error) => {
                tracing::error!(operation = operation.id, %error, "a person who has left is still billed");
                (Settled::Postponed, operation.postponed(&error.to_string(), self.clock.now()))
            }
        };
        self.database.write([statement]).await?;
        Ok(settled)
    }

    async fn settle(&self, operation: &Operation, user_id: &str, catalogue: &Catalogue) -> Result<Settled, ApiError> {
        let now = self.clock.now();
        let [rows] = self.database.read([Statement::new(buyer::BY_ID).bind(user_id)]).await?;
        let given_up = match () {
            () if operation.is_too_old(now) => Some("no answer came within the time that Stripe keeps the key"),
            () if rows.is_empty() => Some("the person has left"),
            () => None,
        };
        if let Some(why) = given_up {
            tracing::error!(operation = operation.id, why, "an operation at Stripe was given up");
            self.database.write([operation.failed(why, now)]).await?;
            return Ok(Settled::Failed);
        }
        let buyer = Buyer::of(&rows)?;
        match self.perform(operation, &buyer, catalogue).await {
            Ok(done) => {
                let mut settled = vec![operation.done(&done, self.clock.now())];
                settled.extend(effect(operation, &buyer));
                self.database.write_all(settled).await?;
                Ok(Settled::Done)
            }
            Err(trouble) => {
                let refused = trouble.is_refusal();
                self.database.write([trouble.noted(operation, self.clock.now())]).await?;
                Ok(if refused { Settled::Failed } else { Settled::Postponed })
            }
        }
    }
}

impl Trouble {
    /// Whether asking again is of no use.
    fn is_refusal(&self) -> bool {
        matches!(self, Trouble::Stripe(super::api::StripeError::Refused { .. }))
    }

    /// What is written down of it.
    pub fn noted(&self, operation: &Operation, now: Timestamp) -> Statement {
        match self {
            Trouble::Stripe(error) if self.is_refusal() => operation.failed(&error.to_string(), now),
            Trouble::Stripe(error) => operation.postponed(&error.to_string(), now),
            Trouble::Own(error) => operation.postponed(error.code(), now),
        }
    }
}
