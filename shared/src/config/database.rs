//! Where the database is.

use super::{Config, ConfigError, Environment, wrong};
use crate::database::{Check, DatabaseUrl, UrlSource};
use crate::secrets_manager::ManagedSecret;

impl Config {
    /// `DATABASE_URL`: the pooled PostgreSQL URL.
    ///
    /// # Errors
    /// Missing, malformed, or without TLS in production.
    pub fn database_url(&self) -> Result<DatabaseUrl, ConfigError> {
        self.postgres_url("DATABASE_URL", POOLED)
    }

    /// `DIRECT_URL`: the PostgreSQL URL past the pooler, for migrations and backups.
    ///
    /// # Errors
    /// Missing, malformed, or without TLS in production.
    pub fn direct_url(&self) -> Result<DatabaseUrl, ConfigError> {
        self.postgres_url("DIRECT_URL", "the direct PostgreSQL URL: postgresql://owner:password@host:5432/database")
    }

    /// [`Config::database_url`] and where it is read again when its password is no longer taken: the file that
    /// `DATABASE_URL_FILE` names, or the secret that `DATABASE_URL_ARN` names. With the latter `DATABASE_URL` itself may be
    /// absent; then the first connection waits for Secrets Manager.
    ///
    /// # Errors
    /// As [`Config::database_url`], or the secret's name or what is needed to read it is wrong.
    pub fn database_source(&self) -> Result<UrlSource, ConfigError> {
        const NAME: &str = "DATABASE_URL";
        let secret = match self.optional("DATABASE_URL_ARN") {
            Some(name) => Some(ManagedSecret::from_config(self, "DATABASE_URL_ARN", name)?),
            None => None,
        };
        match (self.variables.file(NAME), secret) {
            (Some(_), Some(_)) => {
                Err(wrong("DATABASE_URL_ARN", "is set, and so is DATABASE_URL_FILE: leave one of them out"))
            }
            (Some(file), None) => Ok(UrlSource::file(self.database_url()?, file, self.check_again(NAME))),
            (None, Some(secret)) => {
                let known = self.optional(NAME).map(|_| self.database_url()).transpose()?;
                Ok(UrlSource::secret(known, secret, self.check_again(NAME)))
            }
            (None, None) => Ok(self.database_url()?.into()),
        }
    }

    /// `DATABASE_READ_URL`: the PostgreSQL URL of a read replica, for reports; the primary is read without it. The file that
    /// `DATABASE_READ_URL_FILE` names is read again when its password is no longer taken.
    ///
    /// # Errors
    /// Malformed, or without TLS in production.
    pub fn replica_source(&self) -> Result<Option<UrlSource>, ConfigError> {
        const NAME: &str = "DATABASE_READ_URL";
        let Some(text) = self.optional(NAME) else { return Ok(None) };
        let url = checked(self.environment, NAME, text)?.for_reading();
        let check = self.check_again(NAME);
        let check = Box::new(move |text: &str| check(text).map(DatabaseUrl::for_reading));
        Ok(Some(match self.variables.file(NAME) {
            Some(file) => UrlSource::file(url, file, check),
            None => url.into(),
        }))
    }

    /// Judges a URL that was read again.
    fn check_again(&self, name: &'static str) -> Check {
        let environment = self.environment;
        Box::new(move |text: &str| checked(environment, name, text).map_err(|error| error.to_string()))
    }

    /// `MAINTENANCE_MODE`: on stops every write, without asking the database.
    ///
    /// # Errors
    /// Neither on nor off.
    pub fn maintenance_mode(&self) -> Result<bool, ConfigError> {
        const NAME: &str = "MAINTENANCE_MODE";
        match self.optional(NAME) {
            None | Some("off") => Ok(false),
            Some("on") => Ok(true),
            Some(_) => Err(wrong(NAME, "must be on or off")),
        }
    }

    fn postgres_url(&self, name: &'static str, what: &str) -> Result<DatabaseUrl, ConfigError> {
        checked(self.environment, name, self.variables.required(name, what)?)
    }
}

const POOLED: &str = "the pooled PostgreSQL URL: postgresql://user:password@host:6543/database";

pub(super) fn checked(environment: Environment, name: &'static str, text: &str) -> Result<DatabaseUrl, ConfigError> {
    let url = DatabaseUrl::parse(text).map_err(|problem| wrong(name, &problem))?;
    if environment == Environment::Production && !url.requires_tls() {
        return Err(wrong(name, "would connect without TLS in production: add sslmode=require or sslmode=verify-full"));
    }
    Ok(url)
}
