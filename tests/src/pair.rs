//! Two PostgreSQL, each with a PgBouncer of its own before it: a primary, and the replica that may take over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local::LocalError;
use local::database::deploy;
use local::pgbouncer::{PgBouncer, PgBouncerSettings, PoolSizes};
use local::postgres::{Postgres, PostgresSettings, replicated};
use local::server_user::{ServerUser, private_folder};
use local::servers::{FUNCTION_ROLE, MONITOR_ROLE};
use local::tools::Toolbox;
use serde_json::Value;
use tokio::process::Command;

use crate::given::Given;

const TEMPLATE: &str = "migrated";
const POOL: PoolSizes = PoolSizes { size: 5, min: 0, reserve: 0 };
/// For a replica to begin streaming, and the like.
const PATIENCE: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// A PostgreSQL and the pool before it.
pub struct Node {
    /// What it calls itself when it follows.
    pub name: &'static str,
    /// The server.
    pub postgres: Postgres,
    /// The pool, which leads nowhere else.
    pub pgbouncer: PgBouncer,
}

/// The two servers, with the same roles, passwords and databases. First `a` is the primary and nothing is synchronous.
pub struct Pair {
    /// The first primary.
    pub a: Node,
    /// Its replica.
    pub b: Node,
    given: Given,
}

/// Runs `test` with two servers of its own, then stops them.
#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
pub async fn with_pair(test: impl AsyncFnOnce(&mut Pair)) {
    let mut pair = match Pair::start().await {
        Ok(pair) => pair,
        Err(error) => panic!("the two servers did not start: {error}"),
    };
    test(&mut pair).await;
    if let Err(error) = pair.stop().await {
        panic!("the two servers did not stop: {error}");
    }
}

impl Pair {
    async fn start() -> Result<Self, LocalError> {
        let given = Given::get();
        let folder = given.folder.join(format!("pair-{}", local::secret::random(6)?));
        let user = ServerUser::choose()?;
        private_folder(&folder, user.as_ref())?;
        let a = Postgres::start(PostgresSettings {
            tools: Toolbox::new(user.clone())?.postgres(None).await?,
            user: user.clone(),
            folder: folder.join("a"),
            log: folder.join("a.log"),
            port: None,
            durable: false,
            max_connections: 100,
            parameters: replicated(),
        })
        .await?;
        let mut users = BTreeMap::new();
        for role in [FUNCTION_ROLE, MONITOR_ROLE] {
            let password = local::secret::random(24)?;
            a.create_role(role, &password).await?;
            users.insert(role.to_owned(), password);
        }
        a.create_database(TEMPLATE, None).await?;
        deploy(&given.binaries, &a.url(TEMPLATE)).await?;
        // The roles and their passwords go with the copy.
        let b = a.replica("b", folder.join("b"), folder.join("b.log")).await?;
        let (a, b) = (pooled("a", a, &folder, &user, &users).await?, pooled("b", b, &folder, &user, &users).await?);

        let direct = [&a, &b].map(|node| node.postgres.port());
        let pooled = [&a, &b].map(|node| node.pgbouncer.port());
        let role = |name: &str, ports| hosts(&format!("postgres://{name}:{}", users[name]), ports);
        let superuser = a.postgres.url("");
        let superuser = superuser.rsplit_once('@').map_or(superuser.as_str(), |(login, _)| login);
        let given = Given {
            direct: hosts(superuser, direct),
            pooled: role(FUNCTION_ROLE, pooled),
            monitor: role(MONITOR_ROLE, direct),
            parameters: "?target_session_attrs=read-write",
            template: TEMPLATE.to_owned(),
            ..given
        };
        Ok(Pair { a, b, given })
    }

    async fn stop(self) -> Result<(), LocalError> {
        for Node { mut postgres, mut pgbouncer, .. } in [self.b, self.a] {
            pgbouncer.stop().await?;
            postgres.stop().await?;
        }
        Ok(())
    }

    /// What is given on them: URLs that name both.
    pub fn given(&self) -> Given {
        self.given.clone()
    }

    /// `cargo db failover-check --json` of both: the report, and whether the command succeeded.
    #[expect(clippy::panic, reason = "a check that says nothing fails the test")]
    pub async fn check(&self) -> (Value, bool) {
        let output = self.command(&["failover-check", "--json"]).output().await;
        let output = output.unwrap_or_else(|error| panic!("migrate does not run: {error}"));
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|_| panic!("failover-check said {output:?}"));
        (report, output.status.success())
    }

    /// The real binary, with a URL that names both servers.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.given.binaries.join("migrate"));
        let direct_url = format!("{}/{TEMPLATE}{}", self.given.direct, self.given.parameters);
        command.args(arguments).env_clear().env("ENVIRONMENT", "test").env("DIRECT_URL", direct_url);
        command
    }

    /// Waits until the check comes to this verdict with these problems, and answers the report.
    #[expect(clippy::panic, reason = "what does not come about fails the test")]
    pub async fn until(&self, verdict: &str, problems: &[&str]) -> Value {
        let mut last = Value::Null;
        for _ in 0..PATIENCE {
            last = self.check().await.0;
            let found =
                last["problems"].as_array().map(|all| all.iter().map(|one| &one["problem"]).collect::<Vec<_>>());
            if last["verdict"] == verdict && found.is_some_and(|found| found == problems) {
                return last;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("failover-check does not come to {verdict} {problems:?}: {last}");
    }
}

async fn pooled(
    name: &'static str,
    postgres: Postgres,
    folder: &Path,
    user: &Option<ServerUser>,
    users: &BTreeMap<String, String>,
) -> Result<Node, LocalError> {
    let file = |end: &str| -> PathBuf { folder.join(format!("{name}-{end}")) };
    let pgbouncer = PgBouncer::start(PgBouncerSettings {
        tools: Toolbox::new(user.clone())?.pgbouncer().await?,
        user: user.clone(),
        folder: file("pgbouncer"),
        log: file("pgbouncer.log"),
        port: None,
        postgres_port: postgres.port(),
        users: users.clone(),
        pool: POOL,
        tls: false,
    })
    .await?;
    Ok(Node { name, postgres, pgbouncer })
}

/// A URL that names both, without a database.
fn hosts(login: &str, [a, b]: [u16; 2]) -> String {
    format!("{login}@127.0.0.1:{a},127.0.0.1:{b}")
}
