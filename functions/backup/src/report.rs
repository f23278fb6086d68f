//! What each action answers, for programs and for people.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::key::Kind;
use crate::manifest::Tables;
use crate::monthly::MonthlyReport;

/// What an action did.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Report {
    /// A backup was taken.
    Backup(BackupReport),
    /// A backup was loaded.
    Restore(RestoreReport),
    /// A backup was loaded, compared and dropped.
    Verify(RestoreReport),
    /// The month in figures.
    Report(Box<MonthlyReport>),
    /// Rows that one database has and the other has not.
    RecoverDiff(RecoverReport),
    /// They were copied.
    RecoverMerge(RecoverReport),
}

/// A backup.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Why it was taken.
    pub kind: Kind,
    /// The object's name.
    pub key: String,
    /// Whether it was there before, so that nothing had to be done.
    pub existed: bool,
    /// Its size.
    pub bytes: u64,
    /// How many rows it has in all.
    pub rows: i64,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The copies that are kept longer.
    pub promoted: Vec<String>,
    /// The objects that were old enough to go.
    pub pruned: Vec<String>,
}

/// A backup that was loaded.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    /// The object's name.
    pub key: String,
    /// Where it was loaded.
    pub database: String,
    /// What the tables hold, equal to the manifest.
    pub tables: Tables,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// Rows that are missing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoverReport {
    /// Where they are.
    pub from: String,
    /// The tables, parents before children.
    pub tables: Vec<Missing>,
}

/// Rows of a table that are missing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// The table.
    pub table: String,
    /// How many rows are missing.
    pub missing: i64,
    /// How many of them were inserted.
    pub inserted: u64,
    /// The first few keys.
    pub keys: Vec<String>,
}

impl Report {
    /// What the history of jobs keeps.
    pub(crate) fn counts(&self) -> Value {
        match self {
            Self::Backup(report) => json!({ "key": report.key, "bytes": report.bytes, "rows": report.rows,
                                            "promoted": report.promoted.len(), "pruned": report.pruned.len() }),
            Self::Restore(report) | Self::Verify(report) => json!({ "key": report.key, "tables": report.tables.len() }),
            Self::Report(report) => json!({ "key": report.key, "findings": report.findings.len() }),
            Self::RecoverDiff(report) | Self::RecoverMerge(report) => json!({ "tables": report.tables.len() }),
        }
    }

    /// The report as a person reads it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Backup(report) => report.to_text(),
            Self::Restore(report) => report.to_text("Restored"),
            Self::Verify(report) => report.to_text("Verified, and dropped again,"),
            Self::Report(report) => report.to_text(),
            Self::RecoverDiff(report) => report.to_text("missing"),
            Self::RecoverMerge(report) => report.to_text("inserted"),
        }
    }
}

impl BackupReport {
    fn to_text(&self) -> String {
        let mut text = match self.existed {
            true => format!("{} was there before: nothing to do.", self.key),
            false => format!("{}: {} bytes, {} rows, {} ms.", self.key, self.bytes, self.rows, self.duration_ms),
        };
        for key in &self.promoted {
            let _ = write!(text, "\nKept longer as {key}");
        }
        for key in &self.pruned {
            let _ = write!(text, "\nDeleted, old enough: {key}");
        }
        text
    }
}

impl RestoreReport {
    fn to_text(&self, done: &str) -> String {
        let width = self.tables.keys().map(String::len).max().unwrap_or(0).max(5);
        let mut text = format!("{:width$}  ROWS\n", "TABLE");
        for (name, content) in &self.tables {
            let _ = writeln!(text, "{name:width$}  {}", content.rows);
        }
        text + &format!(
            "{done} {} as {} in {} ms: every table is as its manifest says.",
            self.key, self.database, self.duration_ms
        )
    }
}

impl RecoverReport {
    fn to_text(&self, what: &str) -> String {
        let mut text = String::new();
        for table in &self.tables {
            let count =
                if what == "missing" { table.missing } else { i64::try_from(table.inserted).unwrap_or(i64::MAX) };
            let more = if table.keys.is_empty() { String::new() } else { format!("  {} …", table.keys.join(" ")) };
            let _ = writeln!(text, "{}: {count} {what}{more}", table.table);
        }
        text + &format!("Compared with the database {}.", self.from)
    }
}
