//! `validate`: the database prepares every SQL text of the code, so that a wrong column is found before anybody calls.

mod texts;

use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use self::texts::{Text, texts};
use crate::error::{MigrateError, says};
use crate::report::counted;
use crate::sources;
use crate::statements::split;

/// What the code binds.
const TYPES: [&str; 7] = ["text", "timestamptz", "bigint", "integer", "boolean", "bytea", "jsonb"];

/// What `validate` found.
#[derive(Debug, Clone, Serialize)]
pub struct ValidateReport {
    /// How many texts the database accepts.
    pub accepted: usize,
    /// The texts that are put together at run time, so that they can't be checked here.
    pub unchecked: Vec<String>,
    /// The texts that it refuses.
    pub refused: Vec<RefusedText>,
}

/// A text that the database refuses.
#[derive(Debug, Clone, Serialize)]
pub struct RefusedText {
    /// The file, and the constant or function.
    pub place: String,
    /// The text's first line.
    pub first_line: String,
    /// What PostgreSQL says.
    pub says: String,
}

/// Prepares the SQL of `functions/` and `shared/`. Nothing is executed.
///
/// # Errors
/// The sources are not here, or the connection breaks.
pub async fn validate(client: &Client) -> Result<ValidateReport, MigrateError> {
    let root = sources::root()?;
    let mut files = Vec::new();
    for folder in ["functions", "shared"] {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    if files.is_empty() {
        return Err(MigrateError::Files(format!("{} has neither functions/ nor shared/ with code", root.display())));
    }
    let mut report = ValidateReport { accepted: 0, unchecked: Vec::new(), refused: Vec::new() };
    for file in files {
        let place = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let code = std::fs::read_to_string(&file).map_err(|error| MigrateError::Files(format!("{place}: {error}")))?;
        for text in texts(&place, &file, &code) {
            check(client, text, &mut report).await?;
        }
    }
    Ok(report)
}

async fn check(client: &Client, text: Text, report: &mut ValidateReport) -> Result<(), MigrateError> {
    // A gap that `format!` or `replace` fills.
    if text.sql.contains('{') {
        report.unchecked.push(text.place);
        return Ok(());
    }
    let statements = split(&text.sql).unwrap_or_default();
    for statement in &statements {
        match prepared(client, &statement.sql).await? {
            None => report.accepted += 1,
            Some(says) => report.refused.push(RefusedText {
                place: text.place.clone(),
                first_line: statement.first_line().to_owned(),
                says,
            }),
        }
    }
    Ok(())
}

/// Why the database refuses a statement, if it does.
async fn prepared(client: &Client, sql: &str) -> Result<Option<String>, MigrateError> {
    let Some(error) = prepare(client, sql, "").await? else { return Ok(None) };
    // The code sends the types of its parameters along. Here they aren't known: what has any typing that fits is right.
    let parameters = (1..=99).take_while(|number| sql.contains(&format!("${number}"))).count();
    let about_types = [
        SqlState::INDETERMINATE_DATATYPE,
        SqlState::AMBIGUOUS_PARAMETER,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::DATATYPE_MISMATCH,
        SqlState::AMBIGUOUS_FUNCTION,
    ];
    if parameters > 0 && error.code().is_some_and(|code| about_types.contains(code)) {
        for types in typings(parameters) {
            if prepare(client, sql, &types).await?.is_none() {
                return Ok(None);
            }
        }
    }
    Ok(Some(says(&error)))
}

async fn prepare(client: &Client, sql: &str, types: &str) -> Result<Option<tokio_postgres::Error>, MigrateError> {
    match client.batch_execute(&format!("prepare validated {types} as {sql}")).await {
        Ok(()) => {
            client.batch_execute("deallocate validated").await?;
            Ok(None)
        }
        Err(error) if error.as_db_error().is_some() => Ok(Some(error)),
        Err(error) => Err(error.into()),
    }
}

/// One or two parameters with a type, the others left to the database.
fn typings(parameters: usize) -> Vec<String> {
    let known: Vec<(usize, &str)> =
        (0..parameters).flat_map(|parameter| TYPES.iter().map(move |name| (parameter, *name))).collect();
    let one = known.iter().map(|first| vec![*first]);
    let two = known
        .iter()
        .flat_map(|first| known.iter().filter(|second| second.0 > first.0).map(|second| vec![*first, *second]));
    let typing = |chosen: Vec<(usize, &str)>| {
        let name = |parameter| chosen.iter().find(|(at, _)| *at == parameter).map_or("unknown", |(_, name)| name);
        format!("({})", (0..parameters).map(name).collect::<Vec<_>>().join(", "))
    };
    one.chain(two).map(typing).collect()
}

/// The code below a folder, without tests and without what was built.
fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            // The runner's own texts are about databases that it has not migrated yet.
            if !matches!(name.as_str(), "tests" | "target" | "migrate") {
                rust_files(&path, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

impl ValidateReport {
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for refused in &self.refused {
            text += &format!("{}: {}\n  {}\n", refused.place, refused.first_line, refused.says);
        }
        if !self.unchecked.is_empty() {
            text += &format!("Put together at run time, so not checked: {}.\n", self.unchecked.join(", "));
        }
        text + &format!(
            "{} accepted by the database, {} refused.",
            counted(self.accepted, "SQL text"),
            self.refused.len()
        )
    }
}
