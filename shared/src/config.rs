//! Configuration: every environment variable that a function reads, and what is said when one is wrong.

use std::collections::HashMap;
use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

use crate::clock::Clock;
use crate::database::DatabaseUrl;
use crate::secret::Secret;

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

/// The environment's variables; their values are never printed.
#[derive(Clone)]
struct Variables(HashMap<String, String>);

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self::from_variables(variables.collect())
    }

    /// Reads `variables` as if they were the environment.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_variables(variables: HashMap<String, String>) -> Result<Self, ConfigError> {
        let variables = Variables(variables);
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

    /// `DATABASE_URL`: the pooled PostgreSQL URL.
    ///
    /// # Errors
    /// Missing, malformed, or without TLS in production.
    pub fn database_url(&self) -> Result<DatabaseUrl, ConfigError> {
        self.postgres_url("DATABASE_URL", "the pooled PostgreSQL URL: postgresql://user:password@host:6543/database")
    }

    /// `DIRECT_URL`: the PostgreSQL URL past the pooler, for migrations and backups.
    ///
    /// # Errors
    /// Missing, malformed, or without TLS in production.
    pub fn direct_url(&self) -> Result<DatabaseUrl, ConfigError> {
        self.postgres_url("DIRECT_URL", "the direct PostgreSQL URL: postgresql://owner:password@host:5432/database")
    }

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

    /// The origins of our own pages: that of `APP_URL`, and `FRONT_END_ORIGINS`, separated by commas.
    ///
    /// # Errors
    /// `APP_URL` is missing, or one of them is no http(s) origin.
    pub fn front_end_origins(&self) -> Result<Vec<String>, ConfigError> {
        const NAME: &str = "FRONT_END_ORIGINS";
        let mut origins = vec![self.app_url()?.origin().ascii_serialization()];
        let listed = self.variables.optional(NAME).unwrap_or_default();
        for text in listed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let url =
                url.ok_or_else(|| wrong(NAME, "must be origins such as https://spike.land, separated by commas"))?;
            origins.push(url.origin().ascii_serialization());
        }
        Ok(origins)
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

    /// `STRIPE_WEBHOOK_SECRET`: one signing secret, or two separated by a comma while one replaces the other.
    ///
    /// # Errors
    /// Missing, or a secret does not start with `whsec_`.
    pub fn stripe_webhook_secrets(&self) -> Result<Vec<Secret>, ConfigError> {
        const NAME: &str = "STRIPE_WEBHOOK_SECRET";
        let text = self.variables.required(NAME, "the signing secret of the webhook endpoint (whsec_…)")?;
        let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
        if secrets.iter().any(|secret| !secret.starts_with("whsec_") || secret.len() < 20) {
            return Err(wrong(NAME, "must be a signing secret (whsec_…), or two separated by a comma"));
        }
        Ok(secrets.into_iter().map(Secret::new).collect())
    }

    /// `STRIPE_SECRET_KEY`: the key that our requests to Stripe carry.
    ///
    /// # Errors
    /// Missing, no secret or restricted key, or one for real money outside production.
    pub fn stripe_secret_key(&self) -> Result<Secret, ConfigError> {
        const NAME: &str = "STRIPE_SECRET_KEY";
        let key = self.variables.required(NAME, "a secret key of Stripe (sk_test_…, in production sk_live_…)")?;
        let is_live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
        if !is_live && !key.starts_with("sk_test_") && !key.starts_with("rk_test_") {
            return Err(wrong(
                NAME,
                "must be a secret or restricted key of Stripe (sk_test_…, in production sk_live_…)",
            ));
        }
        if is_live && self.environment != Environment::Production {
            return Err(wrong(NAME, "is for real money and is refused outside production: use a test key"));
        }
        Ok(Secret::new(key))
    }

    /// `STRIPE_API_URL`: where Stripe is, for tests and for one machine; Stripe's own address without it.
    ///
    /// # Errors
    /// Set in production or staging, or not an http(s) URL.
    pub fn stripe_api_url(&self) -> Result<url::Url, ConfigError> {
        const NAME: &str = "STRIPE_API_URL";
        const STRIPE: &str = "https://api.stripe.com";
        let text = self.variables.optional(NAME);
        if self.environment.is_deployed() && text.is_some() {
            return Err(wrong(NAME, "leads away from Stripe and is refused here: remove it"));
        }
        let url = url::Url::parse(text.unwrap_or(STRIPE)).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.ok_or_else(|| wrong(NAME, "must be an address such as http://127.0.0.1:12111"))
    }

    /// `APP_URL`: where the front end lives; cookies are `Secure` when it is https.
    ///
    /// # Errors
    /// Missing, or not an http(s) URL.
    pub fn app_url(&self) -> Result<url::Url, ConfigError> {
        let text = self.variables.required("APP_URL", "the front end's address, such as https://spike.land")?;
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.ok_or_else(|| wrong("APP_URL", "must be an address such as https://spike.land"))
    }

    /// `MAIL_URL`, the way mails go: `smtps://user:password@host:465`, `smtp://host:587?tls=required`, or a folder on one
    /// machine, `file:///folder`. `MAIL_FROM`, whom they come from: `Spike Land <hello@spike.land>`.
    ///
    /// # Errors
    /// One is missing or malformed, a deployed function would write files, or production would send without TLS.
    #[cfg(feature = "mail")]
    pub fn mail(&self) -> Result<crate::mail::MailSettings, ConfigError> {
        use crate::mail::{MailSettings, Route, parse_sender};
        const NAME: &str = "MAIL_URL";
        const SENDER: &str = "MAIL_FROM";
        let route = self.variables.required(NAME, "the mail server: smtps://user:password@host:465")?;
        let route = Route::parse(route).map_err(|problem| wrong(NAME, &problem))?;
        if self.environment.is_deployed() && matches!(route, Route::Folder(_)) {
            return Err(wrong(
                NAME,
                "is a folder, where nobody would get the mails: use smtps://user:password@host:465",
            ));
        }
        if self.environment == Environment::Production && route.is_in_the_clear() {
            return Err(wrong(
                NAME,
                "would send without TLS in production: use smtps://, or smtp:// with ?tls=required",
            ));
        }
        let from = self.variables.required(SENDER, "the sender: Spike Land <hello@spike.land>")?;
        let from = parse_sender(from).map_err(|problem| wrong(SENDER, &problem))?;
        Ok(MailSettings { route, from })
    }

    /// The value of `variable`, for the few settings that only one function reads.
    pub fn optional(&self, variable: &'static str) -> Option<&str> {
        self.variables.optional(variable)
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

    fn postgres_url(&self, name: &'static str, what: &str) -> Result<DatabaseUrl, ConfigError> {
        let url = DatabaseUrl::parse(self.variables.required(name, what)?).map_err(|problem| wrong(name, &problem))?;
        if self.environment == Environment::Production && !url.requires_tls() {
            return Err(wrong(
                name,
                "would connect without TLS in production: add sslmode=require or sslmode=verify-full",
            ));
        }
        Ok(url)
    }
}

impl Variables {
    /// An empty variable counts as absent: that is how templates and shells leave one out.
    fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str, what: &str) -> Result<&str, ConfigError> {
        self.optional(name).ok_or_else(|| wrong(name, &format!("is missing: set it to {what}")))
    }
}

fn wrong(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError { variable, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [("ENVIRONMENT", "production")];
        Config::from_variables(base.iter().chain(pairs).map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    fn message<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_missing_or_malformed_variable_is_named_in_one_line() {
        assert!(message(Config::from_variables(HashMap::new())).starts_with("configuration: ENVIRONMENT is missing"));
        assert!(message(config(&[("ENVIRONMENT", "prod")])).contains("ENVIRONMENT must be one of"));
        assert!(message(config(&[("LOG_LEVEL", "loud")])).contains("LOG_LEVEL"));
        assert!(message(config(&[("CLOCK_FILE", "/tmp/c")])).contains("CLOCK_FILE"));
        let config = config(&[
            ("AUTH_SECRET", "short"),
            ("APP_URL", "spike.land"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef,sk_live_1"),
            ("DATABASE_URL", "mysql://u:secretword@h/d"),
        ])
        .unwrap();
        for (said, name) in [
            (message(config.auth_secret()), "AUTH_SECRET is too short"),
            (message(config.user_id_salt()), "AUTH_SECRET"),
            (message(config.app_url()), "APP_URL must be"),
            (message(config.stripe_webhook_secrets()), "STRIPE_WEBHOOK_SECRET must be"),
            (message(config.database_url()), "DATABASE_URL"),
            (message(config.direct_url()), "DIRECT_URL is missing"),
        ] {
            assert!(said.contains(name), "{said}");
            assert!(!said.contains("secretword") && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn production_needs_tls_to_its_database() {
        let url =
            |mode: &str| config(&[("DATABASE_URL", &format!("postgresql://u:p@h/d{mode}"))]).unwrap().database_url();
        for weak in ["", "?sslmode=disable", "?sslmode=prefer"] {
            assert!(message(url(weak)).contains("without TLS"), "{weak}");
        }
        assert!(url("?sslmode=require").is_ok());
        assert!(url("?sslmode=verify-full").is_ok());
    }

    #[test]
    fn real_money_is_for_production_and_production_asks_stripe_itself() {
        let of = |environment: &str, name: &str, value: &str| {
            config(&[("ENVIRONMENT", environment), (name, value)]).unwrap()
        };
        let key = |environment: &str, value: &str| of(environment, "STRIPE_SECRET_KEY", value).stripe_secret_key();
        assert!(key("production", "sk_live_1").is_ok() && key("production", "rk_live_1").is_ok());
        assert!(key("staging", "sk_test_1").is_ok() && key("test", "rk_test_1").is_ok());
        for environment in ["staging", "development", "test"] {
            let said = message(key(environment, "sk_live_secretword"));
            assert!(said.contains("STRIPE_SECRET_KEY is for real money") && !said.contains("secretword"), "{said}");
        }
        assert!(message(key("production", "pk_live_1")).contains("STRIPE_SECRET_KEY must be"));
        assert!(message(key("production", "")).contains("STRIPE_SECRET_KEY is missing"));

        let url = |environment: &str, value: &str| of(environment, "STRIPE_API_URL", value).stripe_api_url();
        assert_eq!(url("production", "").unwrap().as_str(), "https://api.stripe.com/");
        assert_eq!(url("test", "http://127.0.0.1:12111").unwrap().port(), Some(12111));
        for environment in ["production", "staging"] {
            assert!(message(url(environment, "http://127.0.0.1:12111")).contains("leads away from Stripe"));
        }
        assert!(message(url("test", "127.0.0.1")).contains("STRIPE_API_URL must be"));
    }

    #[cfg(feature = "mail")]
    #[test]
    fn mail_leaves_by_a_way_that_fits_the_environment() {
        let mail = |environment: &str, url: &str| {
            let pairs =
                [("ENVIRONMENT", environment), ("MAIL_URL", url), ("MAIL_FROM", "Spike Land <hello@spike.land>")];
            config(&pairs).unwrap().mail()
        };
        let good = "smtps://user:secretword@mail.example.com";
        assert!(!format!("{:?}", mail("production", good).unwrap()).contains("secretword"));
        assert!(mail("production", "smtp://mail.example.com?tls=required").is_ok());
        assert!(mail("test", "smtp://127.0.0.1:2525").is_ok() && mail("development", "file:///tmp/mail").is_ok());
        for (environment, url, problem) in [
            ("production", "", "MAIL_URL is missing"),
            ("production", "smtp://user:secretword@mail.example.com", "MAIL_URL would send without TLS"),
            ("production", "file:///tmp/mail", "MAIL_URL is a folder"),
            ("staging", "file:///tmp/mail", "MAIL_URL is a folder"),
            ("test", "user:secretword@mail.example.com", "MAIL_URL"),
        ] {
            let said = message(mail(environment, url));
            assert!(said.contains(problem) && !said.contains("secretword") && !said.contains('\n'), "{said}");
        }
        assert!(message(config(&[("MAIL_URL", good)]).unwrap().mail()).contains("MAIL_FROM is missing"));
        let named = config(&[("MAIL_URL", good), ("MAIL_FROM", "Spike Land")]).unwrap();
        assert!(message(named.mail()).contains("MAIL_FROM must be"));
    }
}
