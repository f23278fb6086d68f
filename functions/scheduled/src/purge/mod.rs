//! `purge.…`: rows that nobody needs any more, deleted in small batches.

mod accounts;
mod leftovers;
mod operation;
mod tracking;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use shared::{ApiError, Statement, limits};

pub use self::accounts::{IDEMPOTENCY_KEYS, OAUTH_ATTEMPTS, RATE_LIMITS, SESSIONS, VERIFICATION_TOKENS};
pub use self::leftovers::{
    EMAIL_EVENTS, MARKETING_OAUTH_ATTEMPTS, MARKETING_WEBHOOK_EVENTS, MERCH_PRINTS, MERCH_WEBHOOK_EVENTS,
    METRICS_CACHE, UPLOADS,
};
pub use self::operation::{ALERT_OUTBOX, ERROR_LOGS, JOB_RUNS};
pub use self::tracking::{ANALYTICS_EVENTS, PAGE_VIEWS, VISITORS, VISITS};
use crate::work::{Budget, Work};

/// What is deleted, and when.
pub struct Purge {
    /// One batch: $1 until when, $2 how many; answers the count.
    pub sql: &'static str,
    /// How long the rows are kept after their time.
    kept: Duration,
}

/// Deletes batch by batch until there is nothing more or the time is used. Rows that others have locked are left for later.
pub(crate) async fn purge(purge: &Purge, work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let (deleted, clean) = batches(purge, work.now(), work, budget).await?;
    Ok(json!({ "deleted": deleted, "clean": clean }))
}

/// The same for several tables, one after the other; answers the count of each by its name, too.
pub(crate) async fn purge_all(purges: &[(&str, &Purge)], work: &Work, budget: Budget) -> Result<Value, ApiError> {
    // One time for all, so that what is deleted with its parent is no older than what went before.
    let now = work.now();
    let (mut each, mut sum, mut all_clean) = (Map::new(), 0, true);
    for (name, purge) in purges {
        let (deleted, clean) = batches(purge, now, work, budget).await?;
        each.insert((*name).to_owned(), json!(deleted));
        sum += deleted;
        all_clean &= clean;
    }
    each.insert("deleted".to_owned(), json!(sum));
    each.insert("clean".to_owned(), json!(all_clean));
    Ok(Value::Object(each))
}

async fn batches(purge: &Purge, now: Timestamp, work: &Work, budget: Budget) -> Result<(i64, bool), ApiError> {
    let until = now - SignedDuration::try_from(purge.kept).unwrap_or_default();
    let (mut deleted, mut clean) = (0, false);
    while !clean && !budget.is_used() {
        let batch = Statement::new(purge.sql).bind(until).bind(limits::PURGE_BATCH);
        let [rows] = work.database.write([batch]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>("deleted"))?;
        deleted += count;
        clean = count < limits::PURGE_BATCH;
    }
    Ok((deleted, clean))
}

/// What visits leave behind: first what belongs to a visit, then the visit, then whoever has none left.
pub const TRACKING: [(&str, &Purge); 4] =
    [("pageViews", &PAGE_VIEWS), ("analyticsEvents", &ANALYTICS_EVENTS), ("visits", &VISITS), ("visitors", &VISITORS)];

/// What other systems have sent.
pub const WEBHOOK_EVENTS: [(&str, &Purge); 2] =
    [("merch", &MERCH_WEBHOOK_EVENTS), ("marketing", &MARKETING_WEBHOOK_EVENTS)];

/// Those that find their rows by an index; of what is cut by month, whole months are left out.
pub const INDEXED: [&Purge; 13] = [
    &SESSIONS,
    &IDEMPOTENCY_KEYS,
    &RATE_LIMITS,
    &OAUTH_ATTEMPTS,
    &VERIFICATION_TOKENS,
    &JOB_RUNS,
    &ALERT_OUTBOX,
    &METRICS_CACHE,
    &MARKETING_OAUTH_ATTEMPTS,
    &UPLOADS,
    &MERCH_WEBHOOK_EVENTS,
    &MARKETING_WEBHOOK_EVENTS,
    &EMAIL_EVENTS,
];
