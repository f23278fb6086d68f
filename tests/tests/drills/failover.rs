//! The primary dies under load. Its replica takes over, nobody notices more than a pause, and the old one comes back.

use std::time::{Duration, Instant};

use local::connection::Connection;
use serde_json::{Value, json};
use tests::{Buyers, Pair, Stack, with_pair, with_stack_of};
use tokio::net::TcpStream;

use crate::steps::{Drill, Loss, Scenario};

const SCENARIO: Scenario = Scenario { name: "failover", rto: Duration::from_secs(15 * 60), rpo: Duration::ZERO };
const BUYERS: usize = 4;
/// Functions that work during the drill.
const FUNCTIONS: [&str; 3] = ["ops", "tokens", "webhooks"];

/// What the deployed check answers.
async fn check(stack: &Stack) -> Value {
    stack.bundle.invoke("migrate", json!({ "action": "failover_check" })).await.unwrap()
}

/// Waits for readiness to be answered with this status.
async fn readiness(stack: &Stack, status: u16) {
    while stack.get("/api/health/ready", None).await.status != status {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn processes(stack: &Stack) -> Vec<Vec<u32>> {
    FUNCTIONS.map(|function| stack.bundle.pids(function)).into()
}

fn timeline(report: &Value, host: usize) -> i64 {
    report["hosts"][host]["timeline"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_50_ops_54_the_primary_dies() {
    with_pair(async |pair| {
        pair.a.postgres.require_replicas(&["b"]).await.unwrap();
        pair.until("ready", &[]).await;
        with_stack_of(pair.given(), async |stack| rehearse(pair, stack).await).await;
    })
    .await;
}

async fn rehearse(pair: &mut Pair, stack: &Stack) {
    let buyers = Buyers::sign_up(stack, BUYERS).await;
    let customer = stack.sign_up("customer").await;
    let (mut drill, disaster) = buyers
        // A long story, kept off the stack.
        .buy_while(Box::pin(async {
            buyers.more(40).await;
            stack.balance(&customer).await;
            readiness(stack, 200).await;
            let first = check(stack).await;
            assert_eq!(first["verdict"], "ready", "{first}");
            let before = processes(stack);

            let mut drill = Drill::begin(&SCENARIO);
            let disaster = Instant::now();
            pair.a.postgres.crash().await.unwrap();
            drill.step("Notice: /api/health/ready answers 503", readiness(stack, 503)).await;
            let gone = async {
                let port = pair.a.postgres.port();
                assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "the old primary still listens");
            };
            drill.step("Make sure that the old primary is dead and stays dead", gone).await;
            let healthy = async {
                // The replica notices by itself.
                let report = loop {
                    let report = check(stack).await;
                    if report["problems"][0]["problem"] != "primary_not_seen" {
                        break report;
                    }
                };
                assert_eq!(report["problems"][0]["problem"], "no_primary", "{report}");
                assert_eq!(report["hosts"][1]["role"], "replica", "{report}");
                assert_eq!(timeline(&report, 1), timeline(&first, 0), "{report}");
            };
            drill.step("cargo db failover-check: which replica is to take over", healthy).await;
            let alone = pair.b.postgres.require_replicas(&[]);
            drill.step("On it: synchronous_standby_names = '', as nobody could confirm", alone).await.unwrap();
            drill.step("On it: select pg_promote()", pair.b.postgres.promote()).await.unwrap();
            drill.step("The functions write again", buyers.more(10)).await;
            drill.step("/api/health/ready answers 200", readiness(stack, 200)).await;
            let same = async {
                stack.balance(&customer).await;
                assert_eq!(processes(stack), before, "a function was started anew");
            };
            drill.step("None of them was started anew", same).await;
            let back = pair.a.postgres.follow(&pair.b.postgres, "a");
            drill.step("The old primary comes back as a replica: pg_rewind, standby.signal", back).await.unwrap();
            let waits = pair.b.postgres.require_replicas(&["a"]);
            drill.step("On the new primary: synchronous_standby_names = 'a'", waits).await.unwrap();
            let ready = async {
                let report = pair.until("ready", &[]).await;
                assert_eq!(timeline(&report, 0), timeline(&first, 0) + 1, "{report}");
                assert_eq!(timeline(&report, 1), timeline(&first, 0) + 1, "{report}");
                assert_eq!(report["hosts"][1]["role"], "primary", "{report}");
            };
            drill.step("cargo db failover-check: ready, one timeline further", ready).await;
            buyers.more(10).await;
            assert_eq!(processes(stack), before, "a function was started anew");
            (drill, disaster)
        }))
        .await;

    let database = Connection::open(&stack.direct_url).await.unwrap();
    let gone =
        drill.step("Every acknowledged purchase is in the books, once", buyers.compare(&database, disaster)).await;
    let gone = gone.unwrap();
    assert_eq!(gone.doubled, 0, "{gone:?}");
    let books = async {
        let report = stack.bundle.invoke("migrate", json!({ "action": "reconcile" })).await.unwrap();
        assert_eq!(report["faults"], 0, "{report}");
    };
    drill.step("cargo db reconcile: the books add up", books).await;
    drill.end(&Loss { acknowledged: gone.acknowledged, lost: gone.lost, time: gone.time });
}
