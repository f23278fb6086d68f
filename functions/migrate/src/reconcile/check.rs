//! One thing that must be true, and how it stands in a database.

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;

/// How many rows that break a rule are named.
const NAMED: i64 = 20;

/// One thing that must be true.
#[derive(Debug)]
pub struct Check {
    /// Its name, for programs.
    pub name: &'static str,
    /// What must be true, in a sentence.
    pub says: &'static str,
    /// The rows that it looks at, as a `from` clause.
    pub of: &'static str,
    /// Answers an id and a detail for each row that breaks the rule.
    pub sql: &'static str,
    /// How bad that is.
    pub weight: Weight,
}

/// How bad a broken rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Something is wrong.
    Fault,
    /// Worth knowing.
    Note,
}

/// How a check came out.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The check's name.
    pub name: &'static str,
    /// What must be true.
    pub says: &'static str,
    /// How bad it is if not.
    pub weight: Weight,
    /// How many rows it looked at.
    pub rows: i64,
    /// How many break the rule.
    pub found: i64,
    /// The first of these, by id.
    pub first: Vec<Offender>,
}

/// A row that breaks a rule.
#[derive(Debug, Clone, Serialize)]
pub struct Offender {
    /// Which row; without personal data.
    pub id: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Checked {
    /// How many rows break a rule that must hold.
    pub fn faults(&self) -> i64 {
        if self.weight == Weight::Fault { self.found } else { 0 }
    }
}

/// Makes the check. `rows` is what it looks at, counted before.
pub(super) async fn make(client: &Client, check: &Check, rows: i64) -> Result<Checked, MigrateError> {
    let sql = format!(
        "with offenders (id, detail) as ({})
         select id::text, detail::text, count(*) over () from offenders order by id limit $1",
        check.sql
    );
    let answer = client.query_typed(&sql, &[(&NAMED, Type::INT8)]).await.map_err(|cause| failed(check.name, cause))?;
    let found = answer.first().map_or(Ok(0), |row| row.try_get(2))?;
    let first = answer
        .iter()
        .map(|row| {
            // A damaged row may have nulls where there should be none.
            let text = |column| Ok::<_, MigrateError>(row.try_get::<_, Option<String>>(column)?.unwrap_or_default());
            Ok(Offender { id: text(0)?, detail: text(1)? })
        })
        .collect::<Result<_, MigrateError>>()?;
    Ok(Checked { name: check.name, says: check.says, weight: check.weight, rows, found, first })
}

/// Counts the rows of a `from` clause.
pub(super) async fn count(client: &Client, check: &Check) -> Result<i64, MigrateError> {
    let sql = format!("select count(*) from {}", check.of);
    let row = client.query_typed_one(&sql, &[]).await.map_err(|cause| failed(check.name, cause))?;
    Ok(row.try_get(0)?)
}

fn failed(name: &str, cause: tokio_postgres::Error) -> MigrateError {
    MigrateError::NotChecked { name: name.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::reconcile::checks;

    #[test]
    fn names_are_words_and_sentences_have_no_end() {
        let names: BTreeSet<_> = checks().map(|check| check.name).collect();
        assert_eq!(names.len(), checks().count());
        for check in checks() {
            assert!(check.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", check.name);
            assert!(!check.says.ends_with('.'), "{}", check.says);
        }
    }
}
