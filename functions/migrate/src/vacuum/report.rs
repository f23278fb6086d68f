//! What `vacuum` did, for programs and for people.

use serde::Serialize;
use serde_json::{Value, json};
use shared::job_runs::Status;

use crate::report::{counted, table};

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct VacuumReport {
    /// `SKIPPED` while another run is at work, or writing is stopped.
    pub status: Status,
    /// The beginning of the week, ISO 8601: a table that was done since is left alone.
    pub since: String,
    /// What was done, in order.
    pub vacuumed: Vec<Vacuumed>,
    /// What was not, and why; the next run tries again.
    pub skipped: Vec<SkippedTable>,
    /// How many tables the time was too short for.
    pub left: usize,
}

/// A table that was vacuumed and analysed.
#[derive(Debug, Clone, Serialize)]
pub struct Vacuumed {
    /// Which.
    pub table: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Its size before, by the last statistics.
    pub bytes: i64,
    /// Rows that nobody saw any more, before.
    pub dead_rows: i64,
}

/// A table that was not.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedTable {
    /// Which.
    pub table: String,
    /// Why, and what to do.
    pub reason: String,
}

impl VacuumReport {
    pub(super) fn new(status: Status, since: String) -> Self {
        Self { status, since, vacuumed: Vec::new(), skipped: Vec::new(), left: 0 }
    }

    pub(super) fn skip(&mut self, table: &str, reason: &str) {
        self.skipped.push(SkippedTable { table: table.to_owned(), reason: reason.to_owned() });
    }

    /// What the history of jobs keeps.
    pub(super) fn counts(&self) -> Value {
        json!({ "vacuumed": self.vacuumed.len(), "skipped": self.skipped, "left": self.left })
    }

    pub(crate) fn to_text(&self) -> String {
        if self.status == Status::Skipped {
            return "Nothing was done: another run is at work, or writing is stopped for maintenance.".to_owned();
        }
        let rows = self.vacuumed.iter().map(|one| {
            [one.table.clone(), format!("{} ms", one.duration_ms), one.bytes.to_string(), one.dead_rows.to_string()]
        });
        let mut text = match self.vacuumed.is_empty() {
            true => String::new(),
            false => table(["TABLE", "TIME", "BYTES BEFORE", "DEAD ROWS BEFORE"], rows) + "\n",
        };
        for skipped in &self.skipped {
            text += &format!("Not {}: {}\n", skipped.table, skipped.reason);
        }
        text += &match (self.vacuumed.len(), self.left, self.skipped.len()) {
            (0, 0, 0) => format!("Nothing to do: every table was vacuumed since {}.", self.since),
            (done, 0, _) => format!("Vacuumed and analysed {}.", counted(done, "table")),
            (done, left, _) => {
                format!("Vacuumed and analysed {}; {left} are left to the next run.", counted(done, "table"))
            }
        };
        text
    }
}
