//! PgBouncer as production runs it: its settings, and many functions on few connections.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use local::LocalError;
use local::connection::Connection;
use local::database::deploy;
use local::pgbouncer::PRODUCTION_POOL;
use local::server_user::ServerUser;
use local::servers::{ServerSettings, Servers};
use tests::{Given, project, with_stack_of};
use tokio_postgres::SimpleQueryMessage;

const DATABASE: &str = "production_like";
/// Of the production pool, the reserve included.
const MOST: i64 = 25;
const CALLS: usize = 200;

async fn production_like() -> Result<Servers, LocalError> {
    let given = Given::get();
    let folder = given.folder.join(format!("pool-{}", local::secret::random(6)?));
    let user = ServerUser::choose()?;
    let access_key = ("test".to_owned(), "test-secret".to_owned());
    let pool = PRODUCTION_POOL;
    let servers = Servers::start(ServerSettings { folder, user, durable: false, pool, access_key }).await?;
    servers.postgres.create_database(DATABASE, None).await?;
    deploy(&given.binaries, &servers.postgres.url(DATABASE)).await?;
    Ok(servers)
}

/// What a `show` command answers: each row's columns.
async fn show(url: &str, what: &str) -> Vec<BTreeMap<String, String>> {
    let admin = Connection::open(url).await.unwrap();
    let messages = admin.simple_query(&format!("show {what}")).await.unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| {
        let columns = row.columns().iter().enumerate();
        columns.map(|(at, column)| (column.name().to_owned(), row.get(at).unwrap_or_default().to_owned())).collect()
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_06_pgbouncer_runs_with_the_values_that_are_shipped() {
    let text = std::fs::read_to_string(project().join("deploy/pgbouncer.ini")).unwrap();
    let shipped: BTreeMap<&str, &str> =
        text.lines().filter(|line| !line.starts_with(';')).filter_map(|line| line.split_once(" = ")).collect();
    let promised = [
        ("listen_port", "6543"),
        ("listen_addr", "*"),
        ("auth_type", "md5"),
        ("auth_file", "/etc/pgbouncer/userlist.txt"),
        ("pool_mode", "transaction"),
        ("max_client_conn", "1000"),
        ("default_pool_size", "20"),
        ("min_pool_size", "5"),
        ("reserve_pool_size", "5"),
        ("reserve_pool_timeout", "5"),
        ("server_lifetime", "3600"),
        ("server_idle_timeout", "600"),
    ];
    for (name, value) in promised {
        assert_eq!(shipped.get(name), Some(&value), "{name}");
    }
    assert_eq!(shipped.get("spike_land"), Some(&"host=localhost port=5432 dbname=spike_land"));

    let servers = production_like().await.unwrap();
    let running: BTreeMap<String, String> = show(&servers.pgbouncer.admin_url(), "config")
        .await
        .into_iter()
        .map(|mut row| (row.remove("key").unwrap(), row.remove("value").unwrap()))
        .collect();
    servers.stop().await.unwrap();
    let of_this_machine = ["listen_port", "listen_addr", "auth_file", "admin_users", "spike_land"];
    let mut compared = 0;
    for (name, value) in shipped {
        if !of_this_machine.contains(&name) && !name.starts_with("client_tls_") {
            assert_eq!(running.get(name).map(String::as_str), Some(value), "{name}");
            compared += 1;
        }
    }
    println!("{compared} settings run as they are shipped");
    assert!(compared >= 12, "{running:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_05_two_hundred_invocations_at_once_need_25_connections() {
    let servers = production_like().await.unwrap();
    let base = |url: String| url.rsplit_once('/').unwrap().0.to_owned();
    let given = Given {
        direct: base(servers.postgres.url(DATABASE)),
        pooled: base(servers.pooled_url(DATABASE)),
        template: DATABASE.to_owned(),
        instances_per_function: CALLS,
        ..Given::get()
    };
    let admin = servers.pgbouncer.admin_url();
    with_stack_of(given, async |stack| {
        let ada = stack.sign_up("ada").await;
        let (ended, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let watching = tokio::spawn({
            let (ended, most, direct) = (Arc::clone(&ended), Arc::clone(&most), stack.direct_url.clone());
            async move {
                let eyes = Connection::open(&direct).await.unwrap();
                let count = "select count(*) from pg_stat_activity where usename = 'spike_app'";
                while !ended.load(Ordering::Relaxed) {
                    let row = eyes.query_typed(count, &[]).await.unwrap();
                    most.fetch_max(row[0].get(0), Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
        // Twice: each of them new, then each of them with a connection to the pooler.
        for _ in 0..2 {
            let calls = join_all((0..CALLS).map(|_| stack.get("/api/tokens/balance", Some(&ada.token)))).await;
            for call in calls {
                call.expect(200);
            }
        }
        ended.store(true, Ordering::Relaxed);
        watching.await.unwrap();

        let functions = stack.bundle.pids("tokens").len();
        let pools = show(&admin, "pools").await;
        let servers_of = |row: &BTreeMap<String, String>| {
            let states = ["sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"];
            states.iter().filter_map(|state| row[*state].parse::<i64>().ok()).sum::<i64>()
        };
        let now: i64 = pools.iter().filter(|row| row["user"] == "spike_app").map(servers_of).sum();
        let most = most.load(Ordering::Relaxed);
        println!("{functions} functions at once, at most {most} connections to PostgreSQL, {now} at the end");
        assert!(functions > 50, "only {functions} ran at once");
        assert!((1..=MOST).contains(&most) && now <= MOST, "{most}, {now}");
    })
    .await;
    servers.stop().await.unwrap();
}
