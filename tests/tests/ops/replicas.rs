//! A real replica: up to date when idle, behind when its replay is paused.

use std::time::Duration;

use tests::{Given, own_servers, with_stack_of};

use crate::{changes, done, look, person, rule};

#[tokio::test(flavor = "multi_thread")]
async fn ops_37_39_a_replica_that_falls_behind_fires_and_one_that_has_caught_up_resolves() {
    let (servers, given) = own_servers().await.unwrap();
    let folder = Given::get().folder.join(format!("replica-{}", servers.postgres.port()));
    let mut replica = servers.postgres.replica("r", folder.clone(), folder.with_extension("log")).await.unwrap();
    let thresholds = vec![("ALERT_THRESHOLDS".to_owned(), "replication.lag=2".to_owned())];
    with_stack_of(Given { variables: thresholds, ..given }, async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let standby = replica.connect("postgres").await.unwrap();
        let lag = async || look(stack, &admin, "replication").await.expect(200);
        // Idle: nothing to replay, so it is not behind, however long ago the last change was.
        while lag().await["lagSeconds"] != 0.0 || lag().await["replicas"][0]["state"] != "streaming" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        done(stack, "alerts.evaluate").await;
        standby.batch_execute("select pg_wal_replay_pause()").await.unwrap();
        stack.sql("create table moved (a int)").await;
        loop {
            stack.sql("insert into moved values (1)").await;
            let seen = lag().await;
            if seen["lagSeconds"].as_f64().unwrap() > 2.0 {
                assert!(seen["replicas"][0]["behindBytes"].as_i64().unwrap() > 0, "{seen}");
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        done(stack, "alerts.evaluate").await;
        assert_eq!(rule(stack, "replication.lag").await.0, "FIRING");

        standby.batch_execute("select pg_wal_replay_resume()").await.unwrap();
        loop {
            done(stack, "alerts.evaluate").await;
            if rule(stack, "replication.lag").await.0 == "RESOLVED" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(changes(stack, "replication.lag").await, ["FIRING", "RESOLVED"]);
    })
    .await;
    replica.stop().await.unwrap();
    servers.stop().await.unwrap();
}
