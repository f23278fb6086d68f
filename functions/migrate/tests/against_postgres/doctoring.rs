//! `doctor`: each thing that can be wrong has a verdict of its own, and no password is ever printed.

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;
use url::Url;

use crate::support::{Folder, TestDatabase, migrations, said, variable, with_database, with_name};

const FILES: &[&str] = &["create table deployment (environment text); insert into deployment values (null);
      create table a (b int)"];

struct Patient<'a> {
    database: &'a TestDatabase,
    folder: Folder,
}

impl Patient<'_> {
    async fn healthy(database: &TestDatabase) -> Patient<'_> {
        database.deploy(&migrations(FILES)).await.unwrap();
        Patient { database, folder: Folder::new(FILES) }
    }

    fn examine(&self, variables: &[(&str, &str)]) -> (Output, Value) {
        let mut command = self.database.command(&self.folder.0, &["doctor", "--json"]);
        command.env("DATABASE_URL", pooled(self.database));
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
        (output, report)
    }

    fn verdict(&self, variables: &[(&str, &str)]) -> String {
        let (output, report) = self.examine(variables);
        let healthy = report["verdict"] == "healthy";
        assert_eq!(output.status.success(), healthy, "{report}");
        assert_eq!(report["remedy"].is_null(), healthy, "{report}");
        assert!(!said(&output).contains("hunter2"), "{report}");
        report["verdict"].as_str().unwrap().to_owned()
    }
}

fn pooled(database: &TestDatabase) -> String {
    let server = variable("TEST_POOLED_URL", "the URL of a PgBouncer in front of the server for tests");
    let name = Url::parse(&database.url).unwrap().path().trim_start_matches('/').to_owned();
    with_name(&server, &name)
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check}: {report}"))
}

#[tokio::test]
async fn ops_64_a_healthy_database_is_healthy_and_examined_to_the_end() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let (output, report) = patient.examine(&[]);
        assert!(output.status.success(), "{report}");
        let checks: Vec<_> =
            report["findings"].as_array().unwrap().iter().map(|one| one["check"].as_str().unwrap()).collect();
        assert_eq!(
            checks,
            [
                "settings",
                "dns",
                "port",
                "tls",
                "login",
                "server",
                "rights",
                "clock",
                "connections",
                "queries",
                "sizes",
                "pages",
                "environment",
                "migrations",
                "schema",
                "partitions",
                "pooler"
            ]
        );
        assert!(finding(&report, "pooler")["seen"].as_str().unwrap().contains("transaction mode"), "{report}");
        assert!(finding(&report, "connections")["seen"].as_str().unwrap().contains("recommended 200"), "{report}");
        let text = said(&database.command(&patient.folder.0, &["doctor"]).output().unwrap());
        assert!(text.ends_with("Verdict: healthy.\n"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn ops_64_wrong_port_host_password_and_database_are_told_apart() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let right = Url::parse(&database.url).unwrap();
        let with = |change: &dyn Fn(&mut Url)| {
            let mut url = right.clone();
            change(&mut url);
            url.to_string()
        };
        // Something else that listens: it closes at once.
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let listening = std::thread::spawn(move || drop(other.accept()));
        for (url, verdict, last) in [
            (with(&|url| url.set_port(Some(1)).unwrap()), "wrong_port", "port"),
            (with(&|url| url.set_port(Some(port)).unwrap()), "wrong_port", "port"),
            (with(&|url| url.set_host(Some("nosuchhost.invalid")).unwrap()), "wrong_host", "dns"),
            (with(&|url| url.set_password(Some("hunter2")).unwrap()), "wrong_password", "login"),
            (with(&|url| url.set_path("/nosuchdatabase")), "wrong_database", "login"),
            (with(&|url| url.set_query(Some("sslmode=require"))), "tls_failed", "tls"),
        ] {
            let variables = [("DIRECT_URL", url.as_str())];
            assert_eq!(patient.verdict(&variables), verdict, "{url}");
            let (_, report) = patient.examine(&variables);
            let stopped_at = &report["findings"].as_array().unwrap().last().unwrap()["check"];
            assert!(stopped_at == last || stopped_at == "port", "going on makes no sense: {report}");
        }
        listening.join().unwrap();
    })
    .await;
}

#[tokio::test]
async fn ops_64_settings_that_cannot_be_used_are_a_verdict_too() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        assert_eq!(patient.verdict(&[("DIRECT_URL", "")]), "configuration");
        assert_eq!(patient.verdict(&[("DIRECT_URL", "mysql://u:hunter2@h/d")]), "configuration");
        assert_eq!(patient.verdict(&[("DIRECT_URL", &pooled(&database))]), "pooler_refused");
        assert_eq!(patient.verdict(&[("ENVIRONMENT", "development")]), "other_environment");
    })
    .await;
}

#[tokio::test]
async fn ops_65_too_many_connections_have_a_verdict() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let client = database.client().await;
        let name = database.text("select 'few_' || md5(current_database())").await;
        client.batch_execute(&format!("create role {name} login password 'hunter2' connection limit 0")).await.unwrap();
        let mut url = Url::parse(&database.url).unwrap();
        url.set_username(&name).unwrap();
        url.set_password(Some("hunter2")).unwrap();
        let (_, report) = patient.examine(&[("DIRECT_URL", url.as_str())]);
        client.batch_execute(&format!("drop role {name}")).await.unwrap();
        assert_eq!(report["verdict"], "too_many_connections", "{report}");
        assert!(report["remedy"].as_str().unwrap().contains("max_connections to 200"), "{report}");
    })
    .await;
}

#[tokio::test]
async fn ops_64_every_state_of_the_migrations_has_a_verdict() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let client = database.client().await;
        let write = |text: &str| std::fs::write(patient.folder.0.join("V0002__m2.sql"), text).unwrap();

        write("create table c (); select 1 / 0");
        assert_eq!(patient.verdict(&[]), "migrations_pending");
        assert!(!database.command(&patient.folder.0, &["deploy"]).output().unwrap().status.success());
        let (_, report) = patient.examine(&[]);
        assert_eq!(report["verdict"], "failed_migration", "{report}");
        assert!(report["remedy"].as_str().unwrap().contains("resolve --rolled-back V0002__m2"), "{report}");
        write("create table c ()");
        assert!(database.command(&patient.folder.0, &["deploy"]).output().unwrap().status.success());
        assert_eq!(patient.verdict(&[]), "healthy");

        client.batch_execute("alter table a add extra int").await.unwrap();
        let (_, report) = patient.examine(&[]);
        assert_eq!(report["verdict"], "not_in_sync", "{report}");
        assert_eq!(finding(&report, "schema")["seen"], "column a.extra was added");
        client.batch_execute("alter table a drop extra").await.unwrap();

        write("create table other ()");
        assert_eq!(patient.verdict(&[]), "edited_migration");
        std::fs::remove_file(patient.folder.0.join("V0002__m2.sql")).unwrap();
        assert_eq!(patient.verdict(&[]), "newer_database");
    })
    .await;
}

#[tokio::test]
async fn ops_64_a_partition_shortage_and_long_queries_are_seen() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let client = database.client().await;
        let tables = "
            create table partition_policies (table_name text, months_ahead int);
            insert into partition_policies values ('events', 12);
            create table events (at timestamptz) partition by range (at);
            do $$ begin
                for ahead in 0 .. 5 loop
                    execute format('create table %I partition of events for values from (%L) to (%L)',
                                   to_char(now() + ahead * interval '1 month', '\"events_\"YYYY_MM'),
                                   date_trunc('month', now()) + ahead * interval '1 month',
                                   date_trunc('month', now()) + (ahead + 1) * interval '1 month');
                end loop;
            end $$";
        client.batch_execute(&tables.replace('\\', "")).await.unwrap();
        // The tables are no migration's, and here only the months count.
        let name = "V0001__m1";
        assert!(
            database.command(&patient.folder.0, &["resolve", "--applied", name]).output().unwrap().status.success()
        );
        let (_, report) = patient.examine(&[]);
        assert_eq!(report["verdict"], "healthy", "{report}");
        assert_eq!(finding(&report, "partitions")["seen"], "events has 5 of 12 months ahead, the fewest");
        for ahead in 1..=5 {
            let month = format!("to_char(now() + {ahead} * interval '1 month', '_YYYY_MM')");
            let name = database.text(&format!("select 'events' || {month}")).await;
            client.batch_execute(&format!("drop table {name}")).await.unwrap();
        }
        assert_eq!(patient.verdict(&[]), "partition_shortage");

        let asleep = database.client().await;
        let sleeping = tokio::spawn(async move { asleep.batch_execute("select pg_sleep(60)").await });
        let long = "select exists (select from pg_stat_activity where datname = current_database() and state = 'active'
                     and query like 'select pg_sleep%' and query_start < clock_timestamp() - interval '5.5 s')";
        database.wait_until(long).await;
        let (_, report) = patient.examine(&[]);
        let queries = finding(&report, "queries");
        assert_eq!(queries["verdict"], "long_queries", "{report}");
        assert!(
            queries["remedy"].as_str().unwrap().contains("pg_cancel_backend")
                && !queries.to_string().contains("pg_sleep")
        );
        sleeping.abort();
    })
    .await;
}

#[tokio::test]
async fn ops_64_what_answers_at_the_pooled_url_is_found_by_behaviour() {
    with_database(async |database| {
        let patient = Patient::healthy(&database).await;
        let verdict = |url: &str| finding(&patient.examine(&[("DATABASE_URL", url)]).1, "pooler")["verdict"].clone();
        assert_eq!(verdict(&pooled(&database)), Value::Null);
        assert_eq!(verdict(&database.url), "no_pooler");
        assert_eq!(verdict(""), "no_database_url");
        let mut url = Url::parse(&pooled(&database)).unwrap();
        url.set_port(Some(1)).unwrap();
        assert_eq!(verdict(url.as_str()), "pooler_unreachable");
        url = Url::parse(&pooled(&database)).unwrap();
        url.set_password(Some("hunter2")).unwrap();
        assert_eq!(verdict(url.as_str()), "wrong_password");
    })
    .await;
}
