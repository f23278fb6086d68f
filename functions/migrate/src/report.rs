//! What an action reports: the same values as JSON for programs and as a table for people.

use serde::Serialize;

use crate::baseline::BaselineReport;
use crate::catalogue::Difference;
use crate::doctor::DoctorReport;
use crate::failover::FailoverReport;
use crate::format::FormatReport;
use crate::incident::IncidentReport;
use crate::lint::LintReport;
use crate::maintenance::MaintenanceReport;
use crate::new::NewReport;
pub use crate::plan_report::{PlanReport, PlannedLock, PlannedMigration, PlannedStatement};
use crate::reconcile::ReconcileReport;
use crate::rehearse::RehearseReport;
use crate::reset::ResetReport;
use crate::resolve::ResolveReport;
use crate::seed::SeedReport;
pub use crate::status_report::{MigrationState, StatusReport, Verdict};
use crate::vacuum::VacuumReport;
use crate::validate::ValidateReport;

/// What an action found or did. As JSON it starts with `"action"`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Report {
    /// Of `deploy`.
    Deploy(DeployReport),
    /// Of `status`.
    Status(StatusReport),
    /// Of `plan`.
    Plan(PlanReport),
    /// Of `doctor`.
    Doctor(DoctorReport),
    /// Of `failover-check`.
    FailoverCheck(FailoverReport),
    /// Of `resolve`.
    Resolve(ResolveReport),
    /// Of `baseline`.
    Baseline(BaselineReport),
    /// Of `rehearse`.
    Rehearse(RehearseReport),
    /// Of `reset`.
    Reset(ResetReport),
    /// Of `new`.
    New(NewReport),
    /// Of `format`.
    Format(FormatReport),
    /// Of `lint`.
    Lint(LintReport),
    /// Of `validate`.
    Validate(ValidateReport),
    /// Of `seed`.
    Seed(SeedReport),
    /// Of `cleanup-e2e`.
    CleanupE2e(SeedReport),
    /// Of `reconcile`.
    Reconcile(ReconcileReport),
    /// Of `vacuum`.
    Vacuum(VacuumReport),
    /// Of `incident`.
    Incident(IncidentReport),
    /// Of `maintenance`.
    Maintenance(MaintenanceReport),
}

/// What `deploy` did.
#[derive(Debug, Clone, Serialize)]
pub struct DeployReport {
    /// What this run applied, in order.
    pub applied: Vec<AppliedMigration>,
    /// How many were there before.
    pub already_applied: usize,
    /// How many are left: none.
    pub pending: usize,
    /// What somebody had changed by hand before; from now on it counts as what the migrations left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Difference>,
}

/// A migration that was just applied.
#[derive(Debug, Clone, Serialize)]
pub struct AppliedMigration {
    /// The version.
    pub version: i32,
    /// The name.
    pub name: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

impl Report {
    /// The report as a person reads it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Deploy(report) => report.to_text(),
            Self::Status(report) => report.to_text(),
            Self::Plan(report) => report.to_text(),
            Self::Doctor(report) => report.to_text(),
            Self::FailoverCheck(report) => report.to_text(),
            Self::Resolve(report) => report.to_text(),
            Self::Incident(report) => report.to_text(),
            Self::Maintenance(report) => report.to_text(),
            Self::Vacuum(report) => report.to_text(),
            Self::Baseline(report) => report.to_text(),
            Self::Rehearse(report) => report.to_text(),
            Self::Reset(report) => report.to_text(),
            Self::New(report) => report.to_text(),
            Self::Format(report) => report.to_text(),
            Self::Lint(report) => report.to_text(),
            Self::Validate(report) => report.to_text(),
            Self::Seed(report) | Self::CleanupE2e(report) => report.to_text(),
            Self::Reconcile(report) => report.to_text(),
        }
    }
}

impl DeployReport {
    fn to_text(&self) -> String {
        let rows = self
            .applied
            .iter()
            .map(|applied| [version(applied.version), applied.name.clone(), format!("{} ms", applied.duration_ms)]);
        let mut text =
            if self.applied.is_empty() { String::new() } else { table(["VERSION", "NAME", "TIME"], rows) + "\n" };
        text += &match self.applied.len() {
            0 => format!("Nothing to do: {} applied before.", counted(self.already_applied, "migration")),
            count => format!(
                "Applied {} ({} before). The database is up to date.",
                counted(count, "migration"),
                self.already_applied
            ),
        };
        text
    }
}

pub(crate) fn version(version: i32) -> String {
    format!("V{version:04}")
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Columns as wide as their widest cell, two spaces apart.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{AppliedMigration, DeployReport, Report, table};

    #[test]
    fn a_table_is_aligned() {
        let rows = [["V0001".to_owned(), "a".to_owned()], ["V0002".to_owned(), "long".to_owned()]];
        assert_eq!(table(["VERSION", "N"], rows.into_iter()), "VERSION  N\nV0001    a\nV0002    long");
    }

    #[test]
    fn a_report_says_which_action_it_is_of() {
        let applied = vec![AppliedMigration { version: 1, name: "accounts".to_owned(), duration_ms: 12 }];
        let report = Report::Deploy(DeployReport { applied, already_applied: 0, pending: 0, drift: Vec::new() });
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"action":"deploy","applied":[{"version":1,"name":"accounts","duration_ms":12}],"already_applied":0,"pending":0}"#
        );
        assert_eq!(
            report.to_text(),
            "VERSION  NAME      TIME\nV0001    accounts  12 ms\nApplied 1 migration (0 before). The database is up to date."
        );
    }
}
