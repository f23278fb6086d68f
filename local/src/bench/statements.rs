//! The statements that an endpoint really sends, read from PostgreSQL's log with their parameters, so that `pgbench`
//! repeats exactly them.

use std::{fs, path::Path, time::Duration};

use tokio::time::sleep;

use crate::{LocalError, connection::Connection, error::Doing};

/// A statement with its parameters, the first for `$1`; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// As it was sent.
    pub(super) sql: String,
    /// As text.
    pub(super) parameters: Vec<Option<String>>,
    /// Which of them are ids that the next request would make anew, by their place.
    pub(super) changing: Vec<usize>,
}

/// `first`, with the ids marked in which the same request differs the `second` time. Times and documents differ, too, and
/// can be sent again as they are.
pub(super) fn with_changing(mut first: Vec<Statement>, second: &[Statement]) -> Vec<Statement> {
    let is_id = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c)) && !is_time(value);
    for (statement, other) in first.iter_mut().zip(second) {
        let pairs = statement.parameters.iter().zip(&other.parameters).enumerate();
        let changed = pairs.filter(|(_, (one, two))| one != two && one.as_deref().is_some_and(is_id));
        statement.changing = changed.map(|(place, _)| place).collect();
    }
    first
}

/// `2026-01-01 00:00:00+00`, or a whole number.
fn is_time(value: &str) -> bool {
    value.starts_with("20") && value.contains('-') || value.chars().all(|c| c.is_ascii_digit())
}

/// What is sent while `work` runs.
pub(super) async fn during(
    database: &Connection,
    log: &Path,
    work: impl Future<Output = Result<(), LocalError>>,
) -> Result<Vec<Statement>, LocalError> {
    let read = || fs::read_to_string(log).doing(|| format!("read {}", log.display()));
    logging(database, "all").await?;
    let before = read()?.len();
    let worked = work.await;
    logging(database, "none").await?;
    worked?;
    let text = read()?;
    Ok(parse(text.get(before..).unwrap_or_default()))
}

/// Running sessions follow a reload, but not at once.
async fn logging(database: &Connection, what: &str) -> Result<(), LocalError> {
    database.batch_execute(&format!("alter system set log_statement = '{what}'")).await?;
    database.batch_execute("select pg_reload_conf()").await?;
    sleep(Duration::from_millis(300)).await;
    Ok(())
}

/// Reads log entries: a statement, continued on lines that start with a tab, then perhaps its parameters.
fn parse(log: &str) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut in_statement = false;
    for line in log.lines() {
        if let (true, Some(continued)) = (in_statement, line.strip_prefix('\t')) {
            if let Some(statement) = statements.last_mut() {
                statement.sql.push('\n');
                statement.sql.push_str(continued);
            }
            continue;
        }
        in_statement = false;
        if let Some((_, sql)) = line.split_once("LOG:  execute <unnamed>: ") {
            in_statement = true;
            statements.push(Statement { sql: sql.to_owned(), parameters: Vec::new(), changing: Vec::new() });
        } else if let (Some((_, list)), Some(statement)) =
            (line.split_once("DETAIL:  parameters: "), statements.last_mut())
        {
            statement.parameters = parameters(list);
        }
    }
    statements
}

/// Reads `$1 = 'a', $2 = NULL, $3 = 'it''s'`.
fn parameters(mut list: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = list.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            list = rest;
            continue;
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices().peekable();
        let mut end = quoted.len();
        while let Some((index, character)) = characters.next() {
            match (character, characters.peek()) {
                ('\'', Some((_, '\''))) => {
                    value.push('\'');
                    characters.next();
                }
                ('\'', _) => {
                    end = index;
                    break;
                }
                _ => value.push(character),
            }
        }
        values.push(Some(value));
        list = quoted.get(end..).unwrap_or_default();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::{Statement, parse};

    #[test]
    fn statements_come_with_their_parameters() {
        let log = "2026-01-01 GMT [1] app@bench LOG:  execute <unnamed>: begin\n\
                   2026-01-01 GMT [1] app@bench LOG:  execute <unnamed>: select $1,\n\t  $2\n\
                   2026-01-01 GMT [1] app@bench DETAIL:  parameters: $1 = 'it''s, $2 = ''x', $2 = NULL, $3 = '{\"a\": 1}'\n\
                   2026-01-01 GMT [1] LOG:  checkpoint\n\tnot SQL\n";
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            parse(log),
            [
                Statement { sql: "begin".to_owned(), parameters: vec![], changing: vec![] },
                Statement {
                    sql: "select $1,\n  $2".to_owned(),
                    parameters: vec![text("it's, $2 = 'x"), None, text("{\"a\": 1}")],
                    changing: vec![],
                },
            ]
        );
    }
}
