//! What the runner is told from outside.

use std::path::PathBuf;
use std::time::Duration;

use shared::database::DatabaseUrl;
use shared::{Config, ConfigError, Environment};

use crate::error::MigrateError;

/// How long to wait for another run to end, unless `MIGRATE_LOCK_WAIT_SECONDS` says otherwise.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// How long a statement may queue for a table: behind it queues all traffic.
const TABLE_LOCK_WAIT: Duration = Duration::from_secs(5);

/// How often a file is tried when others hold its tables.
const ATTEMPTS: u32 = 6;

/// How long to wait between two tries, so that what queued behind the first gets through.
const PAUSE: Duration = Duration::from_secs(2);

/// How long a statement outside a transaction may wait. It stops nobody meanwhile, so this only bounds the run.
const CONCURRENT_WAIT: Duration = Duration::from_secs(300);

/// The runner's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `DIRECT_URL`: the database, past any pooler.
    pub url: DatabaseUrl,
    /// `ENVIRONMENT`.
    pub environment: Environment,
    /// `MIGRATIONS_DIR`: read the migrations from there instead; refused where the stack is deployed.
    pub migrations_folder: Option<PathBuf>,
    /// Whether `deploy` needs a backup to go back to: where the stack is deployed.
    pub backup_first: bool,
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// How long a statement in a transaction may wait for a table or row.
    pub table_lock_wait: Duration,
    /// How often a transaction is tried when others hold its tables.
    pub attempts: u32,
    /// How long to wait between two tries.
    pub pause: Duration,
    /// How long a statement outside a transaction may wait.
    pub concurrent_wait: Duration,
    /// The whole configuration, for what single actions need.
    pub config: Config,
}

impl Settings {
    /// Takes the settings out of the configuration.
    ///
    /// # Errors
    /// A variable is missing or malformed, or not allowed in this environment.
    pub fn new(config: Config) -> Result<Self, MigrateError> {
        let url = config.direct_url()?;
        if url.says_pooled() {
            return Err(MigrateError::Pooler("it says pgbouncer=true".to_owned()));
        }
        let migrations_folder = config.optional("MIGRATIONS_DIR").map(PathBuf::from);
        if migrations_folder.is_some() && config.environment.is_deployed() {
            return Err(wrong("MIGRATIONS_DIR", "replaces the built-in migrations and is refused here: remove it"));
        }
        let lock_wait = match config.optional("MIGRATE_LOCK_WAIT_SECONDS").map(str::parse) {
            None => LOCK_WAIT,
            Some(Ok(seconds)) => Duration::from_secs(seconds),
            Some(Err(_)) => return Err(wrong("MIGRATE_LOCK_WAIT_SECONDS", "must be a whole number of seconds")),
        };
        Ok(Self {
            url,
            environment: config.environment,
            migrations_folder,
            backup_first: config.environment.is_deployed(),
            lock_wait,
            table_lock_wait: TABLE_LOCK_WAIT,
            attempts: ATTEMPTS,
            pause: PAUSE,
            concurrent_wait: CONCURRENT_WAIT,
            config,
        })
    }

    /// The settings of a deployed function: the environment alone.
    ///
    /// # Errors
    /// As [`Settings::new`].
    pub fn from_env() -> Result<Self, MigrateError> {
        Self::new(Config::from_env()?)
    }

    /// The settings of the command line: the environment first, then `.env.local` here, which the local stack writes.
    ///
    /// # Errors
    /// As [`Settings::new`].
    pub fn from_env_and_file() -> Result<Self, MigrateError> {
        Self::new(Config::from_env_and_file()?)
    }
}

fn wrong(variable: &'static str, problem: &str) -> MigrateError {
    MigrateError::Config(ConfigError { variable, problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use shared::Config;

    use super::Settings;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let base =
            [("ENVIRONMENT", "development"), ("DIRECT_URL", "postgresql://u:hunter2@127.0.0.1:5432/d?sslmode=require")];
        let variables: HashMap<_, _> =
            base.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::new(Config::from_variables(variables).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_lock_wait_can_be_set() {
        assert_eq!(settings(&[]).unwrap().lock_wait, Duration::from_secs(60));
        assert_eq!(settings(&[("MIGRATE_LOCK_WAIT_SECONDS", "5")]).unwrap().lock_wait, Duration::from_secs(5));
        assert!(settings(&[("MIGRATE_LOCK_WAIT_SECONDS", "soon")]).unwrap_err().contains("MIGRATE_LOCK_WAIT_SECONDS"));
    }

    #[test]
    fn another_folder_is_for_development() {
        assert!(settings(&[("MIGRATIONS_DIR", "/m")]).unwrap().migrations_folder.is_some());
        for environment in ["production", "staging"] {
            assert!(
                settings(&[("MIGRATIONS_DIR", "/m"), ("ENVIRONMENT", environment)])
                    .unwrap_err()
                    .contains("MIGRATIONS_DIR")
            );
        }
    }

    #[test]
    fn a_url_that_names_a_pooler_is_refused_without_its_password() {
        let said = settings(&[("DIRECT_URL", "postgresql://u:hunter2@h:6543/d?pgbouncer=true")]).unwrap_err();
        assert!(said.contains("pooler") && !said.contains("hunter2"), "{said}");
    }
}
