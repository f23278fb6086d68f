//! A backup that failed, and that one is good again, is told at once and in the same way as every other alert: the next
//! evaluation is a minute away, and may be what has failed as well.

use shared::Database;
use shared::alerts::{Channel, Reading, failed_backups, failed_count, find, record};

use crate::error::BackupError;
use crate::settings::Settings;

/// As the rules have it.
const RULE: &str = "backup.failed";

/// Writes down how the rule stands after a run, and the letter if that has changed.
///
/// # Errors
/// The database's.
pub(crate) async fn tell(has_failed: bool, settings: &Settings) -> Result<(), BackupError> {
    let Some(rule) = find(RULE) else { return Ok(()) };
    let now = settings.clock.now();
    let database = Database::new(settings.url.clone(), settings.clock.clone());
    let told = async {
        let [rows] = database.read([failed_backups(now)]).await?;
        // What failed before it was written down counts, too.
        let least = if has_failed { 1.0 } else { 0.0 };
        let value = failed_count(&rows)?.max(least);
        let threshold = settings.alert_threshold.unwrap_or(rule.threshold);
        let reading = Reading { threshold, is_final: true, ..Reading::new(rule, Some(value)) };
        let channels: &[Channel] = if settings.has_webhook { &[Channel::Webhook] } else { &[] };
        record(&database, &[reading], &[], channels, now).await
    };
    told.await.map(drop).map_err(BackupError::Alert)
}
