//! What each action answers, for programs and for people.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::damage::DamagedTable;
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
    /// Every row was read, as far as that was possible.
    RecoverAssess(AssessReport),
    /// A database took the place of another.
    Promote(PromoteReport),
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
    /// How many objects of theirs were queued to be deleted, and stay.
    pub objects_kept: i64,
    /// Pages of the database they come from that can't be read: their rows stay away.
    pub damaged_pages: i64,
    /// The first few keys.
    pub keys: Vec<String>,
}

/// What of a database can be read.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssessReport {
    /// Host, port and name.
    pub database: String,
    /// How many tables are whole.
    pub sound: u64,
    /// The others.
    pub damaged: Vec<DamagedTable>,
}

/// A database that took the place of another.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PromoteReport {
    /// What it was called.
    pub from: String,
    /// What it is called.
    pub database: String,
    /// What the one before is called now; `None`: there was none.
    pub kept: Option<String>,
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
            Self::RecoverAssess(report) => json!({ "sound": report.sound, "damaged": report.damaged.len() }),
            Self::Promote(report) => json!({ "from": report.from, "database": report.database }),
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
            Self::RecoverAssess(report) => report.to_text(),
            Self::Promote(report) => report.to_text(),
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
            if table.objects_kept > 0 {
                let _ = writeln!(text, "{}: {} objects were to be deleted, and stay", table.table, table.objects_kept);
            }
            if table.damaged_pages > 0 {
                let _ = writeln!(
                    text,
                    "{}: {} pages can't be read, and their rows stay away",
                    table.table, table.damaged_pages
                );
            }
        }
        text + &format!("Compared with the database {}.", self.from)
    }
}

impl AssessReport {
    /// Whether everything can be read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for DamagedTable { table, pages, damaged, readable_rows, says } in &self.damaged {
            let _ = writeln!(
                text,
                "{table}: {damaged} of {pages} pages can't be read ({says}); the others hold {readable_rows} rows"
            );
        }
        match self.damaged.len() {
            0 => format!("{}: every row of {} tables can be read.", self.database, self.sound),
            tables => text + &format!("{}: {tables} tables are damaged, {} are whole.", self.database, self.sound),
        }
    }
}

impl PromoteReport {
    fn to_text(&self) -> String {
        let before = self.kept.as_ref().map_or(String::new(), |kept| format!(" What it was before is kept as {kept}."));
        format!("{} is now {}.{before}", self.from, self.database)
    }
}
