//! The monthly report: what a person should look at once a month, as an object `reports/<yyyy>/<mm>.json` beside the backups.
//! Made on the first day of a month, it is about the month before; made again, it replaces itself.

mod findings;
mod operation;
mod server;
mod text;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use shared::clock::iso;

pub use self::operation::{Alerts, Backups, Disk, Jobs, Operation, Rule};
pub use self::server::{Bloat, Growth, Server, TableGrowth};
use crate::error::BackupError;
use crate::session;
use crate::settings::Settings;
use crate::snapshot::exists;
use crate::store::{REPORTS, Store};

/// A month in figures.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthlyReport {
    /// The object's name.
    pub key: String,
    /// Such as `2026-11`.
    pub month: String,
    /// ISO 8601. Sizes and counters are as of now, not of the month's end.
    pub made_at: String,
    /// What needs somebody, in sentences; empty when all is well.
    pub findings: Vec<String>,
    /// Backups, jobs and alerts of the month.
    pub operation: Operation,
    /// The server's own figures.
    pub server: Option<Server>,
    /// Why there are none.
    pub server_note: Option<String>,
    /// Since the report before; absent in the first one.
    pub growth: Option<Growth>,
}

/// What is read of the report before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    made_at: String,
    server: Option<SizesBefore>,
}

#[derive(Debug, Deserialize)]
struct SizesBefore {
    sizes: server::KnownSizes,
}

/// Makes the report of the month that ended last, and stores it.
///
/// # Errors
/// The database is not migrated or can't be read, or the object store refused.
pub async fn report(settings: &Settings) -> Result<MonthlyReport, BackupError> {
    let now = settings.clock.now();
    let month = Month::before(now);
    let (client, _) = session::connect(&settings.url).await?;
    if !exists(&client, "job_runs").await? {
        return Err(BackupError::Request("there is nothing to report: the database was never migrated".to_owned()));
    }
    let store = Store::new(settings)?;
    let key = month.key();
    let operation = operation::of(&client, &month).await?;
    let (server, server_note) = server::look(&client, settings).await?;
    let growth = match (&server, before(&store, &key).await?) {
        (Some(server), Some(Before { made_at, server: Some(before) })) => {
            Some(server::growth(&server.sizes, &before.sizes, made_at))
        }
        _ => None,
    };
    let findings = findings::of(&operation, server.as_ref(), now);
    let month = month.first.strftime("%Y-%m").to_string();
    let report = MonthlyReport { key, month, made_at: iso(now), findings, operation, server, server_note, growth };
    let text = serde_json::to_vec_pretty(&report).unwrap_or_default();
    store.put_json(&report.key, text).await?;
    Ok(report)
}

/// The newest report of an earlier month. One that can't be read counts as none.
async fn before(store: &Store, key: &str) -> Result<Option<Before>, BackupError> {
    let names = store.reports().await?;
    let Some(name) = names.iter().rfind(|name| name.as_str() < key) else { return Ok(None) };
    let text = store.text(name).await?.unwrap_or_default();
    Ok(serde_json::from_slice(&text).inspect_err(|error| tracing::warn!("{name} can't be read: {error}")).ok())
}

/// A calendar month in UTC.
struct Month {
    first: Date,
    from: Timestamp,
    until: Timestamp,
}

impl Month {
    /// The last one that has ended.
    fn before(now: Timestamp) -> Self {
        let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map_or(now, |midnight| midnight.timestamp());
        let next = now.to_zoned(TimeZone::UTC).date().first_of_month();
        let first = next.checked_sub(1.month()).unwrap_or(next);
        Month { first, from: midnight(first), until: midnight(next) }
    }

    fn key(&self) -> String {
        format!("{REPORTS}{}.json", self.first.strftime("%Y/%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::Month;
    use crate::key::Key;

    #[test]
    fn ops_45_a_report_is_about_the_month_before() {
        for (now, key) in [
            ("2026-12-01T05:00:00Z", "reports/2026/11.json"),
            ("2027-01-31T23:59:59Z", "reports/2026/12.json"),
            ("2028-03-01T00:00:00Z", "reports/2028/02.json"),
        ] {
            let month = Month::before(now.parse().unwrap());
            assert_eq!(month.key(), key, "{now}");
            assert!(month.until <= now.parse().unwrap());
            assert_eq!(Key::parse(&month.key()), None, "no backup's name");
        }
    }
}
