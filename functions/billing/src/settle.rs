//! Operations whose answer was lost: asked for again under the same key, which does nothing twice.

use shared::{ApiError, Statement};

use crate::Billing;
use crate::buyer::{self, Buyer};
use crate::change::refused;
use crate::operation::{DUE, Operation};
use crate::perform::{effect, perform};
use crate::sale::{CATALOGUE, Catalogue};

/// Settles at most `limit` operations that are overdue and answers how many Stripe has done. For a schedule.
///
/// # Errors
/// The database's. What Stripe says is written down with the operation.
pub async fn settle_pending(billing: &Billing, limit: i64) -> Result<usize, ApiError> {
    let due = Statement::new(DUE).bind(billing.app.clock.now()).bind(limit);
    let [due, catalogue] = billing.app.database.read([due, CATALOGUE]).await?;
    let catalogue = Catalogue::of(&catalogue)?;
    let mut done = 0;
    for row in &due {
        let (operation, user_id): (_, &str) = (Operation::of(row)?, row.try_get("user_id")?);
        done += usize::from(settle(billing, &operation, user_id, &catalogue).await?);
    }
    Ok(done)
}

async fn settle(
    billing: &Billing,
    operation: &Operation,
    user_id: &str,
    catalogue: &Catalogue,
) -> Result<bool, ApiError> {
    let now = billing.app.clock.now();
    let [rows] = billing.app.database.read([Statement::new(buyer::BY_ID).bind(user_id)]).await?;
    let given_up = match () {
        () if operation.is_too_old(now) => Some("no answer came within the time that Stripe keeps the key"),
        () if rows.is_empty() => Some("the person has left"),
        () => None,
    };
    if let Some(why) = given_up {
        tracing::error!(operation = operation.id, why, "an operation at Stripe was given up");
        billing.app.database.write([operation.failed(why, now)]).await?;
        return Ok(false);
    }
    let buyer = Buyer::of(&rows)?;
    match perform(billing, operation, &buyer, catalogue).await {
        Ok(done) => {
            let mut settled = vec![operation.done(&done, billing.app.clock.now())];
            settled.extend(effect(operation, &buyer));
            billing.app.database.write_all(settled).await?;
            Ok(true)
        }
        Err(trouble) => {
            let (note, _) = refused(billing, operation, trouble);
            billing.app.database.write([note]).await?;
            Ok(false)
        }
    }
}
