//! What is applied, what is refused, and what a failure leaves.

use migrate::{Action, MigrateError, Report, State, Verdict};

use crate::support::{Folder, migrations, said, with_database};

#[tokio::test]
async fn what_is_pending_is_applied_once() {
    with_database(async |database| {
        let files = migrations(&["create table a (b int); insert into a values (1)", "create table c ()"]);
        let first = database.deploy(&files[..1]).await.unwrap();
        assert_eq!((first.applied.len(), first.already_applied, first.pending), (1, 0, 0));
        let second = database.deploy(&files).await.unwrap();
        assert_eq!((second.applied[0].name.as_str(), second.applied.len(), second.already_applied), ("m2", 1, 1));
        let third = database.deploy(&files).await.unwrap();
        assert_eq!((third.applied.len(), third.already_applied), (0, 2));
        assert_eq!(database.text("select count(*)::text from a").await, "1");
        let locks = "select count(*)::text from pg_locks l join pg_database d on d.oid = l.database
                      where d.datname = current_database() and l.locktype = 'advisory'";
        assert_eq!(database.text(locks).await, "0");
    })
    .await;
}

#[tokio::test]
async fn ops_13_an_edited_file_is_refused_by_name_and_nothing_runs() {
    with_database(async |database| {
        database.deploy(&migrations(&["create table a ()"])).await.unwrap();
        let error = database.deploy(&migrations(&["create table a (b int)", "create table c ()"])).await.unwrap_err();
        assert_eq!(error.code(), "edited_migration");
        assert!(error.to_string().contains("V0001__m1.sql"), "{error}");
        assert_eq!(database.tables().await, "a");
    })
    .await;
}

#[tokio::test]
async fn a_newer_database_is_refused_by_name() {
    with_database(async |database| {
        let files = migrations(&["create table a ()", "create table b ()"]);
        database.deploy(&files).await.unwrap();
        let error = database.deploy(&files[..1]).await.unwrap_err();
        assert_eq!(error.code(), "newer_database");
        assert!(error.to_string().contains("V0002__m2"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_failing_statement_leaves_nothing_and_is_named() {
    with_database(async |database| {
        let wrong =
            "create table b ();\n\n-- wrong\ncreate table c (\n    d int,\n    e nosuchtype\n);\ncreate table f ()";
        let error = database.deploy(&migrations(&["create table a ()", wrong])).await.unwrap_err();
        let said = error.to_string();
        for part in [
            "V0002__m2.sql",
            "statement 2, line 6",
            "create table c (",
            "nosuchtype",
            "42704",
            "Nothing of this file was kept",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let json = error.to_json();
        assert_eq!(
            (&json["file"], &json["statement"], &json["line"], &json["sqlstate"]),
            (&"V0002__m2.sql".into(), &2.into(), &6.into(), &"42704".into())
        );
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a", "1"));
        database.deploy(&migrations(&["create table a ()", "create table b ()"])).await.unwrap();
        assert_eq!(database.tables().await, "a b");
    })
    .await;
}

#[tokio::test]
async fn a_failure_at_the_commit_leaves_nothing() {
    with_database(async |database| {
        let deferred = "create table a (b int unique deferrable initially deferred); insert into a values (1), (1)";
        let error = database.deploy(&migrations(&[deferred])).await.unwrap_err();
        assert!(error.to_string().contains("23505") && error.to_string().contains("its end"), "{error}");
        assert_eq!(database.tables().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_needs_no_transaction_says_where_it_belongs() {
    with_database(async |database| {
        let error = database.deploy(&migrations(&["create table a (); vacuum a"])).await.unwrap_err();
        assert!(error.to_string().contains("-- migrate: no-transaction"), "{error}");
        assert_eq!(database.tables().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_database_is_marked_once_and_then_belongs_to_its_environment() {
    with_database(async |database| {
        let files = migrations(&[
            "create table deployment (environment text); insert into deployment values (null)",
            "create table a ()",
        ]);
        database.deploy(&files[..1]).await.unwrap();
        assert_eq!(database.text("select string_agg(environment, ' ') from deployment").await, "test");

        database.client().await.batch_execute("update deployment set environment = 'production'").await.unwrap();
        let error = database.deploy(&files).await.unwrap_err();
        assert!(matches!(error, MigrateError::OtherEnvironment { .. }), "{error}");
        assert_eq!(database.tables().await, "deployment");

        // A table without its row is marked, too.
        database.client().await.batch_execute("delete from deployment").await.unwrap();
        database.deploy(&files).await.unwrap();
        assert_eq!(database.text("select string_agg(environment, ' ') from deployment").await, "test");
    })
    .await;
}

#[tokio::test]
async fn status_and_plan_tell_the_truth_and_change_nothing() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a ()", "create table b ();\nselect 'x;'"]);
        let mut settings = database.settings();
        settings.migrations_folder = Some(folder.0.clone());
        let status = async |action| match migrate::run(action, &settings).await.unwrap() {
            Report::Status(status) => status,
            report => panic!("{report:?}"),
        };
        let before = status(Action::Status).await;
        assert_eq!((before.verdict, before.pending, before.migrations[0].state), (Verdict::Pending, 2, State::Pending));

        let Report::Plan(plan) = migrate::run(Action::Plan, &settings).await.unwrap() else { panic!("no plan") };
        let second = &plan.migrations[1];
        assert_eq!((second.file.as_str(), second.transaction, second.statements.len()), ("V0002__m2.sql", true, 2));
        assert_eq!((second.statements[1].line, second.statements[1].sql.as_str()), (2, "select 'x;'"));
        assert_eq!(database.text("select count(*)::text from pg_tables where schemaname = 'public'").await, "0");

        migrate::run(Action::Deploy { without_backup: false }, &settings).await.unwrap();
        let after = status(Action::Status).await;
        assert_eq!((after.verdict, after.pending, after.migrations[1].state), (Verdict::UpToDate, 0, State::Applied));
        assert!(after.migrations[1].applied_at.as_ref().unwrap().ends_with('Z'));

        std::fs::write(folder.0.join("V0001__m1.sql"), "create table other ()").unwrap();
        let edited = status(Action::Status).await;
        assert_eq!((edited.verdict, edited.migrations[0].state), (Verdict::Diverged, State::Edited));
        assert!(edited.problem.unwrap().contains("V0001__m1.sql"));
    })
    .await;
}

#[tokio::test]
async fn the_command_answers_with_text_json_and_an_exit_code() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a ()"]);
        let run = |arguments: &[&str]| {
            let output = database.command(&folder.0, arguments).output().unwrap();
            (output.status.code(), said(&output))
        };
        let (code, text) = run(&["status"]);
        assert_eq!(code, Some(3), "{text}");
        assert!(text.contains("V0001    m1    pending"), "{text}");
        let (code, text) = run(&["plan"]);
        assert!(
            code == Some(0)
                && text.contains("-- V0001__m1.sql (in one transaction)\n-- statement 1, line 1\ncreate table a ();"),
            "{text}"
        );
        let (code, text) = run(&["deploy"]);
        assert!(code == Some(0) && text.contains("Applied 1 migration (0 before)."), "{text}");

        let output = database.command(&folder.0, &["deploy", "--json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report, serde_json::json!({"action": "deploy", "applied": [], "already_applied": 1, "pending": 0}));
        assert_eq!(run(&["status"]).0, Some(0));

        std::fs::write(folder.0.join("V0001__m1.sql"), "create table b ()").unwrap();
        assert_eq!(run(&["status"]).0, Some(4));
        let output = database.command(&folder.0, &["deploy", "--json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &report["code"]), (Some(1), &"edited_migration".into()));
    })
    .await;
}

#[tokio::test]
async fn the_command_reads_the_file_of_the_local_stack() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a ()"]);
        let file = format!("# local\nENVIRONMENT=test\nDIRECT_URL=\"{}\"\nMIGRATIONS_DIR=.\n", database.url);
        std::fs::write(folder.0.join(".env.local"), file).unwrap();
        let output = database.command(&folder.0, &["deploy"]).env_clear().output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(database.tables().await, "a");
    })
    .await;
}

#[tokio::test]
async fn a_misnamed_file_stops_everything() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a ()"]);
        std::fs::write(folder.0.join("V0003__c.sql"), "select 1").unwrap();
        let output = database.command(&folder.0, &["deploy"]).output().unwrap();
        assert!(
            !output.status.success() && said(&output).contains("V0003__c.sql comes where V0002 is due"),
            "{}",
            said(&output)
        );
        assert_eq!(database.tables().await, "");
    })
    .await;
}
