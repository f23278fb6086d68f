//! Which statements a file may have: none that would end its transaction, outlive it, or couldn't be run again.

use crate::concurrent_index::ConcurrentIndex;
use crate::lexer::Token;
use crate::statements::Statement;

/// What ends the transaction that a file runs in.
const TRANSACTION_CONTROL: &[&[&str]] = &[
    &["begin"],
    &["start", "transaction"],
    &["commit"],
    &["end"],
    &["rollback"],
    &["abort"],
    &["savepoint"],
    &["release"],
    &["prepare", "transaction"],
];

/// Whether a statement may stand in a file that runs as one transaction, or why not.
pub(crate) fn in_transaction(statement: &Statement) -> Result<(), String> {
    anywhere(statement)?;
    if TRANSACTION_CONTROL.iter().any(|keywords| statement.starts_with(keywords)) {
        return Err(
            "the file runs as one transaction, so it must not begin or end one; remove the statement".to_owned()
        );
    }
    if statement.contains("index", "concurrently") {
        return Err("an index can't be built concurrently inside a transaction; \
                    move the statement to a file whose first line is \"-- migrate: no-transaction\""
            .to_owned());
    }
    let local = [&["set", "local"], &["set", "constraints"], &["set", "transaction"]];
    let lasting_set = statement.starts_with(&["set"]) && !local.iter().any(|keywords| statement.starts_with(*keywords));
    if lasting_set || statement.starts_with(&["reset"]) {
        return Err("the setting would last into the next file; write \"set local\"".to_owned());
    }
    Ok(())
}

/// Whether a statement may stand in a file without a transaction, or why not. Such a file can be killed between two
/// statements and is run again from its start, so each must be harmless the second time.
pub(crate) fn without_transaction(statement: &Statement) -> Result<(), String> {
    anywhere(statement)?;
    let allowed = ConcurrentIndex::of(statement).is_some()
        || statement.starts_with(&["drop", "index", "concurrently", "if", "exists"])
        || statement.starts_with(&["vacuum"])
        || statement.starts_with(&["analyze"])
        || validates_constraint(statement);
    if allowed {
        return Ok(());
    }
    Err("without a transaction only what can be run again is allowed: create [unique] index concurrently NAME on …, \
         drop index concurrently if exists, alter table … validate constraint, vacuum, analyze; move the rest to another file"
        .to_owned())
}

fn anywhere(statement: &Statement) -> Result<(), String> {
    if statement.contains("begin", "atomic") {
        return Err(
            "\"begin atomic\" bodies are not understood here; write the body as a string: as $$ … $$".to_owned()
        );
    }
    if statement.starts_with(&["copy"]) && (statement.contains("from", "stdin") || statement.contains("to", "stdout")) {
        return Err("copy has no standard input or output here; write insert … values".to_owned());
    }
    Ok(())
}

/// `alter table [if exists] [only] NAME validate constraint NAME`, and nothing else in the same statement.
fn validates_constraint(statement: &Statement) -> bool {
    let other_action = statement.tokens.contains(&Token::Symbol(','));
    let constraint = statement.tokens.len().saturating_sub(3);
    statement.starts_with(&["alter", "table"])
        && !other_action
        && statement.tokens[constraint..].first().is_some_and(|token| token.is("validate"))
        && statement.contains("validate", "constraint")
}

#[cfg(test)]
mod tests {
    use super::{in_transaction, without_transaction};
    use crate::statements::split;

    fn ok(rule: fn(&super::Statement) -> Result<(), String>, sql: &str) -> bool {
        rule(&split(sql).unwrap().remove(0)).is_ok()
    }

    #[test]
    fn a_transaction_is_neither_ended_nor_outlived() {
        for sql in [
            "create table a ()",
            "set local search_path = a",
            "set constraints all deferred",
            "do $$ begin end $$",
            "alter type a add value 'b'",
            "copy a from '/b'",
            "update a set begin = 1",
            "create view v as select 1 as commit",
        ] {
            assert!(ok(in_transaction, sql), "{sql}");
        }
        for sql in [
            "COMMIT",
            "begin",
            "end",
            "rollback to a",
            "savepoint a",
            "start transaction",
            "abort",
            "set role b",
            "reset all",
            "set search_path to a",
            "set session lock_timeout = 1",
            "copy a from stdin",
            "create index concurrently a on b (c)",
            "reindex index concurrently a",
            "create function f() returns int begin atomic select 1",
        ] {
            assert!(!ok(in_transaction, sql), "{sql}");
        }
    }

    #[test]
    fn without_a_transaction_everything_can_be_run_again() {
        for sql in [
            "create index concurrently a on b (c)",
            "create unique index concurrently if not exists \"A\" on only x.b (c)",
            "drop index concurrently if exists a",
            "alter table only b validate constraint c",
            "vacuum analyze b",
            "analyze",
        ] {
            assert!(ok(without_transaction, sql), "{sql}");
        }
        for sql in [
            "create index a on b (c)",
            "create index concurrently on b (c)",
            "drop index concurrently a",
            "drop index if exists a",
            "alter table b validate constraint c, add d int",
            "alter table b add validate int",
            "create table a ()",
            "select 1",
            "update a set b = 1",
            "reindex index concurrently a",
            "alter table a",
        ] {
            assert!(!ok(without_transaction, sql), "{sql}");
        }
    }
}
