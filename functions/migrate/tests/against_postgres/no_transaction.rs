//! Files without a transaction: indexes built while others work.

use migrate::Migration;

use crate::support::{migrations, with_database};

const VALID: &str =
    "select string_agg(indexrelid::regclass || ' ' || indisvalid, ' ') from pg_index where indrelid = 'a'::regclass";
const UNIQUE: &str =
    "-- migrate: no-transaction\ncreate unique index concurrently if not exists a_b_key on a (b);\nanalyze a";

#[tokio::test]
async fn an_invalid_index_is_rebuilt() {
    with_database(async |database| {
        let files = migrations(&["create table a (b int); insert into a values (1), (1)", UNIQUE]);
        database.deploy(&files[..1]).await.unwrap();
        let client = database.client().await;
        client.batch_execute("create unique index concurrently a_b_key on a (b)").await.unwrap_err();
        assert_eq!(database.text(VALID).await, "a_b_key false");

        client.batch_execute("delete from a where ctid = '(0,1)'").await.unwrap();
        database.deploy(&files).await.unwrap();
        assert_eq!(database.text(VALID).await, "a_b_key true");
    })
    .await;
}

#[tokio::test]
async fn a_failed_build_leaves_no_invalid_index_and_can_be_repeated() {
    with_database(async |database| {
        let files = migrations(&["create table a (b int); insert into a values (1), (1)", UNIQUE]);
        let error = database.deploy(&files).await.unwrap_err();
        let said = error.to_string();
        for part in ["V0002__m2.sql failed at statement 1, line 2", "23505", "may run twice"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!((database.text(VALID).await.as_str(), database.versions().await.as_str()), ("", "1"));

        database.client().await.batch_execute("delete from a where ctid = '(0,1)'").await.unwrap();
        database.deploy(&files).await.unwrap();
        assert_eq!(database.text(VALID).await, "a_b_key true");
    })
    .await;
}

#[tokio::test]
async fn a_valid_index_is_not_built_again() {
    with_database(async |database| {
        let files = migrations(&[
            "create table a (b int)",
            "-- migrate: no-transaction\ncreate index concurrently \"A b\" on public.a (b)",
        ]);
        database.deploy(&files[..1]).await.unwrap();
        let client = database.client().await;
        client.batch_execute("create index \"A b\" on a (b)").await.unwrap();
        let before = database.text("select '\"A b\"'::regclass::oid::text").await;
        database.deploy(&files).await.unwrap();
        assert_eq!(database.text("select '\"A b\"'::regclass::oid::text").await, before);
        assert_eq!(database.versions().await, "1 2");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_something_else_has_is_refused() {
    with_database(async |database| {
        let files = migrations(&[
            "create table a (b int); create table c (b int); create index taken on c (b)",
            "-- migrate: no-transaction\ncreate index concurrently if not exists taken on a (b)",
        ]);
        let error = database.deploy(&files).await.unwrap_err();
        assert_eq!(error.code(), "name_taken");
        assert!(error.to_string().contains("V0002__m2.sql") && error.to_string().contains("\"taken\""), "{error}");
        assert_eq!(database.versions().await, "1");
    })
    .await;
}

#[test]
fn other_statements_are_refused_before_anything_runs() {
    let error = Migration::parse("V0001__a.sql", "-- migrate: no-transaction\ncreate table a ()").unwrap_err();
    assert!(error.to_string().starts_with("V0001__a.sql, line 2: without a transaction only"), "{error}");
}

#[tokio::test]
async fn constraints_are_validated_and_indexes_dropped_without_a_transaction() {
    with_database(async |database| {
        let files = migrations(&[
            "create table a (b int); create index a_b_idx on a (b);
             alter table a add constraint a_b_positive check (b > 0) not valid",
            "-- migrate: no-transaction
             alter table a validate constraint a_b_positive;
             drop index concurrently if exists a_b_idx;
             vacuum a",
        ]);
        database.deploy(&files).await.unwrap();
        let validated = "select convalidated::text from pg_constraint where conname = 'a_b_positive'";
        assert_eq!(database.text(validated).await, "true");
        assert_eq!(database.text(VALID).await, "");
    })
    .await;
}
