//! `mail.deliver`: mails that their requests could not send.

use serde_json::{Value, json};
use shared::{ApiError, limits};

use crate::work::{Budget, Work};

/// Sends what is due.
pub async fn deliver(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let (mut sent, mut postponed, mut failed) = (0, 0, 0);
    while !budget.is_used() {
        let delivered = work.mailer.deliver_due(&work.database, limits::MAIL_BATCH, work.now()).await?;
        sent += delivered.sent;
        postponed += delivered.postponed;
        failed += delivered.failed;
        // When the server takes none, it is left alone until the next run.
        if delivered.sent == 0 {
            break;
        }
    }
    Ok(json!({ "sent": sent, "postponed": postponed, "failed": failed }))
}
