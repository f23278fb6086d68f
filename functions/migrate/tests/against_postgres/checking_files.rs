//! `new`, `lint`, `format` and `validate`: the commands that work on the sources.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Folder, TestDatabase, migrations, said, with_database};

/// A project with these files, by their paths.
fn project(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(&[]);
    for (path, text) in files {
        let path = folder.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, database: Option<&TestDatabase>, arguments: &[&str]) -> Output {
    let mut command = match database {
        Some(database) => database.command(folder, arguments),
        None => Command::new(env!("CARGO_BIN_EXE_migrate")),
    };
    if database.is_none() {
        command.args(arguments).env_clear().current_dir(folder);
    }
    command.env("MIGRATIONS_DIR", folder.join("migrations")).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

#[test]
fn a_new_migration_gets_the_next_number_also_from_a_folder_below() {
    let project = project(&[("migrations/V0001__a.sql", "create table a ();\n"), ("functions/x/src/main.rs", "")]);
    let below = project.0.join("functions/x");
    let output = run(&below, None, &["new", "add_user_role"]);
    assert!(
        output.status.success() && said(&output).contains("migrations/V0002__add_user_role.sql"),
        "{}",
        said(&output)
    );
    assert!(run(&project.0, None, &["new", "more", "--no-transaction"]).status.success());
    let text = std::fs::read_to_string(project.0.join("migrations/V0003__more.sql")).unwrap();
    assert!(text.starts_with("-- migrate: no-transaction\n"), "{text}");
    for wrong in ["Add", "a-b", "../x", ""] {
        assert!(!run(&project.0, None, &["new", wrong]).status.success(), "{wrong}");
    }
    let elsewhere = Folder::new(&[]);
    let output = run(&elsewhere.0, None, &["new", "x"]);
    assert!(!output.status.success() && said(&output).contains("sources are not here"), "{}", said(&output));
}

#[test]
fn ops_14_lint_names_what_is_dangerous_in_the_newest_file() {
    let project = project(&[
        ("migrations/V0001__a.sql", "create table a (b int);\n"),
        ("migrations/V0002__b.sql", "alter table a alter b set not null;\n"),
        (
            "migrations/V0003__c.sql",
            "create table c (d int);\ncreate index on c (d);\ncreate index on a (b);\n-- lint: nobody uses it\ndrop table c;\n",
        ),
    ]);
    let output = run(&project.0, None, &["lint", "--json"]);
    let report = json(&output);
    assert_eq!((output.status.code(), &report["dangers"][0]["line"]), (Some(8), &3.into()), "{report}");
    assert_eq!(report["dangers"].as_array().unwrap().len(), 1, "{report}");
    let all = json(&run(&project.0, None, &["lint", "--json", "--from", "1"]));
    assert_eq!((all["dangers"].as_array().unwrap().len(), &all["migrations"]), (2, &3.into()), "{all}");
}

#[tokio::test]
async fn format_corrects_what_is_not_applied_and_leaves_the_rest() {
    with_database(async |database| {
        let applied = "CREATE TABLE a (b int);\n";
        let project = project(&[
            ("migrations/V0001__m1.sql", applied),
            ("migrations/V0002__m2.sql", "SELECT 'It''s';\t\n"),
            ("seeds/main.sql", "select 1;\n\n"),
        ]);
        database.deploy(&migrations(&[applied])).await.unwrap();
        let output = run(&project.0, None, &["format"]);
        assert_eq!(output.status.code(), Some(8), "{}", said(&output));
        for part in ["migrations/V0001__m1.sql:1: capitals", "V0002__m2.sql:1: a tab", "seeds/main.sql:"] {
            assert!(said(&output).contains(part), "{part}: {}", said(&output));
        }
        let output = run(&project.0, Some(&database), &["format", "--write"]);
        assert_eq!(output.status.code(), Some(8), "{}", said(&output));
        let read = |file: &str| std::fs::read_to_string(project.0.join(file)).unwrap();
        assert_eq!(read("migrations/V0001__m1.sql"), applied);
        assert_eq!(read("migrations/V0002__m2.sql"), "select 'It''s';\n");
        assert_eq!(read("seeds/main.sql"), "select 1;\n");
    })
    .await;
}

#[tokio::test]
async fn every_sql_text_is_prepared_and_a_wrong_one_is_named() {
    with_database(async |database| {
        let schema = "create table a (b int, at timestamptz)";
        let code = r#"
            const RIGHT: &str = "select b from a where at > $1 - interval '1 day' and b = $2";
            const WRONG: &str = "select nosuchcolumn from a";
            fn f() { run(format!("select {what} from a")); run("delete from a where b = $1"); }
        "#;
        let project = project(&[("migrations/V0001__m1.sql", schema), ("functions/x/src/main.rs", code)]);
        database.deploy(&migrations(&[schema])).await.unwrap();
        let output = run(&project.0, Some(&database), &["validate", "--json"]);
        let report = json(&output);
        assert_eq!((output.status.code(), &report["accepted"]), (Some(8), &2.into()), "{report}");
        assert_eq!(report["refused"][0]["place"], "functions/x/src/main.rs WRONG");
        assert!(report["refused"][0]["says"].as_str().unwrap().contains("nosuchcolumn"), "{report}");
        assert_eq!(report["unchecked"][0], "functions/x/src/main.rs f");
    })
    .await;
}

/// The project's own code and files.
#[tokio::test]
async fn the_code_s_own_sql_fits_the_migrations_and_the_files_have_the_house_style() {
    with_database(async |database| {
        database.deploy(&migrate::embedded().unwrap()).await.unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let here =
            |arguments: &[&str]| database.command(root, arguments).env_remove("MIGRATIONS_DIR").output().unwrap();
        let validated = here(&["validate"]);
        assert!(validated.status.success(), "{}", said(&validated));
        assert!(json(&here(&["validate", "--json"]))["accepted"].as_u64().unwrap() > 100);
        let formatted = here(&["format"]);
        assert!(formatted.status.success(), "{}", said(&formatted));
    })
    .await;
}
