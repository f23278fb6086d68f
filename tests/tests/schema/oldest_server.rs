//! PostgreSQL 14 is the oldest server that is supported: whatever came later is in none of our SQL.

use std::path::{Path, PathBuf};

use tests::project;

/// What came with 15 to 18, lower case, with single spaces.
const NEWER: [&str; 33] = [
    // 15
    "nulls not distinct",
    "nulls distinct",
    "merge into",
    "security_invoker",
    "regexp_count(",
    "regexp_instr(",
    "regexp_like(",
    "regexp_substr(",
    "range_agg(multi",
    "on parameter",
    "strategy wal_log",
    "locale_provider",
    "set access method",
    "unlogged sequence",
    // 16
    "any_value(",
    "array_sample(",
    "array_shuffle(",
    "date_add(",
    "date_subtract(",
    "random_normal(",
    "json_arrayagg(",
    "json_objectagg(",
    "with inherit",
    "inherit true",
    // 17
    "json_table(",
    "json_query(",
    "json_exists(",
    "json_value(",
    "merge_action(",
    "at local",
    // 18
    "uuidv7(",
    "not enforced",
    "without overlaps",
];

/// SQL without its comments, lower case, with single spaces.
fn bare(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ").to_lowercase().replace(" (", "(")
}

fn newer_in(text: &str) -> Vec<&'static str> {
    let bare = bare(text);
    NEWER.into_iter().filter(|construct| bare.contains(construct)).collect()
}

fn sql_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}

#[test]
fn ops_01_no_sql_file_needs_more_than_postgresql_14() {
    let mut files = Vec::new();
    for folder in ["migrations", "seeds", "functions", "shared"] {
        sql_files(&project().join(folder), &mut files);
    }
    // `schema.sql` is written by pg_dump of a newer server.
    files.retain(|file| !file.ends_with("migrations/schema.sql"));
    assert!(files.len() > 30, "{}", files.len());
    for file in files {
        let found = newer_in(&std::fs::read_to_string(&file).unwrap());
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn ops_01_what_is_newer_is_found() {
    for (sql, construct) in [
        ("create unique index a on b (c)\n  NULLS\n  NOT DISTINCT", "nulls not distinct"),
        ("Merge into a using b on true when matched then delete", "merge into"),
        ("create view v with (security_invoker = on) as select 1", "security_invoker"),
        ("select any_value (a) from b", "any_value("),
    ] {
        assert_eq!(newer_in(sql), [construct], "{sql}");
    }
    assert!(newer_in("select 1 -- no merge into here").is_empty());
}
