//! Alerts: each fires above its threshold and not at it, once, and is resolved once.

use futures_util::future::join_all;
use local::connection::Connection;
use serde_json::json;
use tests::{with_own_servers, with_stack, with_stack_where};

use crate::{changes, done, look, person, rule};

/// Waits until the pooler has noticed that the server is back.
async fn recovered(stack: &tests::Stack) {
    while stack.bundle.invoke("scheduled", json!({ "job": "alerts.deliver" })).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// Of 20 connections that ordinary roles can have, 16 are exactly 80 %.
#[tokio::test(flavor = "multi_thread")]
async fn ops_38_connections_at_80_percent_are_calm_and_above_fire_and_closed_resolve_once() {
    with_own_servers(async |servers, stack| {
        stack.sql("alter system set superuser_reserved_connections = 180").await;
        servers.postgres.restart().await.unwrap();
        stack.database = Connection::open(&stack.direct_url).await.unwrap();
        // Opens what the functions keep open.
        recovered(stack).await;
        done(stack, "alerts.evaluate").await;
        let used = "select count(*) from pg_stat_activity where backend_type = 'client backend'";
        let mut held = Vec::new();
        while stack.number(used).await < 16 {
            held.push(Connection::open(&stack.direct_url).await.unwrap());
        }
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "connections.server").await, ("OK".to_owned(), Some(80.0)));

        held.push(Connection::open(&stack.direct_url).await.unwrap());
        for _ in 0..2 {
            let said = done(stack, "alerts.evaluate").await;
            assert!(said["firing"].as_array().unwrap().contains(&json!("connections.server")), "{said}");
        }
        assert_eq!(rule(stack, "connections.server").await, ("FIRING".to_owned(), Some(85.0)));

        drop(held);
        while stack.number(used).await > 16 {}
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "connections.server").await.0, "FIRING", "calm once");
        for _ in 0..3 {
            done(stack, "alerts.evaluate").await;
        }
        assert_eq!(rule(stack, "connections.server").await.0, "RESOLVED");
        assert_eq!(changes(stack, "connections.server").await, ["FIRING", "RESOLVED"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_40_a_disk_that_is_nearly_full_fires_and_one_with_room_does_not() {
    for (bytes, state) in [("1000000", "FIRING"), ("1000000000000000", "OK")] {
        let disk = vec![("DATABASE_DISK_BYTES".to_owned(), bytes.to_owned())];
        with_stack_where(disk, async |stack| {
            done(stack, "alerts.evaluate").await;
            let (found, value) = rule(stack, "disk.used").await;
            assert_eq!(found, state, "{value:?}");
            assert!(value.is_some_and(|percent| percent > 0.0));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_41_more_than_ten_slow_queries_fire_and_are_over_when_the_window_is() {
    with_stack(async |stack| {
        stack.sql("create extension pg_stat_statements").await;
        let sessions = join_all((0..10).map(async |_| Connection::open(&stack.direct_url).await.unwrap())).await;
        let slow = async |count: usize| {
            let runs = sessions.iter().take(count).map(|session| session.batch_execute("select pg_sleep(1.1)"));
            join_all(runs).await.into_iter().for_each(|run| run.unwrap());
        };
        // What was slow before anybody looked is nobody's alert.
        slow(10).await;
        slow(5).await;
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "queries.slow").await, ("OK".to_owned(), Some(0.0)));

        let mut total = 0.0;
        for (count, seconds) in [(10, 60), (1, 120)] {
            slow(count).await;
            stack.set_clock(seconds);
            done(stack, "alerts.evaluate").await;
            let (state, value) = rule(stack, "queries.slow").await;
            let value = value.unwrap();
            total += f64::from(u32::try_from(count).unwrap());
            // Others may be slow, too, on a busy machine: then it fires with reason.
            assert!(value >= total, "{value} of {total}");
            assert_eq!(state == "FIRING", value > 10.0, "{state} at {value}");
        }
        assert_eq!(rule(stack, "queries.slow").await.0, "FIRING");

        // Minute by minute, as the clock does it, until the window has passed.
        for minute in 3..=8 {
            stack.set_clock(minute * 60);
            done(stack, "alerts.evaluate").await;
        }
        let (state, value) = rule(stack, "queries.slow").await;
        assert_eq!(state, "RESOLVED", "{value:?}");
        assert_eq!(changes(stack, "queries.slow").await, ["FIRING", "RESOLVED"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_42_a_failed_backup_and_a_missing_one_fire_until_one_succeeds() {
    with_stack(async |stack| {
        done(stack, "alerts.evaluate").await;
        for calm in ["backup.failed", "backup.missing"] {
            assert_eq!(rule(stack, calm).await.0, "OK", "{calm}");
        }
        stack
            .sql(
                "insert into backup_runs (id, kind, day, status, started_at, finished_at, error)
                 values ('bak_1', 'daily', current_date, 'FAILED', now(), now(), 'the bucket is gone')",
            )
            .await;
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "backup.failed").await, ("FIRING".to_owned(), Some(1.0)));
        assert_eq!(rule(stack, "backup.missing").await.0, "OK", "a failed one is no reason to call it missing at once");

        // Who failed may have written a letter; here is nobody to send it to.
        stack
            .sql(
                "insert into alert_outbox (id, rule, event_id, channel, payload, next_attempt_at, created_at)
                 select 'alo_1', rule, id, 'WEBHOOK', '{}', now(), now() from alert_events where rule = 'backup.failed'",
            )
            .await;
        done(stack, "alerts.deliver").await;
        assert_eq!(stack.number("select count(*) from alert_outbox where status = 'FAILED'").await, 1);

        stack.set_clock(25 * 3_600);
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "backup.missing").await.0, "OK");
        stack.set_clock(27 * 3_600);
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "backup.missing").await.0, "FIRING");

        stack
            .sql(
                "insert into backup_runs (id, kind, day, status, object_key, bytes, sha256, migration_version,
                                          table_rows, started_at, finished_at)
                 values ('bak_2', 'daily', current_date + 1, 'SUCCEEDED',
                         'daily/2026/01/spike_land_20260102_020000.backup.gz', 1, repeat('0', 64), 1, '{}',
                         now() + interval '26 hours', now() + interval '26 hours')",
            )
            .await;
        for _ in 0..3 {
            done(stack, "alerts.evaluate").await;
        }
        for over in ["backup.failed", "backup.missing"] {
            assert_eq!(rule(stack, over).await.0, "RESOLVED", "{over}");
            assert_eq!(changes(stack, over).await, ["FIRING", "RESOLVED"], "{over}");
        }
        let admin = person(stack, "admin", "ADMIN").await;
        let seen = look(stack, &admin, "backups").await.expect(200);
        assert_eq!(
            (&seen["runs"][0]["status"], &seen["runs"][1]["error"]),
            (&json!("SUCCEEDED"), &json!("the bucket is gone"))
        );
    })
    .await;
}

/// A database that cannot be reached is told of without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_of_by_a_metric() {
    with_own_servers(async |servers, stack| {
        done(stack, "alerts.evaluate").await;
        let told = |stack: &tests::Stack| {
            let lines = stack.metrics("scheduled");
            lines.iter().filter(|line| line["DatabaseUnreachable"] == 1.0).count()
        };
        assert_eq!(told(stack), 0);
        servers.postgres.stop().await.unwrap();
        let answer = stack.bundle.invoke("scheduled", json!({ "job": "alerts.evaluate" })).await;
        assert!(answer.is_err(), "{answer:?}");
        assert_eq!(told(stack), 1);
        servers.postgres.restart().await.unwrap();
        recovered(stack).await;
        done(stack, "alerts.evaluate").await;
        let lines = stack.metrics("scheduled");
        let measured = lines.iter().rfind(|line| line["AlertsFiring"].is_number()).unwrap();
        assert!(measured["ConnectionsPercent"].as_f64().unwrap() > 0.0, "{measured}");
        stack.database = Connection::open(&stack.direct_url).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_and_states_are_there_to_be_drawn() {
    with_stack(async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let before = look(stack, &admin, "alerts").await.expect(200);
        assert!(before["rules"].as_array().unwrap().iter().all(|rule| rule["state"].is_null()), "{before}");
        for minute in 0..3 {
            stack.set_clock(minute * 60);
            done(stack, "alerts.evaluate").await;
        }
        let samples = look(stack, &admin, "samples?hours=1").await.expect(200);
        for metric in ["connections.used", "pooler.clients", "replication.lag", "database.bytes"] {
            let points = samples["series"][metric].as_array().unwrap();
            assert!(points.len() >= 3 && points.is_sorted_by_key(|point| point[0].as_i64()), "{metric}: {points:?}");
        }
        for hours in [0, 2161] {
            let refused = look(stack, &admin, &format!("samples?hours={hours}")).await;
            assert_eq!(refused.expect_error(400, "invalid_field")["details"]["field"], "hours");
        }
        let after = look(stack, &admin, "alerts").await.expect(200);
        let lag = after["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "replication.lag").unwrap();
        assert_eq!((&lag["state"], &lag["threshold"]), (&json!("OK"), &json!(30.0)), "{lag}");
        assert_eq!(look(stack, &admin, "health").await.expect(200)["queueDepth"], 0);
    })
    .await;
}
