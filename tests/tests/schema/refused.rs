//! What the schema refuses: each statement of `refused/` has to fail on exactly the constraint that its comment names.

use local::connection::Connection;
use tests::with_stack;

const HEAD: &str = "-- refused: ";

/// What the statements stand on, and the files with statements.
const CORE: (&str, [&str; 4]) = (
    include_str!("refused/core/given.sql"),
    [
        include_str!("refused/core/images.sql"),
        include_str!("refused/core/apps.sql"),
        include_str!("refused/core/boxes.sql"),
        include_str!("refused/core/agents.sql"),
    ],
);
const GROWTH: (&str, [&str; 5]) = (
    include_str!("refused/growth/given.sql"),
    [
        include_str!("refused/growth/campaigns.sql"),
        include_str!("refused/growth/marketing.sql"),
        include_str!("refused/growth/merch.sql"),
        include_str!("refused/growth/logs.sql"),
        include_str!("refused/growth/operations.sql"),
    ],
);

/// Constraint and statement of each entry of a file.
fn entries(file: &str) -> Vec<(&str, &str)> {
    let entries: Vec<(&str, &str)> = file.split(HEAD).filter_map(|entry| entry.split_once('\n')).collect();
    assert_eq!(entries.len(), file.matches(HEAD).count());
    entries
}

/// What was not refused as it should be. Everything is undone.
async fn complaints(database: &Connection, given: &str, entries: &[(&str, &str)]) -> Vec<String> {
    database.batch_execute(&format!("begin; {given}")).await.unwrap();
    // What stands there is sound; from here on a deferred constraint speaks at the end of each statement.
    database.batch_execute("set constraints all immediate; set constraints all deferred").await.unwrap();
    let mut complaints = Vec::new();
    for (constraint, statement) in entries {
        let attempt = format!("savepoint attempt; {statement}; set constraints all immediate");
        let said = match database.batch_execute(&attempt).await {
            Ok(()) => "was accepted".to_owned(),
            Err(error) => match error.as_db_error() {
                Some(refusal) if refusal.constraint() == Some(constraint) => String::new(),
                Some(refusal) => format!("failed otherwise: {}", refusal.message()),
                None => panic!("{statement}: {error}"),
            },
        };
        if !said.is_empty() {
            complaints.push(format!("{constraint}: {} {said}", statement.trim()));
        }
        let undo = "rollback to savepoint attempt; release savepoint attempt; set constraints all deferred";
        database.batch_execute(undo).await.unwrap();
    }
    database.batch_execute("rollback").await.unwrap();
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_refused_by_the_rule_that_it_breaks() {
    with_stack(async |stack| {
        let mut count = 0;
        for (given, files) in [(CORE.0, &CORE.1[..]), (GROWTH.0, &GROWTH.1[..])] {
            for file in files {
                let entries = entries(file);
                count += entries.len();
                let complaints = complaints(&stack.database, given, &entries).await;
                assert!(complaints.is_empty(), "{}", complaints.join("\n"));
            }
        }
        assert!(count >= 260, "{count}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_accepted_or_refused_otherwise_is_reported() {
    with_stack(async |stack| {
        let file = "-- refused: users_email_key\n\
                    insert into users (id, email, created_at) values ('c', 'ada@example.com', now());\n\
                    -- refused: users_email_key\n\
                    insert into users (id, email, created_at) values ('c', 'c@example.com', now());\n\
                    -- refused: users_email_key\n\
                    insert into users (id, email, created_at) values ('ada', 'c@example.com', now());\n";
        let complaints = complaints(&stack.database, CORE.0, &entries(file)).await;
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].ends_with("was accepted"), "{complaints:?}");
        assert!(complaints[1].contains("users_pkey"), "{complaints:?}");
        assert_eq!(stack.number("select count(*) from users").await, 0);
    })
    .await;
}
