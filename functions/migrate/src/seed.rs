//! `seed`: runs a file of `seeds/` in one transaction. Every seed can be run again.

use std::time::Instant;

use shared::secret::hex;
use shared::{Environment, new_user};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::action::Seeding;
use crate::error::MigrateError;
use crate::history::milliseconds;
use crate::report::SeedReport;
use crate::rules;
use crate::settings::Settings;
use crate::statements::{Refusal, Statement, split};
use crate::users::prepare_users;
use crate::{deployment, lock, migration, transaction};

/// A file of `seeds/`.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The file's name without `.sql`.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// What it does, in order.
    pub statements: Vec<Statement>,
}

impl Seed {
    /// Reads one file.
    ///
    /// # Errors
    /// The SQL can't be split, or a statement may not stand in a transaction.
    pub fn parse(file: &str, text: &str) -> Result<Self, MigrateError> {
        let refuse = |Refusal { line, reason }| MigrateError::File { file: file.to_owned(), line, reason };
        let statements = split(text).map_err(refuse)?;
        for statement in &statements {
            rules::in_transaction(statement).map_err(|reason| refuse(Refusal { line: statement.line, reason }))?;
        }
        let name = file.strip_suffix(".sql").unwrap_or(file).to_owned();
        Ok(Self { name, file: file.to_owned(), statements })
    }

    /// The seed of this name that is built into this binary.
    ///
    /// # Errors
    /// There is none, or as [`Seed::parse`].
    pub fn embedded(name: &str) -> Result<Self, MigrateError> {
        let seeds = migration::embedded_seeds();
        match seeds.iter().find(|(file, _)| file.strip_suffix(".sql") == Some(name)) {
            Some((file, text)) => Self::parse(file, text),
            None => {
                let known: Vec<&str> = seeds.iter().filter_map(|(file, _)| file.strip_suffix(".sql")).collect();
                Err(MigrateError::UnknownSeed { name: name.to_owned(), known: known.join(", ") })
            }
        }
    }
}

/// Runs a seed. The users reach the SQL as JSON text in the setting `seed.users`, an array, and
/// the fingerprint of the salt of their ids as `seed.salt_fingerprint`.
///
/// # Errors
/// The database belongs to another environment, users are given where real ones live, or a statement fails.
pub async fn seed(
    client: &Client,
    seed: &Seed,
    seeding: &Seeding,
    settings: &Settings,
) -> Result<SeedReport, MigrateError> {
    let started = Instant::now();
    lock::acquire(client, settings.lock_wait).await?;
    let outcome = under_lock(client, seed, seeding, settings).await;
    lock::release(client).await;
    let rows = outcome?;
    let duration_ms = milliseconds(started.elapsed());
    Ok(SeedReport { name: seed.name.clone(), users: seeding.users.len(), rows, duration_ms })
}

async fn under_lock(client: &Client, seed: &Seed, seeding: &Seeding, settings: &Settings) -> Result<u64, MigrateError> {
    if !seeding.users.is_empty() {
        users_allowed(deployment::marker(client).await?.as_deref(), settings.environment)?;
    }
    deployment::check(client, settings.environment).await?;
    let users = match seeding.users.as_slice() {
        [] => Vec::new(),
        users => prepare_users(users, &settings.config)?,
    };
    let salt = match users.as_slice() {
        [] => String::new(),
        _ => hex(&new_user::salt_fingerprint(&settings.config.user_id_salt()?)),
    };
    let users = serde_json::to_string(&users).map_err(|error| MigrateError::Request(error.to_string()))?;
    tracing::info!("seeding {}", seed.file);
    transaction::begin(client, settings.table_lock_wait).await?;
    let outcome = async {
        client.query_typed(SETTINGS, &[(&users, Type::TEXT), (&salt, Type::TEXT)]).await?;
        transaction::run(client, &seed.file, &seed.statements).await
    };
    let outcome = outcome.await;
    transaction::finish(client, &seed.file, outcome).await
}

const SETTINGS: &str = "select set_config('seed.users', $1, true), set_config('seed.salt_fingerprint', $2, true)";

/// Known credentials open every door, so they go only where the database itself says that nobody real lives there.
fn users_allowed(marker: Option<&str>, environment: Environment) -> Result<(), MigrateError> {
    let reason = match marker {
        _ if environment == Environment::Production => "ENVIRONMENT says production; run the seed without users",
        Some("production") => "the database is marked production; point DIRECT_URL at another one",
        None => "the database is not marked with an environment; run `deploy` first",
        Some(_) => return Ok(()),
    };
    Err(MigrateError::UsersRefused(format!(
        "users with known passwords are not seeded here: {reason}; nothing was done"
    )))
}

#[cfg(test)]
mod tests {
    use shared::Environment;

    use super::{Seed, users_allowed};
    use crate::migration::embedded_seeds;

    #[test]
    fn the_embedded_seeds_can_be_used() {
        for (file, text) in embedded_seeds() {
            Seed::parse(file, text).unwrap();
        }
    }

    #[test]
    fn an_unknown_seed_is_answered_with_the_known_ones() {
        let said = Seed::embedded("mian").unwrap_err().to_string();
        assert!(said.starts_with("there is no seed \"mian\"; there are: "), "{said}");
    }

    #[test]
    fn known_credentials_need_a_database_that_says_what_it_is() {
        assert!(users_allowed(Some("development"), Environment::Development).is_ok());
        for (marker, environment) in [
            (Some("production"), Environment::Development),
            (Some("production"), Environment::Production),
            (Some("development"), Environment::Production),
            (None, Environment::Development),
        ] {
            assert_eq!(users_allowed(marker, environment).unwrap_err().code(), "users_refused");
        }
    }

    #[test]
    fn a_seed_does_not_end_its_transaction() {
        assert!(Seed::parse("a.sql", "select 1;\ncommit").unwrap_err().to_string().starts_with("a.sql, line 2"));
    }
}
