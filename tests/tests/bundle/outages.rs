//! Servers that go away and come back, processes that freeze and die. Each test has servers of its own.

use std::time::{Duration, Instant};

use local::connection::Connection;
use local::stripe::{Package, event, paid_checkout};
use tests::{Person, STRIPE_SECRETS, Stack, with_own_servers, with_stack};

/// Connections of the pool that the tests' own servers have for a database.
const POOL: usize = 5;

/// A call that needs the database, per function.
async fn data_endpoints(stack: &Stack, person: &Person) -> Vec<tests::Answer> {
    let paid = paid_checkout(&person.id, &person.email, Package::find("starter").unwrap()).unwrap();
    let bought = event("checkout.session.completed", paid).unwrap();
    let sign_in = serde_json::json!({ "email": person.email, "password": tests::PASSWORD });
    let (ready, balance, history, session, sign_in, webhook) = tokio::join!(
        stack.get("/api/health/ready", None),
        stack.get("/api/tokens/balance", Some(&person.token)),
        stack.get("/api/tokens/history", Some(&person.token)),
        stack.get("/api/auth/session", Some(&person.token)),
        stack.post("/api/auth/mobile/signin", &sign_in),
        stack.stripe(&bought, STRIPE_SECRETS[0]),
    );
    vec![ready, balance, history, session, sign_in, webhook]
}

async fn all_answer(stack: &Stack, person: &Person) {
    for answer in data_endpoints(stack, person).await {
        answer.expect(200);
    }
}

/// Every data endpoint says so at once, with when to come back; the process itself is well.
async fn all_are_unavailable(stack: &Stack, person: &Person) {
    let started = Instant::now();
    for answer in data_endpoints(stack, person).await {
        let code = answer.json()["code"].clone();
        assert!(code == "unavailable" || code == "outcome_unknown", "{answer:?}");
        answer.expect(503);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    }
    // A client is told within three seconds: that is a limit, not a measurement, and without it the gateway's would answer.
    const { assert!(shared::limits::DATABASE_WAIT.as_millis() < 3_000) };
    println!("all {} endpoints said so within {:?}", 6, started.elapsed());
    stack.get("/api/health", None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_all_say_so_and_recover_by_themselves() {
    with_own_servers(async |servers, stack| {
        let ada = stack.sign_up("ada").await;
        all_answer(stack, &ada).await;
        let processes = stack.bundle.pids("tokens");
        servers.postgres.stop().await.unwrap();
        all_are_unavailable(stack, &ada).await;
        all_are_unavailable(stack, &ada).await;
        servers.postgres.restart().await.unwrap();
        recovered(stack, &ada).await;
        assert_eq!(stack.bundle.pids("tokens"), processes, "nothing was restarted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pgbouncer_is_found_again_by_the_next_request() {
    with_own_servers(async |servers, stack| {
        let ada = stack.sign_up("ada").await;
        all_answer(stack, &ada).await;
        servers.pgbouncer.kill9().await.unwrap();
        all_are_unavailable(stack, &ada).await;
        servers.pgbouncer.restart().await.unwrap();
        all_answer(stack, &ada).await;
        // Killed and back before anyone noticed: the kept connections are dead, and nobody is told.
        servers.pgbouncer.kill9().await.unwrap();
        servers.pgbouncer.restart().await.unwrap();
        all_answer(stack, &ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pgbouncer_that_hangs_is_a_quick_503() {
    with_own_servers(async |servers, stack| {
        let ada = stack.sign_up("ada").await;
        all_answer(stack, &ada).await;
        servers.pgbouncer.freeze().unwrap();
        all_are_unavailable(stack, &ada).await;
        servers.pgbouncer.thaw().unwrap();
        recovered(stack, &ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_frozen_for_thirty_seconds_serves_its_next_request() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.balance(&ada).await;
        let processes = stack.bundle.pids("tokens");
        stack.bundle.freeze("tokens");
        tokio::time::sleep(Duration::from_secs(30)).await;
        // Meanwhile the pooler has closed the connection, as poolers do with idle clients.
        stack.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'spike_app' and datname = current_database()").await;
        stack.bundle.thaw("tokens");
        stack.balance(&ada).await;
        assert_eq!(stack.bundle.pids("tokens"), processes, "it is the same process");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_function_is_replaced_at_the_next_request() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.balance(&ada).await;
        stack.bundle.kill("tokens");
        stack.balance(&ada).await;
    })
    .await;
}

/// What there is of connections is taken: to PostgreSQL (53300), then to the pooler's pool, where one waits.
#[tokio::test(flavor = "multi_thread")]
async fn ops_65_exhausted_connections_are_a_quick_503_and_recover() {
    with_own_servers(async |_servers, stack| {
        let ada = stack.sign_up("ada").await;
        let free = "select current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint";
        let most = stack.number(free).await;
        let mut taken = Vec::new();
        let release = "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('spike_app', 'spike_monitor')";
        // Those that the pooler keeps give theirs up, so that every one is taken by somebody else.
        for _ in 0..most {
            taken.push(Connection::open(&stack.direct_url).await.unwrap());
        }
        stack.sql(release).await;
        let functions = stack.pooled_url.rsplit_once('@').unwrap().0;
        let direct = stack.direct_url.rsplit_once('@').unwrap().1;
        let refused = Connection::open(&format!("{functions}@{direct}")).await.err().unwrap().to_string();
        assert!(refused.contains("remaining connection slots are reserved"), "{refused}");
        all_are_unavailable(stack, &ada).await;
        drop(taken);
        recovered(stack, &ada).await;

        // Every connection of the pool is inside of a transaction of somebody who takes a long time.
        let mut busy = Vec::new();
        for _ in 0..POOL {
            let slow = Connection::open(&stack.pooled_url).await.unwrap();
            slow.batch_execute("begin; set local idle_in_transaction_session_timeout = 0; select 1").await.unwrap();
            busy.push(slow);
        }
        all_are_unavailable(stack, &ada).await;
        for slow in busy {
            slow.batch_execute("rollback").await.unwrap();
        }
        recovered(stack, &ada).await;
    })
    .await;
}

/// PgBouncer notices a returned PostgreSQL within a second or two; then all work.
async fn recovered(stack: &Stack, person: &Person) {
    for _ in 0..40 {
        if stack.get("/api/health/ready", None).await.status == 200 {
            return all_answer(stack, person).await;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("not ready ten seconds after the database came back");
}
