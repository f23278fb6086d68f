//! Through DATABASE_URL: whether a pooler answers, and in which mode. Found by behaviour, as it answers `show` only to its
//! administrators.

use shared::database::{DatabaseUrl, open};
use tokio_postgres::Client;

use super::{Finding, PATIENCE, login};
use crate::settings::Settings;

/// Two sessions are compared so often: others may have taken the server connection in between.
const TRIES: usize = 5;

const MARK: &str = "doctor";

/// What answers at the URL.
enum Behind {
    /// The database itself.
    Direct,
    /// A pooler that shares server connections between transactions, as the functions expect it.
    Transaction,
    /// A pooler that shares them between statements: no transaction is possible.
    Statement,
    /// A pooler that gives each client a server connection of its own.
    Session,
}

pub(super) async fn examine(settings: &Settings) -> Finding {
    let url = match settings.config.database_url() {
        Ok(url) => url,
        Err(_) if settings.config.optional("DATABASE_URL").is_none() => {
            let remedy = "set DATABASE_URL, which the functions use, to have it examined, too";
            return Finding::note("pooler", "no_database_url", "DATABASE_URL is not set here", remedy);
        }
        Err(error) => return Finding::trouble("pooler", "configuration", error.to_string(), "correct DATABASE_URL"),
    };
    let place = url.place();
    match tokio::time::timeout(PATIENCE * 2, behind(&url)).await {
        Err(_) => Finding::trouble(
            "pooler",
            "pooler_unreachable",
            format!("{place} does not answer within {} s", PATIENCE.as_secs() * 2),
            "look at the pooler's log: it may have no free server connection (show pools)",
        ),
        Ok(Err(error)) => match login::refused(&*error, "DATABASE_URL") {
            Finding { verdict: Some("unreachable"), seen, .. } => Finding::trouble(
                "pooler",
                "pooler_unreachable",
                format!("{place}: {seen}"),
                "start the pooler, or correct host and port in DATABASE_URL (PgBouncer: 6543)",
            ),
            finding => Finding { check: "pooler", ..finding },
        },
        Ok(Ok(Behind::Transaction)) => Finding::fine("pooler", format!("{place} is a pooler in transaction mode")),
        Ok(Ok(Behind::Direct)) => Finding::note(
            "pooler",
            "no_pooler",
            format!("{place} is the database itself"),
            "put PgBouncer in transaction mode in between (port 6543): each instance of a function has a connection of its \
             own",
        ),
        Ok(Ok(Behind::Session)) => Finding::trouble(
            "pooler",
            "pooler_session_mode",
            format!("{place} gives each client a server connection of its own: session mode"),
            "set pool_mode = transaction, or idle instances of functions use up the connections",
        ),
        Ok(Ok(Behind::Statement)) => Finding::trouble(
            "pooler",
            "pooler_statement_mode",
            format!("{place} allows no transactions: statement mode"),
            "set pool_mode = transaction",
        ),
    }
}

async fn behind(url: &DatabaseUrl) -> Result<Behind, Box<dyn std::error::Error + Send + Sync>> {
    // A pooler refuses a client's own start-up options or drops them; the database takes them.
    if let Ok(client) = open(&url.clone().with_startup_option(&format!("-c spike.session={MARK}"))).await {
        let row = client.query_typed_one("select current_setting('spike.session', true)", &[]).await?;
        if row.try_get::<_, Option<&str>>(0)? == Some(MARK) {
            return Ok(Behind::Direct);
        }
    }
    let (one, other) = (open(url).await?, open(url).await?);
    if one.batch_execute("begin").await.is_err() {
        return Ok(Behind::Statement);
    }
    one.batch_execute("rollback").await?;
    for _ in 0..TRIES {
        // Neither is inside a transaction, so where transactions share a server connection the free one serves both.
        if process(&one).await? == process(&other).await? {
            return Ok(Behind::Transaction);
        }
    }
    Ok(Behind::Session)
}

async fn process(client: &Client) -> Result<i32, tokio_postgres::Error> {
    client.query_typed_one("select pg_backend_pid()", &[]).await?.try_get(0)
}
