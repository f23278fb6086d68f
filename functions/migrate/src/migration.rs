//! Migrations: where they come from, and what makes one.

use std::fs;
use std::path::Path;

use shared::secret::{hex, sha256};

use crate::error::MigrateError;
use crate::file_name;
use crate::rules;
use crate::statements::{Refusal, Statement, split};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Written in the first line of a file whose statements can't run inside a transaction.
const NO_TRANSACTION: &str = "-- migrate: no-transaction";

/// One file of `migrations/`.
#[derive(Debug, Clone)]
pub struct Migration {
    /// 1, 2, 3 … without a gap.
    pub version: i32,
    /// The part of the file's name that people chose.
    pub name: String,
    /// The file's name, `V0001__accounts.sql`.
    pub file: String,
    /// SHA-256 of the file in hex: an applied file must never change.
    pub checksum: String,
    /// Whether it runs as one transaction.
    pub transaction: bool,
    /// What it does, in order.
    pub statements: Vec<Statement>,
}

impl Migration {
    /// Reads one file.
    ///
    /// # Errors
    /// The name is malformed, the SQL can't be split, or a statement may not stand in a migration.
    pub fn parse(file: &str, text: &str) -> Result<Self, MigrateError> {
        let (version, name) = file_name::parse(file).map_err(MigrateError::Files)?;
        let refuse = |Refusal { line, reason }| MigrateError::File { file: file.to_owned(), line, reason };
        let transaction = wants_transaction(text).map_err(refuse)?;
        let statements = split(text).map_err(refuse)?;
        if statements.is_empty() {
            return Err(refuse(Refusal {
                line: 1,
                reason: "the file has no statement; write one or remove the file".to_owned(),
            }));
        }
        for statement in &statements {
            let allowed =
                if transaction { rules::in_transaction(statement) } else { rules::without_transaction(statement) };
            allowed.map_err(|reason| refuse(Refusal { line: statement.line, reason }))?;
        }
        let checksum = hex(&sha256(text));
        Ok(Self { version, name: name.to_owned(), file: file.to_owned(), checksum, transaction, statements })
    }
}

/// The migrations that are built into this binary, in order.
///
/// # Errors
/// As [`Migration::parse`].
pub fn embedded() -> Result<Vec<Migration>, MigrateError> {
    MIGRATIONS.iter().map(|(file, text)| Migration::parse(file, text)).collect()
}

/// The migrations of a folder, in order.
///
/// # Errors
/// A file can't be read, as [`Migration::parse`], or versions are missing or doubled.
pub fn from_folder(folder: &Path) -> Result<Vec<Migration>, MigrateError> {
    let unreadable =
        |error| MigrateError::Files(format!("{} can't be read ({error}); check MIGRATIONS_DIR", folder.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        if file_name::is_embedded(&file) {
            files.push(file);
        }
    }
    files.sort();
    file_name::check_sequence(&files).map_err(MigrateError::Files)?;
    let read = |file: &String| Migration::parse(file, &fs::read_to_string(folder.join(file)).map_err(unreadable)?);
    files.iter().map(read).collect()
}

/// The seeds that are built into this binary: file name and text.
pub(crate) fn embedded_seeds() -> &'static [(&'static str, &'static str)] {
    SEEDS
}

/// A header that is misspelt or not in the first line would silently do nothing, so it is refused.
fn wants_transaction(text: &str) -> Result<bool, Refusal> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if index == 0 && line == NO_TRANSACTION {
            continue;
        }
        if line.trim_start().starts_with("-- migrate:") {
            let reason = format!("a header that nobody reads; the only one is \"{NO_TRANSACTION}\", in the first line");
            return Err(Refusal { line: index + 1, reason });
        }
    }
    Ok(text.lines().next().is_none_or(|line| line.trim_end() != NO_TRANSACTION))
}

#[cfg(test)]
mod tests {
    use super::{Migration, embedded};

    fn refusal(text: &str) -> String {
        Migration::parse("V0002__b.sql", text).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_migrations_can_be_used() {
        let migrations = embedded().unwrap();
        assert!(migrations.iter().zip(1..).all(|(migration, version)| migration.version == version));
    }

    #[test]
    fn a_file_becomes_a_migration() {
        let migration = Migration::parse("V0012__box_tiers.sql", "create table a (b int);\nselect 1;").unwrap();
        assert_eq!((migration.version, migration.name.as_str(), migration.statements.len()), (12, "box_tiers", 2));
        assert_eq!(migration.checksum, "3cac9e233dc2ab9000af9e41822c483191e4172799e0724846424301150cda5f");
        assert!(migration.transaction);
    }

    #[test]
    fn the_header_switches_the_transaction_off() {
        let text = "-- migrate: no-transaction\r\ncreate index concurrently a on b (c);";
        assert!(!Migration::parse("V0002__b.sql", text).unwrap().transaction);
        for wrong in ["\n-- migrate: no-transaction\nselect 1", "-- migrate: notransaction\nselect 1"] {
            let said = refusal(wrong);
            assert!(said.starts_with("V0002__b.sql") && said.contains("no-transaction"), "{said}");
        }
    }

    #[test]
    fn a_refusal_names_file_and_line() {
        assert!(refusal("select 1;\ncommit;").starts_with("V0002__b.sql, line 2: "));
        assert!(
            refusal("-- migrate: no-transaction\ncreate index concurrently a on b (c);\ncreate table c ();")
                .starts_with("V0002__b.sql, line 3: ")
        );
        assert!(refusal("select 1;\n'").starts_with("V0002__b.sql, line 2: "));
        assert!(refusal("-- later\n").contains("no statement"));
    }
}
