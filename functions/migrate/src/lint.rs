//! `lint`: what is dangerous in migrations, read off the files alone. With a database, `plan` also knows how many rows.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::effects::Effects;
use crate::error::MigrateError;
use crate::migration::from_folder;
use crate::report::counted;
use crate::sources;

/// A comment above a statement that says why it is safe here.
const ACCEPTED: &str = "-- lint: ";

/// What `lint` found.
#[derive(Debug, Clone, Serialize)]
pub struct LintReport {
    /// How many migrations were read.
    pub migrations: usize,
    /// What is dangerous.
    pub dangers: Vec<LintFinding>,
}

/// A dangerous statement.
#[derive(Debug, Clone, Serialize)]
pub struct LintFinding {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is dangerous about it.
    pub says: String,
}

/// Reads the migrations of the project from the version `from` on; without one the newest alone.
///
/// # Errors
/// The sources are not here, or a file can't be used.
pub fn lint(from: Option<i32>) -> Result<LintReport, MigrateError> {
    let folder = sources::root()?.join("migrations");
    let mut migrations = from_folder(&folder)?;
    let newest = migrations.last().map_or(0, |migration| migration.version);
    migrations.retain(|migration| migration.version >= from.unwrap_or(newest));
    let mut dangers = Vec::new();
    for migration in &migrations {
        let text = std::fs::read_to_string(folder.join(&migration.file))
            .map_err(|error| MigrateError::Files(format!("{} can't be read ({error})", migration.file)))?;
        let lines: Vec<&str> = text.lines().collect();
        let mut made = BTreeSet::new();
        for statement in &migration.statements {
            let effects = Effects::of(statement);
            made.extend(effects.creates.clone());
            if is_accepted(&lines, statement.line) {
                continue;
            }
            // A table of the same file is empty, and nobody uses it yet.
            let dangers_here = effects.dangers.iter().filter(|danger| !made.contains(&danger.table));
            dangers.extend(dangers_here.map(|danger| LintFinding {
                file: migration.file.clone(),
                line: statement.line,
                says: format!("{}: {}", danger.table, danger.says),
            }));
        }
    }
    Ok(LintReport { migrations: migrations.len(), dangers })
}

/// Whether the comment right above the statement accepts what it does.
fn is_accepted(lines: &[&str], line: usize) -> bool {
    let above = lines[..line.saturating_sub(1).min(lines.len())].iter().rev();
    above.take_while(|line| line.starts_with("--")).any(|line| line.starts_with(ACCEPTED))
}

impl LintReport {
    pub(crate) fn to_text(&self) -> String {
        let mut text: String =
            self.dangers.iter().map(|one| format!("migrations/{}:{}: {}\n", one.file, one.line, one.says)).collect();
        if !self.dangers.is_empty() {
            text += "Where it is safe all the same, say why in a comment above: \"-- lint: the table is empty\".\n";
        }
        text + &format!("{} read, {}.", counted(self.migrations, "migration"), counted(self.dangers.len(), "danger"))
    }
}

#[cfg(test)]
mod tests {
    use super::is_accepted;

    #[test]
    fn a_comment_right_above_accepts_a_danger() {
        let lines = ["-- lint: empty", "-- Why.", "drop table a;", "drop table b;"];
        assert!(is_accepted(&lines, 3));
        assert!(!is_accepted(&lines, 4) && !is_accepted(&lines, 1));
    }
}
