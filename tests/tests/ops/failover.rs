//! A primary and its replica: what `failover-check` says about them in each state, and what a failover costs.

use std::time::{Duration, Instant};

use local::connection::Connection;
use serde_json::Value;
use tests::{Buyers, Gone, Pair, with_pair, with_stack_of};

/// Shorter would be a matter of the machine.
const AUTOMATIC_FAILOVER_SECONDS: f64 = 60.0;

fn roles(report: &Value) -> Vec<&str> {
    report["hosts"].as_array().unwrap().iter().map(|host| host["role"].as_str().unwrap()).collect()
}

async fn text(pair: &Pair) -> String {
    String::from_utf8(pair.command(&["failover-check"]).output().await.unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_50_ops_51_the_check_knows_every_state_of_a_failover_and_what_comes_next() {
    with_pair(async |pair| {
        // A replica that nothing waits for: the warning.
        let report = pair.until("loses_data", &["asynchronous"]).await;
        assert_eq!(roles(&report), ["primary", "replica"]);
        assert!(!pair.check().await.1, "{report}");
        let [primary, replica] = [&report["hosts"][0], &report["hosts"][1]];
        assert_eq!((&primary["timeline"], &replica["timeline"]), (&1.into(), &1.into()), "{report}");
        assert_eq!((&primary["synchronous_commit"], &primary["synchronous_standby_names"]), (&"on".into(), &"".into()));
        assert_eq!((&primary["slots"][0]["name"], &primary["slots"][0]["active"]), (&"b".into(), &true.into()));
        assert_eq!((&primary["followers"][0]["synchronous"], &replica["name"]), (&"async".into(), &"b".into()));
        let said = text(pair).await;
        assert!(said.contains("synchronous_standby_names") && said.ends_with("work would be lost.\n"), "{said}");

        // Commits wait for it: nothing can be lost.
        pair.a.postgres.require_replicas(&["b"]).await.unwrap();
        let report = pair.until("ready", &[]).await;
        assert!(pair.check().await.1, "{report}");
        assert_eq!(report["hosts"][0]["followers"][0]["synchronous"], "sync", "{report}");
        let said = text(pair).await;
        assert!(said.contains("Commits wait for \"b\" (synchronous_commit on)\nVerdict: ready."), "{said}");

        // A role that does not wait loses its own work.
        let admin = pair.a.postgres.connect("postgres").await.unwrap();
        admin.batch_execute("alter role spike_app set synchronous_commit = off").await.unwrap();
        pair.until("loses_data", &["careless"]).await;
        admin.batch_execute("alter role spike_app reset synchronous_commit").await.unwrap();
        pair.until("ready", &[]).await;

        // The primary lives and can't be reached from here: its replica still hears it, so nobody is to be promoted.
        pair.a.postgres.freeze().unwrap();
        let report = pair.until("not_ready", &["primary_not_seen", "unreachable"]).await;
        assert!(report["problems"][0]["remedy"].as_str().unwrap().starts_with("promote nobody"), "{report}");
        pair.a.postgres.thaw().unwrap();
        pair.until("ready", &[]).await;

        // The replica goes: now every commit waits, and nobody could take over.
        pair.b.postgres.stop().await.unwrap();
        let report = pair.until("not_ready", &["no_replica", "commits_wait", "unreachable", "idle_slot"]).await;
        assert_eq!(roles(&report), ["primary", "unreachable"]);
        pair.b.postgres.restart().await.unwrap();
        pair.until("ready", &[]).await;

        // The last commit, and the primary dies in the same moment.
        drop(admin);
        let admin = pair.a.postgres.connect("postgres").await.unwrap();
        admin.batch_execute("create table told (what text)").await.unwrap();
        admin.batch_execute("insert into told values ('the last')").await.unwrap();
        pair.a.postgres.crash().await.unwrap();
        let report = pair.until("not_ready", &["no_primary", "unreachable"]).await;
        assert_eq!(roles(&report), ["unreachable", "replica"]);
        let remedy = report["problems"][0]["remedy"].as_str().unwrap();
        let second = report["hosts"][1]["host"].as_str().unwrap();
        assert!(remedy.contains(&format!("on {second}: alter system")) && remedy.contains("pg_promote"), "{remedy}");
        pair.b.postgres.promote().await.unwrap();
        let b = pair.b.postgres.connect("postgres").await.unwrap();
        assert_eq!(b.query_typed("select what from told", &[]).await.unwrap().len(), 1, "it was told to be done");

        // Somebody starts the old primary as if nothing had been: split brain.
        pair.a.postgres.restart().await.unwrap();
        let report = pair.until("not_ready", &["split_brain", "idle_slot"]).await;
        assert_eq!(roles(&report), ["primary", "primary"]);
        assert_eq!((&report["hosts"][0]["timeline"], &report["hosts"][1]["timeline"]), (&1.into(), &2.into()));
        let remedy = report["problems"][0]["remedy"].as_str().unwrap();
        assert!(remedy.starts_with(&format!("{second} is on the newer timeline")), "{remedy}");
        // What it takes in then is lost when it is rewound, and it is stopped as it was the first time.
        let astray = pair.a.postgres.connect("postgres").await.unwrap();
        astray.batch_execute("alter system reset synchronous_standby_names").await.unwrap();
        astray.batch_execute("select pg_reload_conf()").await.unwrap();
        astray.batch_execute("insert into told values ('astray')").await.unwrap();
        pair.a.postgres.crash().await.unwrap();

        // It comes back as the replica.
        pair.a.postgres.follow(&pair.b.postgres, "a").await.unwrap();
        pair.b.postgres.require_replicas(&["a"]).await.unwrap();
        let report = pair.until("ready", &[]).await;
        assert_eq!(roles(&report), ["replica", "primary"]);
        assert_eq!((&report["hosts"][0]["timeline"], &report["hosts"][1]["timeline"]), (&2.into(), &2.into()));
        let slots = report["hosts"][1]["slots"].as_array().unwrap();
        assert_eq!((slots.len(), &slots[0]["name"], &slots[0]["active"]), (1, &"a".into(), &true.into()), "{report}");
        b.batch_execute("insert into told values ('after')").await.unwrap();
        let a = pair.a.postgres.connect("postgres").await.unwrap();
        let kept = "select string_agg(what, ', ' order by what) from told";
        // A commit waits until the replica has it, not until it shows it.
        while a.query_typed(kept, &[]).await.unwrap()[0].get::<_, String>(0) != "after, the last" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_49_ops_51_the_primary_dies_under_load_and_the_service_goes_on_with_the_replica() {
    go_on_without_the_primary(async |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_49_ops_51_the_machine_of_the_primary_goes_without_a_word_and_the_service_goes_on() {
    // Nobody hears that connections to it have ended, and new ones are not refused.
    go_on_without_the_primary(async |pair| pair.a.pgbouncer.freeze().unwrap()).await;
}

/// Under load nothing is lost, and nobody has to touch a function.
async fn go_on_without_the_primary(also: impl AsyncFnOnce(&mut Pair)) {
    with_pair(async |pair| {
        pair.a.postgres.require_replicas(&["b"]).await.unwrap();
        pair.until("ready", &[]).await;
        with_stack_of(pair.given(), async |stack| {
            let stack = &*stack;
            let buyers = Buyers::sign_up(stack, 4).await;
            let disaster = buyers
                .buy_while(async {
                    buyers.more(40).await;
                    let pids = stack.bundle.pids("webhooks");
                    let disaster = Instant::now();
                    also(pair).await;
                    pair.a.postgres.crash().await.unwrap();
                    pair.b.postgres.require_replicas(&[]).await.unwrap();
                    pair.b.postgres.promote().await.unwrap();
                    buyers.more(10).await;
                    let away = disaster.elapsed().as_secs_f64();
                    assert!(away < AUTOMATIC_FAILOVER_SECONDS, "it wrote again after {away} s");
                    assert_eq!(stack.bundle.pids("webhooks"), pids, "no function was started anew");
                    let ready = async { while stack.get("/api/health/ready", None).await.status != 200 {} };
                    tokio::time::timeout(Duration::from_secs(60), ready).await.unwrap();
                    disaster
                })
                .await;
            let database = Connection::open(&stack.direct_url).await.unwrap();
            let Gone { acknowledged, lost, doubled, .. } = buyers.compare(&database, disaster).await.unwrap();
            assert_eq!((lost, doubled), (0, 0), "of {acknowledged}");
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_51_where_no_commit_waits_the_last_moments_are_lost_and_the_check_had_warned() {
    with_pair(async |pair| {
        let report = pair.until("loses_data", &["asynchronous"]).await;
        let warning = report["problems"][0]["says"].as_str().unwrap();
        assert!(warning.contains("the last moments of work would be lost"), "{warning}");
        with_stack_of(pair.given(), async |stack| {
            let stack = &*stack;
            let buyers = Buyers::sign_up(stack, 2).await;
            let disaster = buyers
                .buy_while(async {
                    buyers.more(5).await;
                    // What happens now the replica does not hear of.
                    pair.b.postgres.stop().await.unwrap();
                    buyers.more(10).await;
                    let disaster = Instant::now();
                    pair.a.postgres.crash().await.unwrap();
                    pair.b.postgres.restart().await.unwrap();
                    pair.b.postgres.promote().await.unwrap();
                    buyers.more(5).await;
                    disaster
                })
                .await;
            let database = Connection::open(&stack.direct_url).await.unwrap();
            let Gone { acknowledged, lost, doubled, time } = buyers.compare(&database, disaster).await.unwrap();
            assert!(lost >= 10 && acknowledged > lost && doubled == 0, "{lost} of {acknowledged} lost");
            assert!(!time.is_zero(), "what is lost was told before the disaster");
        })
        .await;
    })
    .await;
}
