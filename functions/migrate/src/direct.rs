//! A session with the database itself: opened, proven to be no pooler's, and set up for the work.

use shared::database::{DatabaseUrl, chain};
use shared::secret::hex;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::error::MigrateError;
use crate::settings::Settings;

/// The oldest server: `client_connection_check_interval` and what the migrations use came with it.
const OLDEST_SERVER: i32 = 140_000;

/// What an action does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only looks; PostgreSQL refuses anything else.
    Read,
    /// Changes it.
    Write,
}

/// Names mean the same on every database, whatever the role's own settings are. No time limit for a statement. A frozen
/// runner must not hold tables for ever, nor one whose machine vanished.
const SET_UP: &str = "
    set search_path = public;
    set application_name = 'migrate';
    set standard_conforming_strings = on;
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = '60s';
    set tcp_keepalives_idle = 30;
    set tcp_keepalives_interval = 10;
    set tcp_keepalives_count = 3";

/// A killed runner's statement stops soon, and with it the lock goes. Some systems can't do it, so it stands alone.
const STOP_WITH_CLIENT: &str = "set client_connection_check_interval = '1s'";

const PROBE: &str = "
    select current_setting('spike.session', true), current_setting('server_version_num')::int,
           current_setting('server_version'), pg_is_in_recovery()";

/// Connects past any pooler.
///
/// # Errors
/// The database can't be reached or refuses, a pooler answers, or the server is too old or a standby.
pub async fn connect(settings: &Settings, access: Access) -> Result<Client, MigrateError> {
    // A pooler shares its server connections, so it refuses or drops a client's own start-up options.
    let nonce = nonce();
    let url = settings.url.clone().with_startup_option(&format!("-c spike.session={nonce}"));
    let client = shared::database::open(&url).await.map_err(|error| refused(&error, &settings.url))?;
    let row = client.query_typed_one(PROBE, &[]).await?;
    let (answer, number, version, standby): (Option<&str>, i32, &str, bool) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    check_answer(&nonce, answer)?;
    check_version(number, version)?;
    if standby && access == Access::Write {
        return Err(MigrateError::Unsuitable(format!(
            "{} is a standby, which can only be read: point DIRECT_URL at the primary",
            settings.url.place()
        )));
    }
    client.batch_execute(SET_UP).await?;
    if let Err(error) = client.batch_execute(STOP_WITH_CLIENT).await {
        tracing::debug!("the server can't watch for a vanished client: {error}");
    }
    if access == Access::Read {
        client.batch_execute("set default_transaction_read_only = on").await?;
    }
    Ok(client)
}

/// Ends the session.
pub async fn close(client: Client) {
    drop(client);
    // The good-bye is sent by the connection's own task, which must run before the function is frozen after its answer.
    tokio::task::yield_now().await;
}

fn nonce() -> String {
    let mut bytes = [0; 16];
    shared::ids::fill_random(&mut bytes);
    hex(&bytes)
}

/// A pooler's server connection was started without our option, or with another client's.
fn check_answer(nonce: &str, answer: Option<&str>) -> Result<(), MigrateError> {
    if answer == Some(nonce) {
        return Ok(());
    }
    Err(MigrateError::Pooler("it dropped a start-up option".to_owned()))
}

fn check_version(number: i32, version: &str) -> Result<(), MigrateError> {
    if number >= OLDEST_SERVER {
        return Ok(());
    }
    Err(MigrateError::Unsuitable(format!("the server is PostgreSQL {version}; 14 or newer is needed: upgrade it")))
}

/// Why no session came about. `error` is the driver's, or says why TLS could not be set up.
fn refused(error: &dyn std::error::Error, url: &DatabaseUrl) -> MigrateError {
    let place = url.place();
    let driver = error.source().and_then(|source| source.downcast_ref::<tokio_postgres::Error>());
    let Some(driver) = driver else {
        return MigrateError::Connection(format!("no connection to {place}: {}", chain(error)));
    };
    let sentence = match (driver.code(), driver.as_db_error()) {
        (Some(code), Some(db)) => match *code {
            SqlState::PROTOCOL_VIOLATION if db.message().contains("startup parameter") => {
                return MigrateError::Pooler(format!("it says \"{}\"", db.message()));
            }
            SqlState::INVALID_PASSWORD => {
                "the user or the password in DIRECT_URL is wrong: correct it (special characters percent-encoded)"
                    .to_owned()
            }
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                format!(
                    "the server does not let this user in ({}): check the user in DIRECT_URL and the server's pg_hba.conf",
                    db.message()
                )
            }
            SqlState::INVALID_CATALOG_NAME => {
                format!("{}: create the database, or correct its name in DIRECT_URL", db.message())
            }
            SqlState::TOO_MANY_CONNECTIONS => {
                format!("{}: close idle sessions or raise max_connections, then run this again", db.message())
            }
            SqlState::CANNOT_CONNECT_NOW => format!("{}: run this again in a moment", db.message()),
            _ => format!("the server says: {} ({})", db.message(), code.code()),
        },
        _ => unreachable_sentence(driver),
    };
    MigrateError::Connection(format!("no connection to {place}: {sentence}"))
}

/// Without an answer of the server there is only the driver's error to tell the reasons apart.
fn unreachable_sentence(driver: &tokio_postgres::Error) -> String {
    let text = chain(driver);
    let remedy = if text.contains("TLS") {
        "check sslmode and sslrootcert in DIRECT_URL against what the server offers"
    } else if text.contains("password missing") {
        "put the password into DIRECT_URL: postgresql://user:password@host:5432/database"
    } else if text.contains("lookup") {
        "there is no such host: correct it in DIRECT_URL"
    } else {
        "check host and port in DIRECT_URL, that the database runs, and that its firewall lets this machine in"
    };
    format!("{text}; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::{check_answer, check_version, nonce};

    #[test]
    fn ops_01_the_oldest_server_is_14() {
        assert!(check_version(140_000, "14.0").is_ok());
        assert!(check_version(139_999, "13.99").unwrap_err().to_string().contains("PostgreSQL 13.99; 14 or newer"));
    }

    #[test]
    fn a_session_is_recognised_by_a_word_of_its_own() {
        assert!(check_answer("a1", Some("a1")).is_ok());
        for other in [None, Some(""), Some("b2")] {
            assert!(check_answer("a1", other).unwrap_err().to_string().contains("pooler"));
        }
        assert_eq!(nonce().len(), 32);
        assert_ne!(nonce(), nonce());
    }
}
