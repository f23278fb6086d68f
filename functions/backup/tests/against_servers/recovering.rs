//! Rows deleted by mistake, brought back.

use backup::{Kind, Missing};

use crate::support::{Stand, said, with_stand};

const FINGERPRINT: &str = "
    select concat_ws(' ', (select md5(string_agg(u::text, ',' order by id)) from users u),
                          (select md5(string_agg(s::text, ',' order by id)) from sessions s))";

async fn restored(stand: &Stand) -> String {
    let key = stand.take(Kind::PreMigration).await.unwrap().key;
    let into = format!("{}_restored", stand.name);
    backup::restore(&key, &into, false, &stand.settings()).await.unwrap();
    into
}

fn of<'a>(tables: &'a [Missing], name: &str) -> &'a Missing {
    tables.iter().find(|missing| missing.table == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_28_ops_53_fifty_deleted_people_come_back_with_what_was_theirs_and_only_once() {
    with_stand(async |stand| {
        stand.people(200).await;
        stand
            .sql("insert into sessions (id, user_id, token_hash, created_at, expires_at)
                  select 'ses_' || n || '_' || s, 'user_' || n, sha256(('t' || n || '_' || s)::bytea), now(), now() + interval '1 day'
                    from generate_series(1, 200) n, generate_series(1, 2) s")
            .await;
        let before = stand.text(FINGERPRINT).await;
        let from = restored(stand).await;
        // One session ended as it should: its owner is there, so it is nothing to bring back.
        stand.sql("delete from sessions where id = 'ses_200_1'").await;
        let lawful = stand.text(FINGERPRINT).await;
        assert_ne!(before, lawful);
        stand.sql("delete from users where id in (select 'user_' || n from generate_series(1, 50) n)").await;

        let diff = backup::diff("users", &from, &stand.settings()).await.unwrap();
        assert_eq!((of(&diff.tables, "users").missing, of(&diff.tables, "sessions").missing), (50, 100));
        assert_eq!(stand.text("select count(*)::text from users").await, "150", "only looked");

        let output = stand.command(&["recover", "merge", "--table", "users", "--from", &from]).output().unwrap();
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("users: 50 inserted") && said.contains("sessions: 100 inserted"), "{said}");
        assert_eq!(stand.text(FINGERPRINT).await, lawful);
        let audited = "select concat_ws(' ', count(*), min(actor_id), min(target_id), min(metadata -> 'rows' ->> 'users'))
                         from audit_logs where action = 'DATA_RECOVER'";
        assert_eq!(stand.text(audited).await, "1 command-line users 50");

        let second = backup::merge("users", &from, &stand.settings()).await.unwrap();
        assert!(second.tables.iter().all(|table| table.missing == 0 && table.inserted == 0));
        assert!(stand.text(audited).await.starts_with("1 "), "nothing was done, so nothing is written");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_28_a_merge_that_does_not_fit_changes_nothing() {
    with_stand(async |stand| {
        stand.people(3).await;
        let from = restored(stand).await;
        stand.sql("delete from users where id <> 'user_3'; insert into users (id, email, created_at) values ('new', 'person1@example.com', now())").await;
        // The address was given to somebody else meanwhile: the person stays away, the other comes back.
        let report = backup::merge("users", &from, &stand.settings()).await.unwrap();
        assert_eq!((report.tables[0].missing, report.tables[0].inserted), (2, 1));
        assert_eq!(stand.text("select string_agg(id, ',' order by id) from users").await, "new,user_2,user_3");

        stand.sql("alter table users add column extra text").await;
        let error = backup::merge("users", &from, &stand.settings()).await.unwrap_err().to_string();
        assert!(error.contains("other columns"), "{error}");
        for (table, from, says) in [("nothing", from.as_str(), "no table nothing"), ("users", &stand.name, "the present database")] {
            let error = backup::diff(table, from, &stand.settings()).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_28_what_comes_back_keeps_its_objects() {
    with_stand(async |stand| {
        stand.people(3).await;
        stand
            .sql("insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, created_at, expires_at)
                  select 'upl_' || n, 'user_' || n, 'IMAGE', 'IMAGES', 'key-' || n, 'a.png', 'image/png', 1, now(), now() + interval '1 day'
                    from generate_series(1, 3) n")
            .await;
        let from = restored(stand).await;
        stand.sql("delete from uploads where id = 'upl_3'; delete from users where id in ('user_1', 'user_2')").await;
        let queue = "select string_agg(object_key, ',' order by object_key) from object_deletions";
        assert_eq!(stand.text(queue).await, "key-1,key-2,key-3");

        let report = backup::merge("users", &from, &stand.settings()).await.unwrap();
        assert_eq!((of(&report.tables, "uploads").inserted, of(&report.tables, "uploads").objects_kept), (2, 2));
        assert_eq!(stand.text(queue).await, "key-3", "whose owner is there: it ended as it should");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_28_ops_53_the_rows_may_lie_on_another_server() {
    with_stand(async |stand| {
        stand.people(3).await;
        let from = restored(stand).await;
        stand.sql("delete from users where id = 'user_1'").await;
        // The same server under another name: that it is another one is all that the program knows.
        let elsewhere = stand.url_of("postgres").replace("127.0.0.1", "localhost");
        let mut command = stand.command(&["recover", "merge", "--table", "users", "--from", &from]);
        let output = command.env("RECOVER_URL", &elsewhere).output().unwrap();
        let said = said(&output);
        assert!(output.status.success() && said.contains("users: 1 inserted"), "{said}");
        let password = elsewhere.split([':', '@']).nth(2).unwrap();
        assert!(said.contains("localhost:") && !said.contains(password), "{said}");
        let settings = stand.settings_with(&[("RECOVER_URL", &stand.url_of("postgres"))]);
        let error = backup::merge("users", &stand.name, &settings).await.unwrap_err().to_string();
        assert!(error.contains("is the present database"), "{error}");
    })
    .await;
}
