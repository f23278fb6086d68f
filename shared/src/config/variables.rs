//! The variables themselves.

use std::collections::HashMap;
use std::path::PathBuf;

use super::{ConfigError, wrong};

/// Secrets that may also come in a file, which `<NAME>_FILE` names, as orchestrators of containers hand them over.
const ALSO_FROM_FILES: [&str; 18] = [
    "DATABASE_URL",
    "DATABASE_READ_URL",
    "DIRECT_URL",
    "AUTH_SECRET",
    "AUTH_SECRET_1",
    "AUTH_SECRET_2",
    "AUTH_SECRET_3",
    "USER_ID_SALT",
    "AGENT_API_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "MAIL_URL",
    "TOKEN_ENCRYPTION_KEY",
    "AUTH_GITHUB_SECRET",
    "AUTH_GOOGLE_SECRET",
    "AUTH_FACEBOOK_SECRET",
    "AUTH_APPLE_SECRET",
    "AUTH_APPLE_KEY",
];

/// The environment's variables; their values are never printed.
#[derive(Clone)]
pub(super) struct Variables(HashMap<String, String>);

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Variables {
    /// Reads the files that hold secrets.
    ///
    /// # Errors
    /// A file cannot be read, or there is a value besides.
    pub(super) fn new(variables: HashMap<String, String>) -> Result<Self, ConfigError> {
        let mut all = Variables(variables);
        for name in ALSO_FROM_FILES {
            let Some(file) = all.file(name) else { continue };
            if all.optional(name).is_some() {
                return Err(wrong(name, &format!("is set, and so is {name}_FILE: leave one of them out")));
            }
            let text = std::fs::read_to_string(file).map_err(|error| {
                wrong(name, &format!("cannot be read from the file that {name}_FILE names: {error}"))
            })?;
            all.0.insert(name.to_owned(), text);
        }
        Ok(all)
    }

    /// The file that holds the value of `name`.
    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        self.optional(&format!("{name}_FILE")).map(PathBuf::from)
    }

    /// An empty variable counts as absent: that is how templates and shells leave one out.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &'static str, what: &str) -> Result<&str, ConfigError> {
        self.optional(name).ok_or_else(|| wrong(name, &format!("is missing: set it to {what}")))
    }
}
