//! Two runs at once: one applies, the other finds nothing to do, and neither fails.

use std::time::{Duration, Instant};

use migrate::lock::{acquire, release};

use crate::support::{Folder, migrations, said, with_database};

/// With an index built concurrently, which waits for every session that is inside a statement: also for one that waits
/// for the lock the plain way.
const FILES: &[&str] = &[
    "create table a (b int); insert into a select generate_series(1, 1000)",
    "select pg_sleep(1)",
    "-- migrate: no-transaction\ncreate index concurrently a_b_idx on a (b)",
    "create table c ()",
];

#[tokio::test]
async fn ops_11_two_sessions_apply_once() {
    with_database(async |database| {
        let run = || {
            let database = database.clone();
            tokio::spawn(async move { database.deploy(&migrations(FILES)).await })
        };
        let (first, second) = (run(), run());
        let mut counts = [first.await.unwrap().unwrap().applied.len(), second.await.unwrap().unwrap().applied.len()];
        counts.sort_unstable();
        assert_eq!(counts, [0, 4]);
        assert_eq!((database.tables().await.as_str(), database.versions().await.as_str()), ("a c", "1 2 3 4"));
    })
    .await;
}

#[tokio::test]
async fn ops_11_two_processes_apply_once_and_both_succeed() {
    with_database(async |database| {
        let folder = Folder::new(FILES);
        let start = || {
            database
                .command(&folder.0, &["deploy"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        };
        let processes = [start(), start()];
        let outputs = processes.map(|process| process.wait_with_output().unwrap());
        let texts = outputs.each_ref().map(said);
        assert!(outputs.iter().all(|output| output.status.success()), "{texts:?}");
        assert_eq!(texts.iter().filter(|text| text.contains("Nothing to do")).count(), 1, "{texts:?}");
        assert_eq!(database.versions().await, "1 2 3 4");
    })
    .await;
}

#[tokio::test]
async fn ops_11_the_wait_for_the_lock_is_bounded_and_names_the_holder() {
    with_database(async |database| {
        let settings = database.settings();
        let (holder, waiter) = (database.session(&settings).await, database.session(&settings).await);
        acquire(&holder, Duration::ZERO).await.unwrap();
        let pid: i32 = holder.query_typed_one("select pg_backend_pid()", &[]).await.unwrap().get(0);

        let started = Instant::now();
        let error = acquire(&waiter, Duration::from_secs(1)).await.unwrap_err();
        assert!(started.elapsed() >= Duration::from_secs(1) && started.elapsed() < Duration::from_secs(3));
        assert_eq!(error.code(), "lock_held");
        let said = error.to_string();
        assert!(said.contains("for 1 s") && said.contains(&format!("pid {pid}, migrate")), "{said}");

        release(&holder).await;
        acquire(&waiter, Duration::ZERO).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_inside_a_statement() {
    with_database(async |database| {
        let settings = database.settings();
        let (holder, waiter) = (database.session(&settings).await, database.session(&settings).await);
        acquire(&holder, Duration::ZERO).await.unwrap();
        let waiting = tokio::spawn(async move { acquire(&waiter, Duration::from_secs(5)).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        let inside = "select count(*)::text from pg_locks where locktype = 'advisory' and not granted";
        assert_eq!(database.text(inside).await, "0");
        release(&holder).await;
        waiting.await.unwrap().unwrap();
    })
    .await;
}
