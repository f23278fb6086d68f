//! The schema and the code agree.

use shared::database::SCHEMA_VERSION;
use tests::{project, with_stack};

#[test]
fn readiness_waits_for_the_newest_migration() {
    let files = std::fs::read_dir(project().join("migrations")).unwrap();
    let versions = files.filter_map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.strip_prefix('V')?.split_once("__")?.0.parse::<i32>().ok()
    });
    assert_eq!(
        versions.max(),
        Some(SCHEMA_VERSION),
        "SCHEMA_VERSION in shared/src/database is not the newest migration"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmigrated_database_is_not_ready_and_says_so_in_the_log() {
    with_stack(async |stack| {
        assert_eq!(stack.get("/api/health/ready", None).await.expect(200)["schemaVersion"], SCHEMA_VERSION);
        stack.sql("delete from schema_migrations where version = (select max(version) from schema_migrations)").await;
        stack.get("/api/health/ready", None).await.expect_error(503, "unavailable");
        let log = stack.bundle.log_lines("ops").join("\n");
        assert!(log.contains("run the migrate function"), "{log}");
        stack.sql("drop table schema_migrations").await;
        stack.get("/api/health/ready", None).await.expect_error(503, "unavailable");
    })
    .await;
}

/// Every foreign key can be followed backwards without reading the whole table.
#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index() {
    with_stack(async |stack| {
        let without = "
            select count(*)
              from pg_constraint c
             where c.contype = 'f'
               and not exists (
                   select from pg_index i
                    where i.indrelid = c.conrelid
                      and (i.indkey::int2[])[0:array_length(c.conkey, 1) - 1] @> c.conkey)";
        assert_eq!(stack.number(without).await, 0);
    })
    .await;
}

/// The functions' role can add to the ledger and never change it.
#[tokio::test(flavor = "multi_thread")]
async fn the_functions_cannot_rewrite_history() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        let functions = local::connection::Connection::open(&stack.pooled_url).await.unwrap();
        for forbidden in [
            "update token_transactions set amount = 1000",
            "delete from token_transactions",
            "truncate token_transactions",
            "delete from stripe_events",
            "update tokens_packages set tokens = 1000000",
            "insert into tiers values ('FREE', 'x', 1, 1, 'gbp', 9)",
            "update deployment set environment = 'test'",
            "create table theirs (x int)",
        ] {
            let error = functions.batch_execute(forbidden).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{forbidden}: {error:?}");
        }
        assert_eq!(stack.balance(&ada).await["balance"], 10);
    })
    .await;
}

/// The time-outs are on the role, because a pooler drops start-up parameters.
#[tokio::test(flavor = "multi_thread")]
async fn ops_67_the_functions_role_has_its_time_outs_through_the_pooler() {
    with_stack(async |stack| {
        let functions = local::connection::Connection::open(&stack.pooled_url).await.unwrap();
        for (name, value) in
            [("statement_timeout", "2s"), ("lock_timeout", "1s"), ("idle_in_transaction_session_timeout", "3s")]
        {
            let rows = functions.query_typed(&format!("select current_setting('{name}')"), &[]).await.unwrap();
            assert_eq!(rows[0].get::<_, &str>(0), value, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_67_a_long_query_is_cut_at_the_limit_through_the_pooler() {
    with_stack(async |stack| {
        let functions = local::connection::Connection::open(&stack.pooled_url).await.unwrap();
        let error = functions.batch_execute("select pg_sleep(30)").await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("57014"), "{error:?}");
        assert!(error.to_string().contains("statement timeout") || format!("{error:?}").contains("statement timeout"));
        // The session goes on, and what it held is free.
        functions.batch_execute("select 1").await.unwrap();
        let running = "select count(*) from pg_stat_activity
                        where datname = current_database() and usename = 'spike_app' and query like '%pg_sleep%' and state = 'active'";
        assert_eq!(stack.number(running).await, 0);
    })
    .await;
}
