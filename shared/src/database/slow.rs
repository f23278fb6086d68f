//! Exchanges with the database that took long, in the log and as a metric. Values travel apart from a statement's text, so
//! none is ever logged.

use std::time::Duration;

use super::Statement;
use super::connection::application;
use crate::clock::Clock;
use crate::telemetry::write_metrics;

/// What the log names.
const LOGGED: Duration = Duration::from_millis(100);
/// What an alarm counts.
const COUNTED: Duration = Duration::from_secs(1);
/// What is shown of a statement: enough to find it by.
const SHOWN_CHARACTERS: usize = 200;

/// Tells of an exchange that took `elapsed`.
pub(super) fn tell(statements: &[Statement], elapsed: Duration) {
    if elapsed < LOGGED {
        return;
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let shown: Vec<String> = statements.iter().map(|statement| shown(statement.sql)).collect();
    tracing::info!(milliseconds, statements = shown.join("; "), "a slow exchange with the database");
    if elapsed > COUNTED {
        write_metrics(application(), &[("SlowQueries", "Count", 1.0)], Clock::default().now());
    }
}

fn shown(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN_CHARACTERS).collect()
}
