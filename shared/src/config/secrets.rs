//! Secrets of our own.

use super::{Config, ConfigError, wrong};
use crate::secret::Secret;

impl Config {
    /// `AUTH_SECRET`: signs what browsers hold.
    ///
    /// # Errors
    /// Missing, or shorter than 32 characters.
    pub fn auth_secret(&self) -> Result<Secret, ConfigError> {
        self.long_secret("AUTH_SECRET")
    }

    /// The secrets of session cookies, the newest first: `AUTH_SECRET_3`, `_2`, `_1` and `AUTH_SECRET`, as Auth.js reads
    /// them. To replace a secret, set the new one as the next number until every cookie of the old one has ended.
    ///
    /// # Errors
    /// `AUTH_SECRET` is missing, or one is shorter than 32 characters.
    pub fn auth_secrets(&self) -> Result<Vec<Secret>, ConfigError> {
        let newer = ["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1"];
        let newer = newer.into_iter().filter(|name| self.variables.optional(name).is_some());
        newer.chain(["AUTH_SECRET"]).map(|name| self.long_secret(name)).collect()
    }

    /// `AGENT_API_KEY`: what our own agents present; without it none is let in.
    ///
    /// # Errors
    /// Shorter than 32 characters.
    pub fn agent_key(&self) -> Result<Option<Secret>, ConfigError> {
        self.variables.optional("AGENT_API_KEY").map(|_| self.long_secret("AGENT_API_KEY")).transpose()
    }

    /// `USER_ID_SALT`, else `AUTH_SECRET`: salts user ids and must never change.
    ///
    /// # Errors
    /// Both are missing, or the one used is shorter than 32 characters.
    pub fn user_id_salt(&self) -> Result<Secret, ConfigError> {
        match self.variables.optional("USER_ID_SALT") {
            Some(_) => self.long_secret("USER_ID_SALT"),
            None => self.long_secret("AUTH_SECRET"),
        }
    }

    fn long_secret(&self, name: &'static str) -> Result<Secret, ConfigError> {
        let text =
            self.variables.required(name, "at least 32 random characters, such as `openssl rand -base64 32` prints")?;
        if text.chars().count() < 32 {
            return Err(wrong(
                name,
                "is too short: use at least 32 random characters, such as `openssl rand -base64 32` prints",
            ));
        }
        Ok(Secret::new(text))
    }
}
