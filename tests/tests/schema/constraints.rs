//! Rules that every table keeps.

use tests::with_stack;

use crate::texts;

/// What a check of `checks/` finds, a row each.
async fn offenders(check: &str) {
    with_stack(async |stack| {
        let query = format!("select to_jsonb(q)::text from ({}) q", check.trim_end().trim_end_matches(';'));
        assert_eq!(texts(&stack.database, &query).await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index() {
    offenders(include_str!("checks/fk_indexes.sql")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_index_is_superfluous() {
    offenders(include_str!("checks/redundant_indexes.sql")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_domain_is_explained() {
    offenders(include_str!("checks/comments.sql")).await;
}

/// A check that finds nothing anywhere would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_find_what_they_look_for() {
    with_stack(async |stack| {
        stack
            .sql(
                "create table parents (id text primary key);
                 create table children (a text references parents, b text);
                 create index children_b_idx on children (b);
                 create index children_ba_idx on children (b, a)",
            )
            .await;
        for (check, finds) in [
            (include_str!("checks/fk_indexes.sql"), "children_a_fkey"),
            (include_str!("checks/redundant_indexes.sql"), "children_b_idx"),
            (include_str!("checks/comments.sql"), "parents"),
        ] {
            let query = format!("select to_jsonb(q)::text from ({}) q", check.trim_end().trim_end_matches(';'));
            let found = texts(&stack.database, &query).await;
            assert!(found.iter().any(|row| row.contains(finds)), "{finds}: {found:?}");
        }
    })
    .await;
}
