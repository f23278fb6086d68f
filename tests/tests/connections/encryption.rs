//! TLS to a PostgreSQL whose certificate an authority of its own has signed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use local::certificate::Certificate;
use local::server_user::{ServerUser, private_file};
use local::servers::Servers;
use shared::{Clock, Config, Database, Statement};
use tests::{Given, own_servers};

use crate::reaching::reach;

/// Servers whose PostgreSQL offers TLS, the files of its authority and of another one, and its URL.
async fn encrypting() -> (Servers, PathBuf, PathBuf, String) {
    let (servers, given) = own_servers().await.unwrap();
    let user = ServerUser::choose().unwrap();
    let [own, other] = [(); 2].map(|()| Certificate::for_this_machine().unwrap());
    let file = |name: &str, text: &str| {
        let path = given.folder.join(format!("tls-{}-{name}", local::secret::random(6).unwrap()));
        private_file(&path, text, user.as_ref()).unwrap();
        path
    };
    let (server, key) = (file("server.pem", &own.server_pem), file("server.key", &own.key_pem));
    let (right, wrong) = (file("right.pem", &own.authority_pem), file("wrong.pem", &other.authority_pem));
    let admin = servers.postgres.connect("postgres").await.unwrap();
    for (name, value) in [
        ("ssl_cert_file", server.display().to_string()),
        ("ssl_key_file", key.display().to_string()),
        ("ssl", "on".to_owned()),
    ] {
        admin.batch_execute(&format!("alter system set {name} = '{value}'")).await.unwrap();
    }
    admin.batch_execute("select pg_reload_conf()").await.unwrap();
    let url = servers.postgres.url(&given.template);
    // The reload is a signal: it has arrived when the server encrypts.
    for _ in 0..100 {
        if reach(&format!("{url}?sslmode=require")).await.is_ok() {
            return (servers, right, wrong, url);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("PostgreSQL does not encrypt: {:?}", reach(&format!("{url}?sslmode=require")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_08_a_certificate_is_checked_as_far_as_the_url_asks() {
    let (servers, right, wrong, url) = encrypting().await;
    let (right, wrong) = (right.display(), wrong.display());
    let elsewhere = url.replace("@127.0.0.1:", "@db.example.com:");
    let localhost = url.replace("@127.0.0.1:", "@localhost:");
    for good in [
        format!("{url}?sslmode=require"),
        format!("{elsewhere}?hostaddr=127.0.0.1&sslmode=require"),
        format!("{url}?sslmode=require&sslrootcert={right}"),
        format!("{url}?sslmode=require&channel_binding=require"),
        format!("{url}?sslmode=verify-ca&sslrootcert={right}"),
        format!("{elsewhere}?hostaddr=127.0.0.1&sslmode=verify-ca&sslrootcert={right}"),
        format!("{url}?sslmode=verify-full&sslrootcert={right}"),
        format!("{localhost}?sslmode=verify-full&sslrootcert={right}"),
    ] {
        assert_eq!(reach(&good).await.as_deref(), Ok("migrated"), "{good}");
    }
    for (bad, says) in [
        (format!("{url}?sslmode=verify-full&sslrootcert={wrong}"), "certificate verify failed"),
        (format!("{url}?sslmode=verify-ca&sslrootcert={wrong}"), "certificate verify failed"),
        (format!("{url}?sslmode=require&sslrootcert={wrong}"), "certificate verify failed"),
        // Nobody whom the system knows has signed it.
        (format!("{url}?sslmode=verify-full"), "certificate verify failed"),
        (format!("{elsewhere}?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={right}"), "ostname mismatch"),
        (format!("{url}?sslmode=verify-full&sslrootcert=/nowhere.pem"), "sslrootcert /nowhere.pem cannot be used"),
        (format!("{url}?sslmode=verify-full&sslrootcert=/dev/null"), "holds no certificate"),
    ] {
        let said = reach(&bad).await.unwrap_err();
        println!("{said}");
        assert!(said.contains(says) && !said.contains('\n'), "{bad}: {said}");
        if says == "certificate verify failed" {
            assert!(said.contains("check sslrootcert"), "{said}");
        }
    }
    servers.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_08_production_encrypts_or_does_not_start() {
    let (servers, right, _, url) = encrypting().await;
    let variables = |url: String| {
        let pairs = [("ENVIRONMENT", "production".to_owned()), ("DATABASE_URL", url)];
        HashMap::from(pairs.map(|(name, value)| (name.to_owned(), value)))
    };
    for form in ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={}", right.display())] {
        let config = Config::from_variables(variables(format!("{url}?{form}"))).unwrap();
        let database = Database::new(config.database_source().unwrap(), Clock::default());
        let question = Statement::new("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
        let [rows] = database.read([question]).await.unwrap();
        assert!(rows[0].get::<_, bool>(0), "{form} is not encrypted");
    }
    for form in ["", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer", "?ssl=false"] {
        let mut function = Command::new(Given::get().binaries.join("ops"));
        let output = function.env_clear().envs(variables(format!("{url}{form}"))).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.lines().count() == 1, "{form}: {said}");
        assert!(said.starts_with("configuration: DATABASE_URL would connect without TLS in production"), "{said}");
    }
    servers.stop().await.unwrap();
}
