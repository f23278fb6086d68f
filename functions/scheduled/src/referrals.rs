//! `referrals.sweep`: referrals of people whose address was proved while their completion failed.

use serde_json::{Value, json};
use shared::referrals::Outcome;
use shared::{ApiError, Statement, limits};

use crate::work::{Budget, Work};

/// Completes what can be, the oldest first.
pub(crate) async fn sweep(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let (mut completed, mut invalid, mut failed) = (0, 0, 0);
    let mut after = String::new();
    let mut first_error = None;
    'all: while !budget.is_used() {
        let batch = Statement::new(PROVED).bind(after.as_str()).bind(limits::REFERRAL_BATCH);
        let [rows] = work.database.read([batch]).await?;
        for row in &rows {
            if budget.is_used() {
                break 'all;
            }
            let referee: &str = row.try_get("referee_id")?;
            match work.referrals.complete(&work.database, referee, work.now()).await {
                Ok(Outcome::Completed(_)) => completed += 1,
                Ok(Outcome::Invalid(_)) => invalid += 1,
                Ok(Outcome::NothingToDo | Outcome::Waiting) => {}
                // One that cannot be completed does not keep the others waiting.
                Err(error) => {
                    failed += 1;
                    first_error.get_or_insert(error);
                }
            }
        }
        match rows.last() {
            Some(last) => after = last.try_get("id")?,
            None => break,
        }
    }
    match first_error {
        Some(error) if completed + invalid == 0 => Err(error),
        _ => Ok(json!({ "completed": completed, "invalid": invalid, "failed": failed })),
    }
}

/// $1 after which, $2 how many: pending ones whose newcomer is proved. Ids are in the order of their time.
pub const PROVED: &str = "
select r.id, r.referee_id
  from referrals r
  join users u on u.id = r.referee_id
 where r.status = 'PENDING'
   and r.id > $1
   and u.email_verified is not null
   and u.deleted_at is null
 order by r.id
 limit $2";
