//! Configuration: every environment variable that a function reads, and what is said when one is wrong.

mod database;
mod file;
mod monitoring;
mod secrets;
mod services;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tracing::level_filters::LevelFilter;

use self::variables::Variables;
use crate::clock::Clock;

/// Where the function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real users and real money.
    Production,
    /// As production, without real users.
    Staging,
    /// A developer's machine.
    Development,
    /// An automated test.
    Test,
}

impl Environment {
    /// The word that `ENVIRONMENT` and the database's marker use.
    pub fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Staging => "staging",
            Environment::Development => "development",
            Environment::Test => "test",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Environment::Production, Environment::Staging, Environment::Development, Environment::Test]
            .into_iter()
            .find(|environment| environment.as_str() == text)
    }

    /// Whether the stack is deployed: then local conveniences are refused.
    pub fn is_deployed(self) -> bool {
        matches!(self, Environment::Production | Environment::Staging)
    }
}

/// One sentence that names the variable and says what to do. Never contains the variable's value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {variable} {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong with it and what to do.
    pub problem: String,
}

/// The configuration. What every function needs is checked at start; the rest when a function asks for it at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ENVIRONMENT`: production, staging, development or test.
    pub environment: Environment,
    /// `LOG_LEVEL`: error, warn, info (the default), debug or trace.
    pub log_level: LevelFilter,
    /// Tells the time; `CLOCK_FILE` moves it, outside production and staging.
    pub clock: Clock,
    variables: Variables,
}

/// What is not text names nothing of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let variables = std::env::vars_os();
    variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(environment().collect())
    }

    /// For command lines: the environment first, then `.env.local` in the working directory.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_env_and_file() -> Result<Self, ConfigError> {
        let mut variables = file::variables(Path::new(".env.local"));
        variables.extend(environment().filter(|(_, value)| !value.trim().is_empty()));
        Self::from_variables(variables)
    }

    /// Reads `variables` as if they were the environment.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_variables(variables: HashMap<String, String>) -> Result<Self, ConfigError> {
        let variables = Variables::new(variables)?;
        let environment = variables.required("ENVIRONMENT", "one of production, staging, development, test")?;
        let environment = Environment::parse(environment)
            .ok_or_else(|| wrong("ENVIRONMENT", "must be one of production, staging, development, test"))?;
        let log_level = match variables.optional("LOG_LEVEL") {
            None => LevelFilter::INFO,
            Some(text) => {
                text.parse().map_err(|_| wrong("LOG_LEVEL", "must be one of off, error, warn, info, debug, trace"))?
            }
        };
        let clock_file = variables.optional("CLOCK_FILE").map(PathBuf::from);
        if environment.is_deployed() && clock_file.is_some() {
            return Err(wrong("CLOCK_FILE", "moves the clock for tests and is refused here: remove it"));
        }
        Ok(Config { environment, log_level, clock: Clock::new(clock_file), variables })
    }

    /// The value of `variable`, for the few settings that only one function reads.
    pub fn optional(&self, variable: &'static str) -> Option<&str> {
        self.variables.optional(variable)
    }
}

fn wrong(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError { variable, problem: problem.to_owned() }
}
