//! Whether the server lets this user into this database, and if not, why.

use std::error::Error;

use shared::database::{DatabaseUrl, open};
use tokio_postgres::error::SqlState;

use super::{Finding, PATIENCE};

/// Logs in with the URL of `variable` and says goodbye.
pub(super) async fn examine(url: &DatabaseUrl, variable: &str) -> Finding {
    match tokio::time::timeout(PATIENCE, open(url)).await {
        Ok(Ok(client)) => {
            crate::direct::close(client).await;
            Finding::fine("login", format!("{} lets the user in", url.place()))
        }
        Ok(Err(error)) => refused(&error, variable),
        Err(_) => Finding::trouble(
            "login",
            "unreachable",
            format!("no answer within {} s", PATIENCE.as_secs()),
            "look at the server's load and log",
        ),
    }
}

/// Why not. `error` is the driver's, or says why TLS could not be set up.
pub(super) fn refused(error: &(dyn Error + 'static), variable: &str) -> Finding {
    let driver = driver_error(error);
    let Some(db) = driver.and_then(tokio_postgres::Error::as_db_error) else {
        let text = error.to_string();
        let verdict = if text.contains("TLS") || text.contains("certificate") {
            ("tls_failed", "check sslmode and sslrootcert against the server's certificate")
        } else if text.contains("password missing") {
            ("wrong_password", "put the password into the URL: postgresql://user:password@host:5432/database")
        } else {
            ("unreachable", "look at the server's log; it may be starting or out of memory")
        };
        return Finding::trouble("login", verdict.0, text, format!("{} ({variable})", verdict.1));
    };
    let says = db.message().to_owned();
    // A pooler puts its own words under one code.
    let is = |words: &str| says.contains(words);
    match *db.code() {
        SqlState::PROTOCOL_VIOLATION if is("authentication failed") || is("no such user") => {
            wrong_password(says, variable)
        }
        SqlState::PROTOCOL_VIOLATION if is("no such database") || is("does not exist") => {
            wrong_database(says, variable)
        }
        SqlState::INVALID_PASSWORD => wrong_password(says, variable),
        SqlState::PROTOCOL_VIOLATION if is("no more connections allowed") => too_many(says),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Finding::trouble(
            "login",
            "not_let_in",
            says,
            format!("correct the user in {variable}, or add a line for it to the server's pg_hba.conf"),
        ),
        SqlState::INVALID_CATALOG_NAME => wrong_database(says, variable),
        SqlState::TOO_MANY_CONNECTIONS => too_many(says),
        SqlState::CANNOT_CONNECT_NOW => {
            Finding::trouble("login", "starting", says, "the server starts or stops: try again in a moment")
        }
        _ => Finding::trouble("login", "refused", format!("{says} ({})", db.code().code()), "look at the server's log"),
    }
}

fn driver_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a tokio_postgres::Error> {
    error.downcast_ref().or_else(|| error.source()?.downcast_ref())
}

fn wrong_password(says: String, variable: &str) -> Finding {
    let remedy = format!("correct user and password in {variable}; special characters are percent-encoded");
    Finding::trouble("login", "wrong_password", says, remedy)
}

fn wrong_database(says: String, variable: &str) -> Finding {
    let remedy = format!("correct the database's name in {variable}, or create it (createdb)");
    Finding::trouble("login", "wrong_database", says, remedy)
}

fn too_many(says: String) -> Finding {
    Finding::trouble(
        "login",
        "too_many_connections",
        says,
        "send the functions through a pooler (DATABASE_URL to PgBouncer, port 6543), close idle sessions, or raise \
         max_connections to 200 and restart the server",
    )
}
