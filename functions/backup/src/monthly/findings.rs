//! What needs somebody, in sentences.

use jiff::{SignedDuration, Timestamp};

use super::{Operation, Server};

/// A restore for proof is due once a month.
const PROVEN_WITHIN: SignedDuration = SignedDuration::from_hours(35 * 24);

pub(super) fn of(operation: &Operation, server: Option<&Server>, now: Timestamp) -> Vec<String> {
    let mut findings = Vec::new();
    let backups = &operation.backups;
    if !backups.missing_days.is_empty() {
        let days = backups.missing_days.join(", ");
        findings.push(format!("No daily backup of {} day(s): {days}", backups.missing_days.len()));
    }
    let proven: Option<Timestamp> = backups.last_proven_at.as_deref().and_then(|moment| moment.parse().ok());
    if proven.is_none_or(|proven| now.duration_since(proven) > PROVEN_WITHIN) {
        findings.push("No backup was restored for proof lately: `cargo db verify`".to_owned());
    }
    findings.extend(operation.jobs.failed.iter().map(|job| format!("{} failed {} time(s)", job.job, job.times)));
    findings.extend(operation.alerts.fired.iter().map(|alert| format!("{} fired {} time(s)", alert.rule, alert.times)));
    let Some(server) = server else { return findings };
    for table in server.tables.iter().filter(|table| table.is_bloated) {
        findings.push(format!("{}: {:.0} % of its rows are dead", table.name, table.dead_percent));
    }
    for table in &server.stale_statistics {
        findings.push(format!("{table}: its statistics are stale; `cargo db vacuum`, or `analyze {table}`"));
    }
    if server.index_uses_are_conclusive {
        findings.extend(server.unused_indexes.iter().map(|index| format!("{}: never used", index.name)));
    }
    findings
}
