//! The server's figures: each equals what psql would say.

use local::connection::Connection;
use serde_json::Value;
use shared::monitoring::Monitor;
use shared::{Config, Database};
use tests::{with_stack, with_stack_where};

use crate::{look, person};

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|one| one[key] == name);
    found.unwrap_or_else(|| panic!("there is no {name} in {list}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_30_connections_are_counted_by_application_and_state() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let url = format!("{}?application_name=probe", stack.direct_url);
        let mut idle = Vec::new();
        for _ in 0..3 {
            idle.push(Connection::open(&url).await.unwrap());
        }
        let seen = look(stack, &admin, "connections").await.expect(200);
        let probe = named(&seen["groups"], "application", "probe");
        assert_eq!((&probe["count"], &probe["state"]), (&3.into(), &"idle".into()), "{seen}");
        // Functions call themselves by their names, through the pooler, too.
        for role in ["spike_app", "spike_monitor"] {
            let groups = seen["groups"].as_array().unwrap();
            assert!(groups.iter().any(|group| group["application"] == "ops" && group["role"] == role), "{seen}");
        }
        let here = "select count(*) from pg_stat_activity
                     where datname = current_database() and backend_type = 'client backend'";
        assert_eq!(seen["here"], stack.number(here).await);
        let limit = "select current_setting('max_connections')::bigint
                          - current_setting('superuser_reserved_connections')::bigint";
        assert_eq!(seen["limit"], stack.number(limit).await);
        drop(idle);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_31_who_waits_for_a_connection_is_seen_in_the_pool() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let seen = look(stack, &admin, "pool").await.expect(200);
        assert!(seen["version"].as_str().unwrap().starts_with("PgBouncer"), "{seen}");
        assert_eq!(seen["clientLimit"], 1000);

        let monitor = monitor(&stack.pooled_url);
        let holders = futures_util::future::join_all((0..5).map(async |_| {
            let holder = Connection::open(&stack.pooled_url).await.unwrap();
            holder.batch_execute("begin; set local idle_in_transaction_session_timeout = 0; select 1").await.unwrap();
            holder
        }))
        .await;
        let waiter = Connection::open(&stack.pooled_url).await.unwrap();
        let asked = waiter.batch_execute("select 1");
        let look = async {
            loop {
                let pooler = monitor.pooler().await.unwrap();
                if pooler.waiting > 0 {
                    return pooler;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let pooler = tokio::select! {
            pooler = look => pooler,
            refused = asked => panic!("nobody was seen waiting: {refused:?}"),
        };
        let database = stack.pooled_url.rsplit_once('/').unwrap().1;
        let pool = pooler.pools.iter().find(|pool| pool.database == database && pool.role == "spike_app").unwrap();
        assert_eq!((pool.clients_waiting, pool.servers_active), (1, 5), "{pool:?}");
        drop(holders);
    })
    .await;
}

/// As the functions have it.
fn monitor(pooled_url: &str) -> Monitor {
    let name = pooled_url.rsplit_once('/').unwrap().1;
    let variables = [
        ("ENVIRONMENT", "test".to_owned()),
        ("DATABASE_URL", pooled_url.to_owned()),
        ("MONITOR_URL", format!("{}/{name}", tests::Given::get().monitor)),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    Monitor::from_config(&Config::from_variables(variables.into()).unwrap()).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_33_the_slowest_statements_are_listed_and_without_the_extension_a_note() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let without = look(stack, &admin, "slow-statements").await.expect(200);
        assert!(without["note"].as_str().unwrap().contains("create extension"), "{without}");
        assert_eq!(without["statements"], Value::Array(Vec::new()));

        stack.sql("create extension pg_stat_statements; comment on table tiers is 'hunter2-is-secret'").await;
        stack.sql("select pg_sleep(0.7), 'ada@example.com'").await;
        let with = look(stack, &admin, "slow-statements").await.expect(200);
        assert_eq!(with["note"], Value::Null);
        let rows = with["statements"].as_array().unwrap();
        assert!(rows.len() <= 10, "{rows:?}");
        let means: Vec<_> = rows.iter().map(|row| row["meanMilliseconds"].as_f64().unwrap()).collect();
        assert!(means.is_sorted_by(|a, b| a >= b), "{means:?}");
        let slept = rows.iter().find(|row| row["text"].as_str().unwrap().contains("pg_sleep")).unwrap();
        assert!(slept["meanMilliseconds"].as_f64().unwrap() >= 700.0, "{slept}");
        let said = with.to_string();
        assert!(!said.contains("ada@example.com") && !said.contains("hunter2"), "{said}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_34_sizes_are_those_of_the_server_and_months_count_as_one_table() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        stack
            .sql(
                "create table \"Odd Name\" (a int primary key, b text);
                 insert into \"Odd Name\" select n, repeat('x', 100) from generate_series(1, 5000) n",
            )
            .await;
        let seen = look(stack, &admin, "sizes").await.expect(200);
        let odd = named(&seen["tables"], "name", "\"Odd Name\"");
        assert_eq!(odd["totalBytes"], stack.number("select pg_total_relation_size('\"Odd Name\"')").await);
        assert_eq!(odd["indexBytes"], stack.number("select pg_indexes_size('\"Odd Name\"')").await);
        let samples = named(&seen["tables"], "name", "metric_samples");
        let parts = "select count(*) from pg_inherits where inhparent = 'metric_samples'::regclass";
        assert_eq!(samples["partitions"], stack.number(parts).await);
        let all = "select sum(pg_total_relation_size(relid))::bigint from pg_partition_tree('metric_samples')";
        assert_eq!(samples["totalBytes"], stack.number(all).await);
        assert!(!seen.to_string().contains("metric_samples_20"), "{seen}");
        assert!(
            seen["databaseBytes"].as_i64().unwrap() > 1_000_000 && seen["logBytes"].as_i64().unwrap() > 0,
            "{seen}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_35_36_a_new_index_that_nobody_uses_is_listed_and_a_key_is_not() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        stack
            .sql("create index idle_idx on tiers (display_name); create unique index busy_idx on tiers (display_name)")
            .await;
        let seen = look(stack, &admin, "indexes").await.expect(200);
        let index = |name: &str| named(&seen["indexes"], "name", name).clone();
        assert_eq!(index("idle_idx")["isUnused"], true);
        for kept in ["busy_idx", "tiers_pkey"] {
            assert_eq!(index(kept)["isUnused"], false, "{kept}");
        }
        let scans: Vec<_> = seen["indexes"].as_array().unwrap().iter().map(|one| one["scans"].as_i64()).collect();
        assert!(scans.is_sorted(), "{scans:?}");
        assert_eq!(seen["isConclusive"], false, "the counters are younger than a week");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_45_a_table_full_of_dead_rows_is_flagged() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        stack
            .sql(
                "create table changing (a int) with (autovacuum_enabled = off);
                 insert into changing select generate_series(1, 5000)",
            )
            .await;
        stack.sql("update changing set a = a + 1").await;
        loop {
            let seen = look(stack, &admin, "bloat").await.expect(200);
            let found = seen["tables"].as_array().unwrap().iter().find(|one| one["name"] == "changing").cloned();
            // Sessions report what they did within seconds.
            if let Some(table) = found.filter(|table| table["deadRows"] == 5000) {
                assert_eq!(table["isBloated"], true, "{table}");
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_62_versions_are_those_of_the_servers() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let seen = look(stack, &admin, "versions").await.expect(200);
        let rows = stack.database.query_typed("select current_setting('server_version')", &[]).await.unwrap();
        assert_eq!(named(&seen["components"], "name", "PostgreSQL")["version"], rows[0].get::<_, &str>(0));
        assert!(named(&seen["components"], "name", "PgBouncer")["version"].is_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_for_it_the_figures_say_what_is_missing() {
    let none = vec![("MONITOR_URL".to_owned(), String::new())];
    with_stack_where(none, async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        for what in ["connections", "pool", "slow-statements", "sizes", "indexes", "bloat", "replication", "queries"] {
            let refused = look(stack, &admin, what).await;
            let body = refused.expect_error(503, "not_set_up");
            assert!(body["error"].as_str().unwrap().contains("MONITOR_URL"), "{what}: {body}");
        }
        let user = stack.sign_up("ada").await;
        look(stack, &user, "connections").await.expect_error(403, "admin_required");
        for what in ["alerts", "backups", "samples", "health"] {
            look(stack, &admin, what).await.expect(200);
        }
        // The functions' own role is told that it does not see enough.
        let url = shared::database::DatabaseUrl::parse(&stack.pooled_url).unwrap();
        let half = Monitor::new(Database::new(url, shared::Clock::default())).connections().await.unwrap_err();
        assert!(half.to_string().contains("grant pg_monitor"), "{half}");
    })
    .await;
}
