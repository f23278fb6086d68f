//! PostgreSQL and PgBouncer of a test's own, for tests that stop, freeze or kill them.

use local::LocalError;
use local::database::deploy;
use local::pgbouncer::PoolSizes;
use local::server_user::ServerUser;
use local::servers::{ServerSettings, Servers};

use crate::given::Given;
use crate::stack::{Stack, with_stack_of};

const TEMPLATE: &str = "migrated";

/// Runs `test` with servers and a stack of its own, then checks the ledger and stops all of them.
#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
pub async fn with_own_servers(test: impl AsyncFnOnce(&mut Servers, &mut Stack)) {
    let (mut servers, given) = match own_servers().await {
        Ok(started) => started,
        Err(error) => panic!("the test's own servers did not start: {error}"),
    };
    with_stack_of(given, async |stack| test(&mut servers, stack).await).await;
    if let Err(error) = servers.stop().await {
        panic!("the test's own servers did not stop: {error}");
    }
}

/// Starts servers for one test, to be stopped by it, and answers what is given on them.
///
/// # Errors
/// One of them does not start.
pub async fn own_servers() -> Result<(Servers, Given), LocalError> {
    let given = Given::get();
    let folder = given.folder.join(format!("own-{}", local::secret::random(6)?));
    let user = ServerUser::choose()?;
    let pool = PoolSizes { size: 5, min: 0, reserve: 0 };
    let access_key = ("test".to_owned(), "test-secret".to_owned());
    let servers = Servers::start(ServerSettings { folder, user, durable: false, pool, access_key }).await?;
    servers.postgres.create_database(TEMPLATE, None).await?;
    deploy(&given.binaries, &servers.postgres.url(TEMPLATE)).await?;
    let given = Given {
        direct: base(&servers.postgres.url("")),
        pooled: base(&servers.pooled_url("")),
        monitor: base(&servers.monitor_url("")),
        template: TEMPLATE.to_owned(),
        ..given
    };
    Ok((servers, given))
}

fn base(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}
