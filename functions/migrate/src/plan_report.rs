//! What `plan` found, for programs and for people: SQL with its effects as comments.

use std::fmt::Write as _;

use serde::Serialize;

use crate::catalogue::Difference;
use crate::effects::Lock;
use crate::report::{counted, table};

/// What `deploy` would run.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// How many migrations wait.
    pub pending: usize,
    /// They, in order.
    pub migrations: Vec<PlannedMigration>,
    /// What somebody changed by hand since the last migration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Difference>,
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
    /// The existing tables that it locks.
    pub locks: Vec<PlannedLock>,
    /// Whether it runs code, whose locks are not known beforehand.
    pub runs_code: bool,
    /// What is dangerous about it, with the rows that are there now.
    pub warnings: Vec<String>,
}

/// A lock that a statement takes, until the end of its file where that is one transaction.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedLock {
    /// The table, or the index that is dropped.
    pub table: String,
    /// The lock.
    pub lock: Lock,
    /// What of others waits meanwhile.
    pub stops: &'static str,
    /// About how many rows the table has; `None` when the plan itself makes it, negative when nobody has counted.
    pub rows: Option<i64>,
}

impl PlanReport {
    pub(crate) fn to_text(&self) -> String {
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
        let locks: Vec<_> = self.rows().collect();
        if !locks.is_empty() {
            let table = table(["STATEMENT", "LOCK", "STOPS", "TABLE", "ROWS"], locks.into_iter());
            table.lines().for_each(|line| text += &format!("-- {line}\n"));
        }
        for (file, statement) in self.statements() {
            for warning in &statement.warnings {
                let _ = writeln!(text, "-- Warning, {file} statement {}: {warning}", statement.number);
            }
        }
        for difference in &self.drift {
            let _ = writeln!(text, "-- Warning, changed by hand since the last migration: {difference}");
        }
        text + &format!("-- {} pending; nothing was changed.", counted(self.pending, "migration"))
    }

    fn statements(&self) -> impl Iterator<Item = (String, &PlannedStatement)> {
        let of = |migration: &PlannedMigration| format!("V{:04}", migration.version);
        self.migrations.iter().flat_map(move |one| one.statements.iter().map(move |statement| (of(one), statement)))
    }

    /// A line for each lock on a table that others use already, and for each statement that runs code.
    fn rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.statements().flat_map(|(file, statement)| {
            let place = format!("{file}:{}", statement.number);
            let locks = statement.locks.iter().filter_map(|lock| {
                let rows = match lock.rows? {
                    rows if rows < 0 => "not counted".to_owned(),
                    rows => rows.to_string(),
                };
                Some((lock.lock.as_str(), lock.stops, lock.table.clone(), rows))
            });
            let code = statement.runs_code.then(|| ("not known: it runs code", "", String::new(), String::new()));
            let rows: Vec<_> = locks.chain(code).collect();
            rows.into_iter()
                .map(move |(lock, stops, table, rows)| [place.clone(), lock.to_owned(), stops.to_owned(), table, rows])
        })
    }
}
