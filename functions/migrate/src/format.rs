//! `format`: the house style of SQL files. Lower case, no tabs, nothing at the end of a line, one line break at the end.

use std::path::Path;

use serde::Serialize;
use tokio_postgres::Client;

use crate::error::MigrateError;
use crate::history;
use crate::lexer::{Lexeme, Token, lex};
use crate::report::counted;
use crate::{file_name, sources};

/// What `format` found.
#[derive(Debug, Clone, Serialize)]
pub struct FormatReport {
    /// How many files were read.
    pub files: usize,
    /// What differs from the house style.
    pub findings: Vec<StyleFinding>,
    /// The files that were corrected.
    pub written: Vec<String>,
}

/// One line that differs from the house style.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StyleFinding {
    /// The file, from the project's folder on.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What differs.
    pub says: String,
}

impl FormatReport {
    /// Whether nothing differs any more.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| self.written.contains(&finding.file))
    }
}

/// Checks every file of `migrations/` and `seeds/`.
///
/// # Errors
/// The sources are not here, or a file is no SQL.
pub fn check() -> Result<FormatReport, MigrateError> {
    examine(None)
}

/// Corrects the files too, except migrations that the database has applied: those must stay as they are.
///
/// # Errors
/// As [`check`], the database can't be read, or a file can't be written.
pub async fn write(client: &Client) -> Result<FormatReport, MigrateError> {
    let applied: Vec<i32> = history::read(client).await?.iter().map(|row| row.version).collect();
    examine(Some(&applied))
}

fn examine(write_except: Option<&[i32]>) -> Result<FormatReport, MigrateError> {
    let root = sources::root()?;
    let mut report = FormatReport { files: 0, findings: Vec::new(), written: Vec::new() };
    for folder in ["migrations", "seeds"] {
        if !root.join(folder).is_dir() {
            continue;
        }
        for (path, text) in sources::sql_files(&root.join(folder))? {
            let file = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            let styled = styled(&text).map_err(|reason| MigrateError::Files(format!("{file}: {reason}")))?;
            report.files += 1;
            report.findings.extend(findings(&file, &text, &styled));
            let may_write =
                write_except.is_some_and(|applied| !version(&path).is_some_and(|one| applied.contains(&one)));
            if styled != text && may_write {
                std::fs::write(&path, styled).map_err(|error| MigrateError::Files(format!("{file}: {error}")))?;
                report.written.push(file);
            }
        }
    }
    Ok(report)
}

fn version(path: &Path) -> Option<i32> {
    file_name::parse(path.file_name()?.to_str()?).ok().map(|(version, _)| version)
}

/// The text in the house style. Constants and quoted names are left alone.
fn styled(text: &str) -> Result<String, String> {
    let lexemes = lex(text).map_err(|unreadable| unreadable.reason.to_owned())?;
    let mut styled = String::with_capacity(text.len());
    let mut at = 0;
    for Lexeme { token, start, end } in &lexemes {
        styled += &blank(&text[at..*start]);
        let own = &text[*start..*end];
        match token {
            Token::Word(_) => styled += &own.to_lowercase(),
            Token::Quoted(_) | Token::Constant | Token::Symbol(_) => styled += own,
        }
        at = *end;
    }
    styled += &blank(&text[at..]);
    let length = styled.trim_end().len();
    styled.truncate(length);
    styled.push('\n');
    Ok(styled)
}

/// White space and comments between two words.
fn blank(text: &str) -> String {
    let mut lines: Vec<String> = text.replace('\t', "    ").replace('\r', "").split('\n').map(str::to_owned).collect();
    if let Some((_, before)) = lines.split_last_mut() {
        before.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    }
    lines.join("\n")
}

fn findings(file: &str, text: &str, styled: &str) -> Vec<StyleFinding> {
    let finding = |line: usize, says: &str| StyleFinding { file: file.to_owned(), line, says: says.to_owned() };
    let mut found = Vec::new();
    for (number, (own, wanted)) in (1..).zip(text.split('\n').zip(styled.split('\n'))) {
        if own == wanted {
            continue;
        }
        let says = if own.contains('\t') {
            "a tab: write four spaces"
        } else if own.trim_end() == wanted {
            "white space at the end"
        } else {
            "capitals: write keywords and names in lower case"
        };
        found.push(finding(number, says));
    }
    let lines = |text: &str| text.split('\n').count();
    if lines(text) != lines(styled) {
        found.push(finding(lines(text), "the file ends in one line break"));
    }
    found
}

impl FormatReport {
    pub(crate) fn to_text(&self) -> String {
        let lines = self.findings.iter().map(|one| format!("{}:{}: {}\n", one.file, one.line, one.says));
        let mut text: String = lines.collect();
        for file in &self.written {
            text += &format!("{file} is corrected.\n");
        }
        if !self.is_clean() {
            text += "Applied migrations stay as they are; `cargo db format --write` corrects the others.\n";
        }
        text + &format!("{} read, {}.", counted(self.files, "file"), counted(self.findings.len(), "finding"))
    }
}

#[cfg(test)]
mod tests {
    use super::{findings, styled};

    #[test]
    fn the_house_style_leaves_constants_and_quoted_names_alone() {
        let text = "-- A Comment \nCREATE TABLE \"A\" (\n\tb text default 'X\t ',  \n  c INT\n);\n\n\n";
        let wanted = "-- A Comment\ncreate table \"A\" (\n    b text default 'X\t ',\n  c int\n);\n";
        assert_eq!(styled(text).unwrap(), wanted);
        assert_eq!(styled(wanted).unwrap(), wanted);
        assert_eq!(styled("do $$\n\tBEGIN \nend $$;").unwrap(), "do $$\n\tBEGIN \nend $$;\n");
    }

    #[test]
    fn each_line_is_named() {
        let text = "SELECT 1; \n\tselect 2;\nselect 3; ";
        let found = findings("a.sql", text, &styled(text).unwrap());
        let said: Vec<_> = found.iter().map(|one| (one.line, one.says.split(':').next().unwrap())).collect();
        assert_eq!(
            said,
            [(1, "capitals"), (2, "a tab"), (3, "white space at the end"), (3, "the file ends in one line break")]
        );
    }
}
