//! Migrations under squawk: a second opinion beside `cargo db lint`, by people who wrote it for other projects.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::{Given, project};

/// Files from here on are looked at. Those before were written for an empty database.
const FIRST: &str = "V0011";

/// Applied files are never edited, so a remark in them is impossible: what squawk says of them, and why it is harmless.
const ACCEPTED: [(&str, u64, &str); 6] = [
    // A domain gets more values: every action that was ever written is read again, which is administrators' alone.
    ("V0021__errors_and_audit.sql", 4, "ban-drop-constraint"),
    ("V0021__errors_and_audit.sql", 6, "ban-alter-domain-with-add-constraint"),
    // An index on those entries, and a check of a table with one row per chain of them.
    ("V0021__errors_and_audit.sql", 67, "require-concurrent-index-creation"),
    ("V0021__errors_and_audit.sql", 156, "constraint-missing-not-valid"),
    // `deployment` has one row.
    ("V0023__operations.sql", 8, "constraint-missing-not-valid"),
    ("V0023__operations.sql", 10, "constraint-missing-not-valid"),
];

/// What squawk says of files: the file, the line from 0, the rule.
fn squawk(files: &[PathBuf]) -> Vec<(String, u64, String)> {
    let program = Given::get().python_path.join("bin/squawk");
    let mut command = Command::new(program);
    command.current_dir(project()).args(["--config", ".squawk.toml", "--reporter", "json"]).args(files);
    let output = command.output().expect("squawk runs");
    // Warnings end it with 1, and so do files that it cannot read: the answer is what counts.
    let answer = serde_json::from_slice::<Vec<Value>>(&output.stdout);
    let findings = answer.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let name = |path: &str| Path::new(path).file_name().expect("a file").to_string_lossy().into_owned();
    findings
        .iter()
        .map(|one| (name(&text(&one["file"])), one["line"].as_u64().expect("a line"), text(&one["rule_name"])))
        .collect()
}

#[test]
fn a_second_opinion_finds_no_danger_in_the_migrations() {
    let folder = std::fs::read_dir(project().join("migrations")).expect("the migrations");
    let mut files: Vec<_> = folder.map(|file| file.expect("a file").path()).collect();
    files.retain(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with('V') && *name >= *FIRST
    });
    files.sort();
    assert!(files.len() >= 14, "{files:?}");
    let findings = squawk(&files);
    let known = |(file, line, rule): &(String, u64, String)| ACCEPTED.contains(&(file.as_str(), *line, rule.as_str()));
    let new: Vec<_> = findings.iter().filter(|finding| !known(finding)).collect();
    assert!(new.is_empty(), "{new:#?}");
    // It has read them: each that is accepted is still found.
    assert_eq!(findings.len(), ACCEPTED.len(), "{findings:#?}");
}

#[test]
fn the_second_opinion_can_object() {
    let file = std::env::temp_dir().join(format!("V9999__squawk_{}.sql", std::process::id()));
    for (sql, rule) in [
        ("create index users_nickname_idx on users (nickname);", "require-concurrent-index-creation"),
        ("alter table users alter column name type varchar(20);", "changing-column-type"),
        ("alter table users drop column name;", "ban-drop-column"),
        ("alter table users rename column name to title;", "renaming-column"),
        ("alter table users add constraint short check (length(name) < 9);", "constraint-missing-not-valid"),
        ("alter table users alter column name set not null;", "adding-not-nullable-field"),
        ("create table (;", "syntax-error"),
    ] {
        std::fs::write(&file, sql).expect("a file");
        let found = squawk(std::slice::from_ref(&file));
        assert!(found.iter().any(|(_, _, said)| said == rule), "{sql}: {found:?}");
    }
    std::fs::remove_file(file).expect("the file");
}
