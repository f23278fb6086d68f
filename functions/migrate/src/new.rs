//! `new`: the next migration's file.

use std::fs::OpenOptions;
use std::io::Write;

use serde::Serialize;

use crate::error::MigrateError;
use crate::{file_name, sources};

const TEMPLATE: &str = "-- What this changes, and why.\n";
const WITHOUT_TRANSACTION: &str = "-- migrate: no-transaction\n-- What this changes, and why.\n";

/// What `new` made.
#[derive(Debug, Clone, Serialize)]
pub struct NewReport {
    /// The file, from the project's folder on.
    pub file: String,
}

/// Makes the file of the next migration.
///
/// # Errors
/// The name is malformed, the sources are not here, or their numbers have a gap.
pub fn new(name: &str, no_transaction: bool) -> Result<NewReport, MigrateError> {
    let folder = sources::root()?.join("migrations");
    let files = sources::sql_files(&folder)?;
    let names: Vec<String> = files
        .iter()
        .filter_map(|(path, _)| path.file_name().and_then(|name| name.to_str()).map(str::to_owned))
        .collect();
    file_name::check_sequence(&names).map_err(MigrateError::Files)?;
    let file = format!("V{:04}__{name}.sql", names.len() + 1);
    file_name::parse(&file).map_err(|_| {
        MigrateError::Request(format!(
            "{name:?} is no name for a migration: write a-z, 0-9 and _, such as add_user_role"
        ))
    })?;
    let failed = |error: std::io::Error| MigrateError::Files(format!("{file} could not be written: {error}"));
    // Two at once must not write over each other.
    let mut made = OpenOptions::new().write(true).create_new(true).open(folder.join(&file)).map_err(failed)?;
    let template = if no_transaction { WITHOUT_TRANSACTION } else { TEMPLATE };
    made.write_all(template.as_bytes()).map_err(failed)?;
    Ok(NewReport { file: format!("migrations/{file}") })
}

impl NewReport {
    pub(crate) fn to_text(&self) -> String {
        format!(
            "{} is made. Write it, then: cargo db lint, cargo db plan, cargo db rehearse, cargo db deploy. \
             Functions that need it: raise SCHEMA_VERSION in shared/src/database.",
            self.file
        )
    }
}
