//! Failovers that no connection tells of: a host that vanishes without a word, and a server that becomes a replica behind
//! its pooler.

use local::stripe::{Package, event, paid_checkout};
use shared::limits::DATABASE_HOST_TRUST;
use tests::{Person, STRIPE_SECRETS, Stack, with_pair, with_stack_of};

async fn buy(stack: &Stack, person: &Person) -> u16 {
    let paid = paid_checkout(&person.id, &person.email, Package::find("pro").unwrap()).unwrap();
    let paid = event("checkout.session.completed", paid).unwrap();
    stack.stripe(&paid, STRIPE_SECRETS[0]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_49_a_host_that_vanishes_without_a_word_is_passed_over() {
    with_pair(async |pair| {
        with_stack_of(pair.given(), async |stack| {
            let ada = stack.sign_up("ada").await;
            assert_eq!(buy(stack, &ada).await, 200);
            let pids = stack.bundle.pids("webhooks");
            pair.a.postgres.crash().await.unwrap();
            // From here on nobody there answers, and nobody refuses either.
            pair.a.pgbouncer.freeze().unwrap();
            pair.b.postgres.promote().await.unwrap();
            let mut refused = 0;
            while buy(stack, &ada).await != 200 {
                refused += 1;
                assert!(refused < 4, "the function does not find the other host");
            }
            assert_eq!(buy(stack, &ada).await, 200, "and stays there");
            assert_eq!(stack.bundle.pids("webhooks"), pids, "no function was started anew");
            pair.a.pgbouncer.thaw().unwrap();
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_49_a_server_that_became_a_replica_behind_its_pooler_is_left_without_an_error() {
    with_pair(async |pair| {
        with_stack_of(pair.given(), async |stack| {
            let ada = stack.sign_up("ada").await;
            assert_eq!(buy(stack, &ada).await, 200);
            stack.balance(&ada).await;
            // A planned change of roles: nobody's connection to the pooler breaks.
            pair.a.postgres.stop().await.unwrap();
            pair.b.postgres.promote().await.unwrap();
            pair.a.postgres.follow(&pair.b.postgres, "a").await.unwrap();
            assert_eq!(buy(stack, &ada).await, 200, "the first one writes, on the new primary");

            // Reading goes on where it was, for as long as the host is trusted.
            let replica = pair.a.postgres.connect("postgres").await.unwrap();
            replica.batch_execute("select pg_wal_replay_pause()").await.unwrap();
            assert_eq!(buy(stack, &ada).await, 200);
            stack.set_clock(i64::try_from(DATABASE_HOST_TRUST.as_secs()).unwrap() + 1);
            assert_eq!(stack.balance(&ada).await["balance"], 10 + 3 * 150);
            replica.batch_execute("select pg_wal_replay_resume()").await.unwrap();
        })
        .await;
    })
    .await;
}
