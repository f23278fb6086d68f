//! What an action reports: the same values as JSON for programs and as a table for people.

use std::fmt::Write as _;

use serde::Serialize;

use crate::history::State;
use crate::reconcile::ReconcileReport;

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
    /// Of `seed`.
    Seed(SeedReport),
    /// Of `reconcile`.
    Reconcile(ReconcileReport),
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

/// How files and database stand to each other.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// The answer in a word.
    pub verdict: Verdict,
    /// The environment that the database is marked with.
    pub environment: Option<String>,
    /// How many migrations wait for `deploy`.
    pub pending: usize,
    /// Why `deploy` would refuse, if it would.
    pub problem: Option<String>,
    /// Every migration, in order.
    pub migrations: Vec<MigrationState>,
}

/// How files and database stand to each other, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to do.
    UpToDate,
    /// `deploy` has work.
    Pending,
    /// `deploy` would refuse.
    Diverged,
}

/// How one migration stands.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationState {
    /// The version.
    pub version: i32,
    /// The name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// When it was applied, as ISO 8601 in UTC.
    pub applied_at: Option<String>,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// What `deploy` would run.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// How many migrations wait.
    pub pending: usize,
    /// They, in order.
    pub migrations: Vec<PlannedMigration>,
}

/// A pending migration.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedMigration {
    /// The version.
    pub version: i32,
    /// The name.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// Whether it runs as one transaction.
    pub transaction: bool,
    /// What would run, in order.
    pub statements: Vec<PlannedStatement>,
}

/// A statement that would run.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStatement {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its line in the file.
    pub line: usize,
    /// Its text.
    pub sql: String,
}

/// What a seed did.
#[derive(Debug, Clone, Serialize)]
pub struct SeedReport {
    /// The seed.
    pub name: String,
    /// How many users were given.
    pub users: usize,
    /// How many rows its statements changed or found.
    pub rows: u64,
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
            Self::Seed(report) => report.to_text(),
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

impl StatusReport {
    fn to_text(&self) -> String {
        let rows = self.migrations.iter().map(|migration| {
            let time = migration.duration_ms.map(|duration| format!("{duration} ms")).unwrap_or_default();
            let applied_at = migration.applied_at.clone().unwrap_or_default();
            [version(migration.version), migration.name.clone(), migration.state.as_str().to_owned(), applied_at, time]
        });
        let environment = self.environment.as_deref().unwrap_or("not marked yet");
        let table = table(["VERSION", "NAME", "STATE", "APPLIED AT", "TIME"], rows);
        let verdict = match (self.verdict, &self.problem) {
            (Verdict::UpToDate, _) => "The database is up to date.".to_owned(),
            (Verdict::Pending, _) => format!("{} pending: run `cargo db deploy`.", counted(self.pending, "migration")),
            (Verdict::Diverged, problem) => {
                format!("Deploy would refuse: {}.", problem.as_deref().unwrap_or("files and database differ"))
            }
        };
        format!("{table}\nEnvironment of the database: {environment}\n{verdict}")
    }
}

impl PlanReport {
    fn to_text(&self) -> String {
        if self.pending == 0 {
            return "-- Nothing to do: the database is up to date.".to_owned();
        }
        let mut text = String::new();
        for migration in &self.migrations {
            let how = if migration.transaction { "in one transaction" } else { "without a transaction" };
            let _ = writeln!(text, "-- {} ({how})", migration.file);
            for statement in &migration.statements {
                let _ =
                    writeln!(text, "-- statement {}, line {}\n{};\n", statement.number, statement.line, statement.sql);
            }
        }
        text + &format!("-- {} pending; nothing was changed.", counted(self.pending, "migration"))
    }
}

impl SeedReport {
    fn to_text(&self) -> String {
        format!(
            "Seeded \"{}\" in {} ms: {} given, {} rows changed or found.",
            self.name,
            self.duration_ms,
            counted(self.users, "user"),
            self.rows
        )
    }
}

fn version(version: i32) -> String {
    format!("V{version:04}")
}

fn counted(count: usize, what: &str) -> String {
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
        let report = Report::Deploy(DeployReport { applied, already_applied: 0, pending: 0 });
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
