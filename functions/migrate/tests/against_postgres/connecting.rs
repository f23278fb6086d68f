//! Where the runner connects, and where it refuses to.

use migrate::{Access, MigrateError};
use tokio_postgres::types::Type;

use crate::support::{settings, variable, with_database};

async fn refusal(url: &str) -> MigrateError {
    match migrate::connect(&settings(&[("DIRECT_URL", url)]), Access::Write).await {
        Ok(_) => panic!("it connected"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_pooler_is_refused() {
    let error = refusal(&variable("TEST_POOLED_URL", "the URL of a PgBouncer in front of the server for tests")).await;
    assert_eq!(error.code(), "pooler_refused");
    assert!(error.to_string().starts_with("DIRECT_URL points at a connection pooler"), "{error}");
}

#[tokio::test]
async fn each_reason_has_its_sentence_and_none_has_the_password() {
    with_database(async |database| {
        let right = url::Url::parse(&database.url).unwrap();
        let with = |change: &dyn Fn(&mut url::Url)| {
            let mut url = right.clone();
            url.set_password(Some("hunter2")).unwrap();
            change(&mut url);
            url.to_string()
        };
        for (url, says) in [
            (
                with(&|url| {
                    url.set_password(right.password()).unwrap();
                    url.set_path("/nosuchdatabase");
                }),
                "does not exist: create the database",
            ),
            (with(&|url| url.set_username("nosuchuser").unwrap()), "in DIRECT_URL"),
            (with(&|url| url.set_port(Some(1)).unwrap()), "check host and port"),
            (with(&|url| url.set_host(Some("nosuchhost.invalid")).unwrap()), "no such host"),
            (with(&|url| url.set_query(Some("sslmode=require"))), "check sslmode"),
        ] {
            let error = refusal(&url).await;
            assert_eq!(error.code(), "cannot_connect");
            let said = error.to_string();
            assert!(said.contains(says) && !said.contains("hunter2") && !said.contains('\n'), "{says}: {said}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_told_apart() {
    with_database(async |database| {
        // Where the server trusts everybody there is no wrong password.
        let name = database.text("select 'migrate_' || md5(current_database())").await;
        let admin = database.client().await;
        admin.batch_execute(&format!("create role {name} login password 'right'")).await.unwrap();
        let mut url = url::Url::parse(&database.url).unwrap();
        url.set_username(&name).unwrap();
        url.set_password(Some("hunter2")).unwrap();
        let outcome = migrate::connect(&settings(&[("DIRECT_URL", url.as_str())]), Access::Write).await;
        admin.batch_execute(&format!("drop role {name}")).await.unwrap();
        if let Err(error) = outcome {
            assert!(
                error.to_string().contains("the user or the password in DIRECT_URL is wrong")
                    && !error.to_string().contains("hunter2"),
                "{error}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_is_set_up_whatever_the_url_and_the_role_say() {
    with_database(async |database| {
        let url = format!(
            "{}{}options=-c%20statement_timeout%3D1234%20-c%20work_mem%3D5MB",
            database.url,
            if database.url.contains('?') { '&' } else { '?' }
        );
        let client = migrate::connect(&settings(&[("DIRECT_URL", &url)]), Access::Write).await.unwrap();
        for (name, value) in [
            ("statement_timeout", "0"),
            ("work_mem", "5MB"),
            ("application_name", "migrate"),
            ("search_path", "public"),
            ("client_connection_check_interval", "1s"),
            ("default_transaction_read_only", "off"),
        ] {
            let row = client.query_typed_one("select current_setting($1)", &[(&name, Type::TEXT)]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), value, "{name}");
        }
        let reader = migrate::connect(&settings(&[("DIRECT_URL", &url)]), Access::Read).await.unwrap();
        reader.batch_execute("create table a ()").await.unwrap_err();
    })
    .await;
}
