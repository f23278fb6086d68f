//! What is measured: the bundle without TLS to its database, the same with TLS, the function that only says hello, and the
//! one that spends.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::requests::{Person, event};
use crate::{
    command,
    connection::Connection,
    database::deploy,
    error::{Doing, LocalError},
    functions::TILL,
    lambda::{Bundle, BundleSettings},
    pgbouncer::{PgBouncer, PgBouncerSettings, PoolSizes},
    server_user::ServerUser,
    servers::{FUNCTION_ROLE, ServerSettings, Servers, logs},
    tools::{PostgresTools, Toolbox},
};

/// The function that only says hello.
pub(super) const HELLO: &str = "hello";
/// Of the object store.
pub(super) const ACCESS_KEY: (&str, &str) = ("bench", "bench-secret");
/// Signs the webhooks.
pub(super) const WEBHOOK_SECRET: &str = "whsec_bench_0123456789";
/// Entries in the history of the person who asks: long enough that a cost per entry would show.
const HISTORY: u32 = 20_000;
const DATABASE: &str = "bench";
const POOL: PoolSizes = PoolSizes { size: 5, min: 0, reserve: 0 };
const PASSWORD: &str = "correct horse battery";

/// Everything that runs.
pub(super) struct Bundles {
    /// The functions, their database reached without TLS.
    pub(super) plain: Bundle,
    /// The functions, their database reached with TLS.
    pub(super) tls: Bundle,
    /// The baseline of cold starts.
    pub(super) hello: Bundle,
    /// The function that spends.
    till: Bundle,
    /// Somebody with a long history.
    pub(super) person: Person,
    /// `pgbench` and the like.
    pub(super) tools: PostgresTools,
    /// PostgreSQL's log.
    pub(super) postgres_log: PathBuf,
    /// A superuser's connection to the database.
    pub(super) database: Connection,
    /// The functions' URL.
    pub(super) pooled_url: String,
    servers: Servers,
    tls_pool: PgBouncer,
}

impl Bundles {
    /// Starts servers and bundles, and makes a person with a long history.
    pub(super) async fn start(
        project: &Path,
        folder: &Path,
        user: Option<ServerUser>,
        binaries: &Path,
    ) -> Result<Self, LocalError> {
        let access_key = (ACCESS_KEY.0.to_owned(), ACCESS_KEY.1.to_owned());
        let toolbox = Toolbox::new(user.clone())?;
        let (tools, pgbouncer) = (toolbox.postgres(None).await?, toolbox.pgbouncer().await?);
        let settings =
            ServerSettings { folder: folder.to_owned(), user: user.clone(), durable: false, pool: POOL, access_key };
        let servers = Servers::start(settings).await?;
        servers.postgres.create_database(DATABASE, None).await?;
        let direct_url = servers.postgres.url(DATABASE);
        deploy(binaries, &direct_url).await?;
        let pooled_url = servers.pooled_url(DATABASE);

        // The same server once more behind TLS.
        let password = password_of(&pooled_url);
        let tls_pool = PgBouncer::start(PgBouncerSettings {
            tools: pgbouncer,
            user,
            folder: folder.join("pgbouncer-tls"),
            log: logs(folder).join("pgbouncer-tls.log"),
            port: None,
            postgres_port: servers.postgres.port(),
            users: BTreeMap::from([(FUNCTION_ROLE.to_owned(), password.clone())]),
            pool: POOL,
            tls: true,
        })
        .await?;
        let authority =
            tls_pool.certificate_authority().ok_or_else(|| LocalError::said("PgBouncer has no certificate."))?;
        let roots = folder.join("roots");
        add_root(&project.join("certificates/roots"), authority, &roots).await?;
        let tls_url =
            tls_pool.url(FUNCTION_ROLE, &password, DATABASE).replace("sslmode=require", "sslmode=verify-full");

        let database = Connection::open(&direct_url).await?;
        let mail = folder.join("mail");
        fs::create_dir_all(&mail).doing(|| format!("make {}", mail.display()))?;
        // As it is deployed: verified in full, each root read when it is needed.
        let start = |url: &str, roots: &Path| {
            let mut environment = environment(url, &direct_url);
            environment.insert("SSL_CERT_FILE".to_owned(), "/dev/null".to_owned());
            environment.insert("SSL_CERT_DIR".to_owned(), roots.display().to_string());
            environment.insert("MAIL_URL".to_owned(), format!("file://{}", mail.display()));
            bundle(project.join("template.yaml"), binaries, environment)
        };
        let plain = start(&pooled_url, &roots).await?;
        let tls = start(&tls_url, &roots).await?;
        let hello = bundle(project.join("local/hello/template.yaml"), binaries, BTreeMap::new()).await?;
        let spending = environment(&pooled_url, &direct_url);
        let till = bundle(project.join("local/till/template.yaml"), binaries, spending).await?;
        let person = person(&plain, &database).await?;
        let postgres_log = logs(folder).join("postgres.log");
        Ok(Self { plain, tls, hello, till, person, tools, postgres_log, database, pooled_url, servers, tls_pool })
    }

    /// Where a function runs.
    pub(super) fn of(&self, function: &str) -> &Bundle {
        match function {
            HELLO => &self.hello,
            TILL => &self.till,
            _ => &self.plain,
        }
    }

    /// PostgreSQL and the object store.
    pub(super) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// Stops everything.
    pub(super) async fn stop(self) -> Result<(), LocalError> {
        let Self { plain, tls, hello, till, servers, mut tls_pool, database, .. } = self;
        drop(database);
        plain.stop().await;
        tls.stop().await;
        hello.stop().await;
        till.stop().await;
        tls_pool.stop().await?;
        servers.stop().await
    }
}

/// Copies the deployed roots and adds one, under the name by which OpenSSL looks for it.
async fn add_root(deployed: &Path, root: &Path, folder: &Path) -> Result<(), LocalError> {
    fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
    for file in fs::read_dir(deployed).doing(|| format!("read {}", deployed.display()))?.flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).doing(|| format!("copy {}", file.path().display()))?;
    }
    let name = command::run("openssl", &["x509", "-noout", "-hash", "-in", &root.to_string_lossy()]).await?;
    let target = folder.join(format!("{}.0", name.trim()));
    fs::copy(root, &target).doing(|| format!("write {}", target.display())).map(drop)
}

async fn bundle(
    template: PathBuf,
    binaries: &Path,
    environment: BTreeMap<String, String>,
) -> Result<Bundle, LocalError> {
    Bundle::start(BundleSettings {
        template,
        binaries: binaries.to_owned(),
        environment,
        extra_environment: BTreeMap::new(),
        listen: ([127, 0, 0, 1], 0).into(),
        logs: None,
        instances_per_function: 1,
    })
    .await
}

fn environment(url: &str, direct_url: &str) -> BTreeMap<String, String> {
    let pairs = [
        ("ENVIRONMENT", "test"),
        ("LOG_LEVEL", "info"),
        ("DATABASE_URL", url),
        ("DIRECT_URL", direct_url),
        ("AUTH_SECRET", "a-secret-for-benchmarks-0123456789-0123456789"),
        ("USER_ID_SALT", "a-salt-for-benchmarks-0123456789-0123456789"),
        ("APP_URL", "http://localhost:3000"),
        ("MAIL_FROM", "Spike Land <hello@spike.land>"),
        ("BACKUP_BUCKET", "backups"),
        ("FRONT_END_ORIGINS", "http://localhost:3000"),
        ("BLOCKED_EMAIL_DOMAINS", ""),
        ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        // The benchmark asks nothing of Stripe.
        ("STRIPE_SECRET_KEY", "sk_test_unused"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Signs up and gets a long history.
async fn person(bundle: &Bundle, database: &Connection) -> Result<Person, LocalError> {
    let email = "ada@example.com".to_owned();
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    let answer = bundle.invoke("auth", event("POST", "/api/auth/signup", json!({}), Some(body))).await?;
    let account: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| LocalError::said(format!("Sign-up failed: {answer}")))
    };
    let (id, token) = (text(&account["user"]["id"])?, text(&account["token"])?);
    database
        .batch_execute(&format!(
            "insert into token_transactions
                 (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
             select '{id}', 1 + n, 'txn_' || n, 1, 'EARN_BONUS', 'bench', 'bench:' || n, 10 + n, now()
               from generate_series(1, {HISTORY}) n;
             update user_token_balances
                set balance = balance + {HISTORY}, total_earned = total_earned + {HISTORY},
                    transaction_count = transaction_count + {HISTORY};"
        ))
        .await?;
    database.batch_execute("vacuum analyze").await?;
    let csrf = bundle.invoke("auth", event("GET", "/api/auth/csrf", json!({}), None)).await?;
    let csrf_token = text(&serde_json::from_str::<Value>(csrf["body"].as_str().unwrap_or_default())?["csrfToken"])?;
    let csrf_cookie = text(&csrf["cookies"][0])?.split(';').next().unwrap_or_default().to_owned();
    Ok(Person { id, email, password: PASSWORD.to_owned(), token, csrf_token, csrf_cookie })
}

/// The password in `postgres://user:password@host…`.
fn password_of(url: &str) -> String {
    let login = url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(login, _)| login);
    login.split_once(':').map_or("", |(_, password)| password).to_owned()
}
