//! `deploy/pg_hba.conf`: who gets in from where. PostgreSQL runs with the file that is shipped; only its addresses are replaced,
//! as whoever deploys it does, because all connections of a test come from 127.0.0.1.

use std::path::PathBuf;
use std::time::Duration;

use local::certificate::Certificate;
use local::connection::Connection;
use local::server_user::{ServerUser, private_file};
use local::servers::Servers;
use tests::{own_servers, project};

use crate::reaching::reach;

/// The addresses of the file.
const POOLER: &str = "192.0.2.10/32";
const ADMINISTRATORS: &str = "198.51.100.0/24";
const REPORTS: &str = "203.0.113.0/24";
/// Where every test comes from.
const HERE: &str = "127.0.0.1/32";
const PASSWORD: &str = "a-password-for-tests";
const REFUSED: &str = "pg_hba.conf rejects connection";

/// A PostgreSQL whose rules can be replaced, and a session of its superuser's from before.
struct Guarded {
    servers: Servers,
    database: String,
    admin: Connection,
    file: PathBuf,
}

impl Guarded {
    async fn start() -> Self {
        let (servers, given) = own_servers().await.unwrap();
        let user = ServerUser::choose().unwrap();
        let certificate = Certificate::for_this_machine().unwrap();
        let admin = servers.postgres.connect("postgres").await.unwrap();
        for (name, text) in [("ssl_cert_file", &certificate.server_pem), ("ssl_key_file", &certificate.key_pem)] {
            let path = given.folder.join(format!("hba-{}-{name}", local::secret::random(6).unwrap()));
            private_file(&path, text, user.as_ref()).unwrap();
            admin.batch_execute(&format!("alter system set {name} = '{}'", path.display())).await.unwrap();
        }
        admin.batch_execute("alter system set ssl = on").await.unwrap();
        admin.batch_execute("select pg_reload_conf()").await.unwrap();
        // Until it encrypts, rules about encryption are an error.
        while admin.query_typed("select current_setting('ssl')", &[]).await.unwrap()[0].get::<_, &str>(0) != "on" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for role in ["spike_app", "spike_readonly", "spike_monitor"] {
            servers.postgres.create_role(role, PASSWORD).await.unwrap();
        }
        // Who administers is not always the superuser.
        servers.postgres.create_role("an_administrator", PASSWORD).await.unwrap();
        let file =
            admin.query_typed("select current_setting('hba_file')", &[]).await.unwrap()[0].get::<_, &str>(0).into();
        Self { servers, database: given.template, admin, file }
    }

    /// The shipped rules, where the named addresses are this machine's and the others are not.
    async fn admit(&self, addresses: &[&str]) {
        let mut rules = std::fs::read_to_string(project().join("deploy/pg_hba.conf")).unwrap();
        for address in addresses {
            assert!(rules.contains(address), "{address}");
            rules = rules.replace(address, HERE);
        }
        // Its owner stays the server's account.
        std::fs::write(&self.file, rules).unwrap();
        let wrong = "select count(*) from pg_hba_file_rules where error is not null";
        assert_eq!(self.admin.query_typed(wrong, &[]).await.unwrap()[0].get::<_, i64>(0), 0);
        self.admin.batch_execute("select pg_reload_conf()").await.unwrap();
    }

    fn url(&self, role: &str, sslmode: &str) -> String {
        let port = self.servers.postgres.port();
        format!("postgres://{role}:{PASSWORD}@127.0.0.1:{port}/{}?sslmode={sslmode}", self.database)
    }

    /// The reload is a signal, so the rules may be the old ones for a moment.
    async fn expect(&self, role: &str, sslmode: &str, admitted: bool) {
        let url = self.url(role, sslmode);
        let mut answer = reach(&url).await;
        for _ in 0..100 {
            let as_expected = match &answer {
                Ok(_) => admitted,
                Err(said) => !admitted && said.contains(REFUSED),
            };
            if as_expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = reach(&url).await;
        }
        panic!("{role} with sslmode={sslmode} should be {}: {answer:?}", if admitted { "let in" } else { "refused" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_58_each_role_gets_in_from_its_own_addresses_only() {
    let server = Guarded::start().await;

    // From nowhere that is named: nobody, whatever the password. The first answer also shows that the rules are loaded.
    server.admit(&[]).await;
    for role in ["an_administrator", "spike_app", "spike_readonly", "spike_monitor"] {
        for sslmode in ["require", "disable"] {
            server.expect(role, sslmode, false).await;
        }
    }

    // From the pooler: the functions, and nobody else.
    server.admit(&[POOLER]).await;
    server.expect("spike_app", "disable", true).await;
    server.expect("spike_app", "require", true).await;
    for role in ["an_administrator", "spike_readonly", "spike_monitor"] {
        server.expect(role, "require", false).await;
    }

    // From the administrators' network: they, encrypted, and none of the others.
    server.admit(&[ADMINISTRATORS]).await;
    server.expect("an_administrator", "require", true).await;
    server.expect("an_administrator", "disable", false).await;
    for role in ["spike_app", "spike_readonly", "spike_monitor"] {
        server.expect(role, "require", false).await;
    }

    // From where reports come: those two, encrypted.
    server.admit(&[REPORTS]).await;
    for role in ["spike_readonly", "spike_monitor"] {
        server.expect(role, "require", true).await;
        server.expect(role, "disable", false).await;
    }
    for role in ["an_administrator", "spike_app"] {
        server.expect(role, "require", false).await;
    }

    // The right place does not replace the right password.
    let wrong = server.url("spike_readonly", "require").replace(PASSWORD, "another");
    let said = reach(&wrong).await.unwrap_err();
    assert!(said.contains("password authentication failed"), "{said}");

    let Guarded { servers, admin, .. } = server;
    drop(admin);
    servers.stop().await.unwrap();
}
