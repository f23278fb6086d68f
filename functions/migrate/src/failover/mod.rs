//! `failover-check`: looks at every server that DIRECT_URL names, says whether one could take over from the primary without
//! losing anything, and what to do next.

mod host;
mod judge;
mod report;

use std::time::Duration;

pub use self::host::{Follower, Host, Role, Server, Slot};
pub use self::judge::{Problem, Readiness};
pub use self::report::FailoverReport;
use crate::error::MigrateError;
use crate::settings::Settings;

/// How long one server may take: one that has died without a word must not hide the others.
const PATIENCE: Duration = Duration::from_secs(5);

/// Examines one server after the other.
///
/// # Errors
/// A URL leads to a pooler, or a server refuses to be asked. One that does not answer is part of the report.
pub(crate) async fn failover_check(settings: &Settings) -> Result<FailoverReport, MigrateError> {
    let mut hosts = Vec::new();
    for url in settings.url.each_host() {
        let settings = Settings { url: url.whichever(), ..settings.clone() };
        let looked = tokio::time::timeout(PATIENCE, host::look(&settings)).await;
        let silent = || Err(MigrateError::Connection(format!("no answer within {} s", PATIENCE.as_secs())));
        hosts.push(match looked.unwrap_or_else(|_| silent()) {
            Ok(host) => host,
            Err(MigrateError::Connection(says)) => Host::unreachable(host::name(&settings.url), says),
            Err(error) => return Err(error),
        });
    }
    Ok(FailoverReport::of(hosts))
}
