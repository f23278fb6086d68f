//! Reports are read from a replica, and from the primary while the replica is away or behind. What somebody has just changed
//! is always read from the primary.

use std::time::Duration;

use local::connection::Connection;
use local::stripe::{Package, event, paid_checkout};
use shared::database::{DatabaseUrl, WriteStop};
use shared::{Clock, Database, DatabaseError, Statement};
use tests::{Given, Person, STRIPE_SECRETS, Stack, own_servers, with_stack_of};

use crate::person;

/// `url` with the port of another server.
fn at(url: &str, port: u16) -> String {
    let (login, place) = url.rsplit_once('@').unwrap();
    let (_, database) = place.split_once('/').unwrap();
    format!("{login}@127.0.0.1:{port}/{database}")
}

async fn users(stack: &Stack, admin: &Person) -> i64 {
    let figures = stack.get("/api/admin/dashboard", Some(&admin.token)).await.expect(200);
    figures["totalUsers"].as_i64().unwrap()
}

/// A connection to a replica that may still be starting, or may not have the database yet.
async fn answering(url: &str) -> Connection {
    loop {
        match Connection::open(url).await {
            Ok(server) => return server,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn number(server: &Connection, sql: &str) -> i64 {
    server.query_typed(sql, &[]).await.unwrap()[0].get(0)
}

fn fallbacks(stack: &Stack) -> usize {
    stack.metrics("admin").iter().filter(|line| line.get("ReplicaFallbacks").is_some()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_47_ops_48_reports_come_from_the_replica_while_it_is_of_use() {
    let (servers, given) = own_servers().await.unwrap();
    let folder = Given::get().folder.join(format!("reading-{}", servers.postgres.port()));
    let mut replica = servers.postgres.replica("r", folder.clone(), folder.with_extension("log")).await.unwrap();
    let port = replica.port();
    let file = folder.with_extension("url");
    std::fs::write(&file, "postgresql://nobody:x@127.0.0.1:9/nowhere").unwrap();
    let variables = vec![("DATABASE_READ_URL_FILE".to_owned(), file.display().to_string())];
    with_stack_of(Given { variables, instances_per_function: 1, ..given }, async |stack| {
        let read_url = at(&stack.pooled_url, port);
        let admin = person(stack, "admin", "ADMIN").await;
        // Away: nobody notices, and it is counted.
        assert_eq!(users(stack, &admin).await, 1);
        assert_eq!(fallbacks(stack), 1);

        let there = answering(&at(&stack.direct_url, port)).await;
        while number(&there, "select count(*) from users").await < 1 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Its password is not the right one yet, and is found when it is, without a restart. Of the two hosts the first is meant.
        let primary = servers.postgres.port();
        let both = read_url.replace(&format!("@127.0.0.1:{port}/"), &format!("@127.0.0.1:{port},127.0.0.1:{primary}/"));
        let (login, place) = both.split_once('@').unwrap();
        std::fs::write(&file, format!("{login}-not@{place}")).unwrap();
        stack.bundle.kill("admin");
        assert_eq!(users(stack, &admin).await, 1);
        assert_eq!(fallbacks(stack), 2);
        std::fs::write(&file, &both).unwrap();
        stack.set_clock(60);
        assert_eq!(users(stack, &admin).await, 1);
        let sessions =
            "select count(*) from pg_stat_activity where application_name = 'admin' and usename = 'spike_app'";
        assert_eq!(number(&there, sessions).await, 1, "the report was read from the replica");

        // It stands still, and is not yet too far behind: what it answers is of a moment ago.
        there.batch_execute("select pg_wal_replay_pause()").await.unwrap();
        let ada = stack.sign_up("ada").await;
        assert_eq!(users(stack, &admin).await, 1);
        // What somebody changed they see at once.
        let paid = paid_checkout(&ada.id, &ada.email, Package::find("pro").unwrap()).unwrap();
        let paid = event("checkout.session.completed", paid).unwrap();
        stack.stripe(&paid, STRIPE_SECRETS[0]).await.expect(200);
        assert_eq!(stack.balance(&ada).await["balance"], 160);
        // Who is calling the primary says: the replica still takes him for an administrator.
        stack.sql(&format!("update users set role = 'USER' where id = '{}'", admin.id)).await;
        stack.get("/api/admin/dashboard", Some(&admin.token)).await.expect(403);
        stack.sql(&format!("update users set role = 'ADMIN' where id = '{}'", admin.id)).await;

        // Too far behind.
        tokio::time::sleep(shared::limits::REPLICA_LAG + Duration::from_secs(1)).await;
        assert_eq!(users(stack, &admin).await, 2);
        assert_eq!(fallbacks(stack), 3);
        there.batch_execute("select pg_wal_replay_resume()").await.unwrap();
        assert_eq!(users(stack, &admin).await, 2, "it is left alone for a while");
        assert_eq!(fallbacks(stack), 3);
        while number(&there, "select count(*) from users").await < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stack.set_clock(120);
        assert_eq!(users(stack, &admin).await, 2);
        assert_eq!(fallbacks(stack), 3, "it is of use again");

        // Gone in the middle of everything.
        replica.crash().await.unwrap();
        stack.sign_up("bob").await;
        assert_eq!(users(stack, &admin).await, 3);
        assert_eq!(fallbacks(stack), 3, "its other host has answered");
    })
    .await;
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_47_nothing_is_written_where_reports_are_read() {
    tests::with_stack(async |stack| {
        let url = || DatabaseUrl::parse(&stack.pooled_url).unwrap();
        let insert =
            || [Statement::new("insert into rate_limits (key, hits, window_ends_at) values (sha256('x'), 1, now())")];
        // As if it were a replica, and without any.
        for replica in [Some(url().into()), None] {
            let database = Database::with_replica(url(), replica, Clock::default(), WriteStop::Never);
            let refused = database.report(insert()).await;
            assert!(matches!(refused, Err(DatabaseError::ReadOnlyServer(_))), "{:?}", refused.map(|_| ()));
        }
        assert_eq!(stack.number("select count(*) from rate_limits where key = sha256('x')").await, 0);
    })
    .await;
}
