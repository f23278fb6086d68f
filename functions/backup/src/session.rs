//! Sessions with the database itself. What is begun here must live as long as the session does: a snapshot, a lock.

use std::time::{Duration, Instant};

use shared::database::DatabaseUrl;
use shared::secret::hex;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::BackupError;

/// The oldest server.
const OLDEST_SERVER: i32 = 140_000;

/// Names and texts of values mean the same on every server: hashes over rows depend on it. No time limit, except for
/// what a lock may keep us waiting.
const SET_UP: &str = "
    set search_path = public;
    set application_name = 'backup';
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0;
    set lock_timeout = '60s';
    set timezone = 'UTC';
    set datestyle = 'ISO, YMD';
    set intervalstyle = 'postgres';
    set bytea_output = 'hex';
    set extra_float_digits = 1;
    set tcp_keepalives_idle = 30;
    set tcp_keepalives_interval = 10;
    set tcp_keepalives_count = 3";

const PROBE: &str = "
    select current_setting('spike.session', true), current_setting('server_version_num')::int,
           current_setting('server_version')";

/// The lock of all that takes or verifies backups: "spikebak" in ASCII. It goes with its session, so a killed run holds nothing.
const LOCK_KEY: i64 = 0x7370_696b_6562_616b;
const POLL_INTERVAL: Duration = Duration::from_millis(300);

/// A server's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Such as 15.
    pub(crate) major: i32,
    /// Such as `15.14`.
    pub(crate) text: String,
}

/// Connects past any pooler.
///
/// # Errors
/// The database can't be reached or refuses, a pooler answers, or the server is too old.
pub(crate) async fn connect(url: &DatabaseUrl) -> Result<(Client, Version), BackupError> {
    // A pooler shares its server connections, so it refuses or drops a client's own start-up options.
    let mut bytes = [0; 16];
    shared::ids::fill_random(&mut bytes);
    let nonce = hex(&bytes);
    let refused = |error| BackupError::Connection(format!("no connection to {}: {error}", url.place()));
    let client = shared::database::open(&url.clone().with_startup_option(&format!("-c spike.session={nonce}")))
        .await
        .map_err(refused)?;
    let row = client.query_typed_one(PROBE, &[]).await?;
    let (answer, number, text): (Option<&str>, i32, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if answer != Some(nonce.as_str()) {
        let remedy =
            "set DIRECT_URL to the database itself (most providers call it \"direct\" or \"session\" connection)";
        return Err(BackupError::Connection(format!("{} is a connection pooler: {remedy}", url.place())));
    }
    if number < OLDEST_SERVER {
        let reason = format!("the server is PostgreSQL {text}; 14 or newer is needed: upgrade it");
        return Err(BackupError::Connection(reason));
    }
    client.batch_execute(SET_UP).await?;
    // Without a debian suffix: `15.14 (Debian …)`.
    let text = text.split_whitespace().next().unwrap_or(text).to_owned();
    Ok((client, Version { major: number / 10_000, text }))
}

/// Waits for its turn. The lock lasts as long as the session.
///
/// # Errors
/// Somebody else takes longer than `wait`.
pub(crate) async fn lock(client: &Client, wait: Duration) -> Result<(), BackupError> {
    let started = Instant::now();
    loop {
        let row = client.query_typed_one("select pg_try_advisory_lock($1)", &[(&LOCK_KEY, Type::INT8)]).await?;
        if row.try_get(0)? {
            return Ok(());
        }
        if started.elapsed() >= wait {
            return Err(BackupError::Busy { seconds: wait.as_secs() });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// A name in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
