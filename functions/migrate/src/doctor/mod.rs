//! `doctor`: goes from the URL to the tables step by step and says what is wrong, once, with what to do about it.

mod findings;
mod login;
mod network;
mod pages;
mod partitions;
mod pooler;
mod report;
mod server;
mod state;

use std::time::Duration;

pub use self::findings::{Condition, Finding};
pub use self::report::DoctorReport;
use crate::direct::{Access, close, connect};
use crate::error::MigrateError;
use crate::migration::Migration;
use crate::settings::Settings;

/// How long each step over the network may take: a firewall that swallows packets must not hang the doctor.
const PATIENCE: Duration = Duration::from_secs(5);

/// Examines everything. What can't be examined because of what was found before is left out.
///
/// # Errors
/// Never: what goes wrong is what it reports.
pub async fn doctor(settings: &Settings, migrations: &[Migration]) -> DoctorReport {
    let mut findings = Vec::new();
    examine(settings, migrations, &mut findings).await;
    DoctorReport::of(findings)
}

/// The report for settings that can't be used, where nothing else can be examined.
#[must_use]
pub fn without_settings(error: &MigrateError) -> DoctorReport {
    DoctorReport::of(vec![Finding::trouble("settings", error.code(), error.to_string(), "correct the variable")])
}

/// Each step adds to `findings`, and the first that the next ones can't do without ends it.
async fn examine(settings: &Settings, migrations: &[Migration], findings: &mut Vec<Finding>) {
    let mut add = |finding: Finding| {
        tracing::debug!("{}", finding.line());
        let goes_on = finding.condition != Condition::Trouble;
        findings.push(finding);
        goes_on
    };
    add(Finding::fine("settings", format!("ENVIRONMENT is {}", settings.environment.as_str())));
    for finding in network::examine(&settings.url, "DIRECT_URL").await {
        if !add(finding) {
            return;
        }
    }
    if !add(login::examine(&settings.url, "DIRECT_URL").await) {
        return;
    }
    let client = match connect(settings, Access::Read).await {
        Ok(client) => client,
        Err(error) => {
            add(Finding::trouble("server", error.code(), error.to_string(), "see above"));
            return;
        }
    };
    // From here on each step stands for itself.
    for finding in server::examine(&client).await {
        add(finding);
    }
    add(pages::examine(&client).await);
    for finding in state::examine(&client, migrations, settings).await {
        add(finding);
    }
    add(partitions::examine(&client).await);
    close(client).await;
    add(pooler::examine(settings).await);
}
