//! `audit.archive`: audit entries move to the archive, and go for good, when their policy says so.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::{ApiError, Statement, limits};

use crate::work::{Budget, Work};

/// Archives, then deletes, batch by batch until there is nothing more or the time is used. The database's own functions do
/// it: the role of the functions can neither change nor delete an entry.
pub(crate) async fn archive(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    // One time for the whole run, so that it has an end while entries go on ageing.
    let now = work.now();
    let (archived, all_archived) = repeat(ARCHIVE, now, work, budget).await?;
    let (deleted, all_deleted) = repeat(DELETE, now, work, budget).await?;
    Ok(json!({ "archived": archived, "deleted": deleted, "clean": all_archived && all_deleted }))
}

async fn repeat(sql: &'static str, now: Timestamp, work: &Work, budget: Budget) -> Result<(i64, bool), ApiError> {
    let mut done = 0;
    while !budget.is_used() {
        let [rows] = work.database.write([Statement::new(sql).bind(now).bind(limits::AUDIT_BATCH)]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>("count"))?;
        if count == 0 {
            return Ok((done, true));
        }
        done += count;
    }
    Ok((done, false))
}

const ARCHIVE: &str = "select archive_audit_logs($1, $2) as count";

const DELETE: &str = "select delete_archived_audit_logs($1, $2) as count";
