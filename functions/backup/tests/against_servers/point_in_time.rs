//! Back to a moment before a mistake, from a base backup and the archived log: what a provider's "point in time" does, and how
//! to do it on a server of one's own.

use std::path::PathBuf;

use local::command::run_as;
use local::postgres::{Postgres, PostgresSettings};
use local::server_user::{ServerUser, private_file, private_folder};
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
    let archive = folder.join("archive");
    private_folder(&archive, user.as_ref()).unwrap();
    let archive = archive.display();

    let mut present = Postgres::start(server("present")).await.unwrap();
    let client = present.connect("postgres").await.unwrap();
    for setting in
        ["archive_mode = on".to_owned(), format!("archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'")]
    {
        client.batch_execute(&format!("alter system set {setting}")).await.unwrap();
    }
    drop(client);
    present.restart().await.unwrap();
    let client = present.connect("postgres").await.unwrap();
    client.batch_execute("create table people as select n from generate_series(1, 100) n").await.unwrap();

    let restored = server("restored");
    private_folder(&restored.folder, user.as_ref()).unwrap();
    let data = restored.folder.join("data");
    let arguments = ["-d", &present.url("postgres"), "-D", data.to_str().unwrap(), "--checkpoint=fast"];
    run_as(tools.program("pg_basebackup"), &arguments, &tools.environment(), user.as_ref()).await.unwrap();

    // Written after the base backup, so only the log has it.
    client.batch_execute("insert into people select n from generate_series(101, 150) n").await.unwrap();
    let moment = text(&client, "select clock_timestamp()::text").await;
    client.batch_execute("select pg_sleep(0.1)").await.unwrap();
    client.batch_execute("delete from people where n > 20").await.unwrap();
    let last = text(&client, "select pg_walfile_name(pg_switch_wal())").await;
    for _ in 0..200 {
        let archived = format!("select (last_archived_wal >= '{last}')::text from pg_stat_archiver");
        if text(&client, &archived).await == "true" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(text(&client, "select failed_count::text from pg_stat_archiver").await, "0");

    let settings = data.join("postgresql.auto.conf");
    let recovery = format!(
        "\narchive_mode = off\nrestore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{moment}'\nrecovery_target_action = promote\n"
    );
    let before = std::fs::read_to_string(&settings).unwrap();
    private_file(&settings, &(before + &recovery), user.as_ref()).unwrap();
    private_file(&data.join("recovery.signal"), "", user.as_ref()).unwrap();
    let password = std::fs::read_to_string(folder.join("present/superuser-password")).unwrap();
    private_file(&restored.folder.join("superuser-password"), &password, user.as_ref()).unwrap();
    let mut then = Postgres::start(restored).await.unwrap();
    let there = then.connect("postgres").await.unwrap();
    for _ in 0..200 {
        if text(&there, "select pg_is_in_recovery()::text").await == "false" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(text(&there, "select pg_is_in_recovery()::text").await, "false", "it takes writes again");
    assert_eq!(text(&there, "select count(*)::text from people").await, "150");
    assert_eq!(text(&client, "select count(*)::text from people").await, "20");
    drop((client, there));
    then.stop().await.unwrap();
    present.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}
