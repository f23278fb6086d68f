//! A real replica: up to date when idle, behind when its replay is paused.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use local::connection::Connection;
use local::postgres::free_port;
use local::process::{Process, ProcessSettings};
use local::server_user::{ServerUser, private_folder};
use local::tools::Toolbox;
use nix::sys::signal::Signal;
use tests::{Given, own_servers, with_stack_of};

use crate::{changes, done, look, person, rule};

/// A base backup of the primary, started as its replica.
pub async fn replica(primary: &str, folder: &Path, port: u16) -> Process {
    let user = ServerUser::choose().unwrap();
    private_folder(folder, user.as_ref()).unwrap();
    let tools = Toolbox::new(user.clone()).unwrap().postgres(None).await.unwrap();
    let (data, log) = (folder.join("data").display().to_string(), folder.with_extension("log"));
    let run = |program: &str, arguments: &[&str]| {
        let settings = ProcessSettings {
            name: "replica",
            program: &tools.program(program),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: BTreeMap::from_iter(tools.environment()),
            log: &log,
            stop_signal: Signal::SIGINT,
            user: user.as_ref(),
        };
        Process::spawn(settings).unwrap()
    };
    let mut copy = run("pg_basebackup", &["-D", &data, "-X", "stream", "-R", "-c", "fast", "-d", primary]);
    assert!(copy.exited_within(Duration::from_secs(60)).await, "{}", copy.log_tail());
    let port = format!("port={port}");
    // Its answers tell the primary how far it is.
    let every_second = "wal_receiver_status_interval=1s";
    let settings =
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", &port, every_second];
    let mut arguments = vec!["-D", &data];
    settings.iter().for_each(|setting| arguments.extend(["-c", setting]));
    run("postgres", &arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_37_39_a_replica_that_falls_behind_fires_and_one_that_has_caught_up_resolves() {
    let (servers, given) = own_servers().await.unwrap();
    let port = free_port().unwrap();
    let folder = Given::get().folder.join(format!("replica-{port}"));
    let mut process = replica(&servers.postgres.url("postgres"), &folder, port).await;
    let thresholds = vec![("ALERT_THRESHOLDS".to_owned(), "replication.lag=2".to_owned())];
    with_stack_of(Given { variables: thresholds, ..given }, async |stack| {
        let admin = person(stack, "admin", "ADMIN").await;
        let (base, name) = stack.direct_url.rsplit_once('/').unwrap();
        let (login, _) = base.rsplit_once(':').unwrap();
        let there = format!("{login}:{port}/{name}");
        let standby = loop {
            if let Ok(standby) = Connection::open(&there).await {
                break standby;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
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
    process.stop().await.unwrap();
    servers.stop().await.unwrap();
}
