//! `billing.settle`: what was asked of Stripe and not answered, and what people who have left still pay.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::stripe::Settled;
use shared::{ApiError, deletion, limits};

use crate::work::{Budget, Work};

/// Settles what is due, one after the other.
pub async fn settle(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let lately = SignedDuration::try_from(limits::LEFT_LATELY).unwrap_or_default();
    let [ended] = work.database.write([deletion::end_leftover_billing(work.now() - lately, work.now())]).await?;
    let (mut done, mut postponed, mut failed) = (0, 0, 0);
    while !budget.is_used() {
        match work.cashier.settle_next().await? {
            None => break,
            Some(Settled::Done) => done += 1,
            Some(Settled::Postponed) => postponed += 1,
            Some(Settled::Failed) => failed += 1,
        }
    }
    Ok(json!({ "leftOver": ended.len(), "done": done, "postponed": postponed, "failed": failed }))
}
