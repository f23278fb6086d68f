//! Back to a moment before a mistake, from a base backup and the archived log: what a provider's "point in time" does, and how
//! to do it on a server of one's own.

use std::path::PathBuf;

use local::postgres::archive::Archive;
use local::postgres::{Postgres, PostgresSettings};
use local::server_user::{ServerUser, private_folder};
use local::tools::Toolbox;

use crate::support::{random, text, variable};

#[tokio::test(flavor = "multi_thread")]
async fn ops_27_ops_53_rows_are_back_as_they_were_before_a_deletion() {
    let folder = PathBuf::from(variable("TEST_FOLDER")).join(format!("moment-{}", random()));
    let user = ServerUser::choose().unwrap();
    let tools = Toolbox::new(user.clone()).unwrap().postgres(None).await.unwrap();
    let server = |name: &str| PostgresSettings {
        tools: tools.clone(),
        user: user.clone(),
        folder: folder.join(name),
        log: folder.join(format!("{name}.log")),
        port: None,
        durable: false,
        max_connections: 20,
        parameters: Vec::new(),
    };
    private_folder(&folder, user.as_ref()).unwrap();
    let archive = Archive::new(folder.join("archive"), user.clone()).unwrap();
    let mut present = Postgres::start(server("present")).await.unwrap();
    archive.switch_on(&mut present).await.unwrap();
    let client = present.connect("postgres").await.unwrap();
    client.batch_execute("create table people as select n from generate_series(1, 100) n").await.unwrap();
    archive.base_backup(&present, &server("restored")).await.unwrap();

    // Written after the base backup, so only the log has it.
    client.batch_execute("insert into people select n from generate_series(101, 150) n").await.unwrap();
    let moment = text(&client, "select clock_timestamp()::text").await;
    client.batch_execute("select pg_sleep(0.1)").await.unwrap();
    client.batch_execute("delete from people where n > 20").await.unwrap();
    archive.catch_up(&present).await.unwrap();
    assert_eq!(text(&client, "select failed_count::text from pg_stat_archiver").await, "0");

    let mut then = archive.restore(server("restored"), &moment).await.unwrap();
    let there = then.connect("postgres").await.unwrap();
    assert_eq!(text(&there, "select pg_is_in_recovery()::text").await, "false", "it takes writes again");
    assert_eq!(text(&there, "select count(*)::text from people").await, "150");
    assert_eq!(text(&client, "select count(*)::text from people").await, "20");
    drop((client, there));
    then.stop().await.unwrap();
    present.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}
