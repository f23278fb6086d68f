//! What the backups are told from outside.

use std::path::PathBuf;

use shared::database::DatabaseUrl;
use shared::{Clock, Config, ConfigError, Secret};

/// The settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `DIRECT_URL`: the database, past any pooler.
    pub url: DatabaseUrl,
    /// `BACKUP_BUCKET`: where backups are stored.
    pub bucket: String,
    /// `S3_ENDPOINT`: an object store that is not Amazon's.
    pub endpoint: Option<String>,
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_key: Secret,
    /// `AWS_SESSION_TOKEN`: belongs to the keys that Lambda hands out.
    pub session_token: Option<Secret>,
    /// `PG_BIN`: the folder of `pg_dump` and `pg_restore`; without it they are looked for on the `PATH`.
    pub programs: Option<PathBuf>,
    /// `ALERT_WEBHOOK_URL`: whether somebody is told of a failure; `scheduled` does.
    pub has_webhook: bool,
    /// `ALERT_THRESHOLDS`: how many failures are too many, where one is not.
    pub alert_threshold: Option<f64>,
    /// `RECOVER_URL`: the server of the database that rows are brought back from, when it is another one.
    pub recover_url: Option<DatabaseUrl>,
    /// Tells the time.
    pub clock: Clock,
}

impl Settings {
    /// Takes the settings out of the configuration.
    ///
    /// # Errors
    /// A variable is missing or malformed, or not allowed in this environment.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let url = config.direct_url()?;
        if url.says_pooled() {
            return Err(wrong("DIRECT_URL", "says pgbouncer=true: set it to the database itself, past the pooler"));
        }
        let required = |name: &'static str, what: &str| {
            config
                .optional(name)
                .map(str::to_owned)
                .ok_or_else(|| wrong(name, &format!("is missing: set it to {what}")))
        };
        let bucket = required("BACKUP_BUCKET", "the bucket for backups, which nothing else uses")?;
        let endpoint = config.optional("S3_ENDPOINT").map(str::to_owned);
        // What stays on this machine nobody else reads.
        let is_private = |url: &String| url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
        if config.environment.is_deployed() && !endpoint.as_ref().is_none_or(is_private) {
            return Err(wrong("S3_ENDPOINT", "would send backups without TLS: use https://, or remove it"));
        }
        let recover_url = config.optional("RECOVER_URL").map(DatabaseUrl::parse).transpose();
        let recover_url = recover_url.map_err(|problem| wrong("RECOVER_URL", &problem))?;
        let open = |url: &DatabaseUrl| !url.requires_tls();
        if config.environment.is_deployed() && url.requires_tls() && recover_url.as_ref().is_some_and(open) {
            return Err(wrong("RECOVER_URL", "would read people's rows without TLS: add sslmode=require"));
        }
        Ok(Self {
            url,
            bucket,
            endpoint,
            region: required("AWS_REGION", "the bucket's region")?,
            access_key: required("AWS_ACCESS_KEY_ID", "the key of a role that may use the bucket")?,
            secret_key: Secret::new(required("AWS_SECRET_ACCESS_KEY", "the secret that belongs to AWS_ACCESS_KEY_ID")?),
            session_token: config.optional("AWS_SESSION_TOKEN").map(Secret::new),
            programs: config.optional("PG_BIN").map(PathBuf::from),
            has_webhook: config.alert_webhook()?.is_some(),
            alert_threshold: config.alert_thresholds()?.get("backup.failed").copied(),
            recover_url,
            clock: config.clock.clone(),
        })
    }

    /// The settings of a deployed function: the environment alone.
    ///
    /// # Errors
    /// As [`Settings::new`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::new(&Config::from_env()?)
    }

    /// The settings of the command line: the environment first, then `.env.local` here, which the local stack writes.
    ///
    /// # Errors
    /// As [`Settings::new`].
    pub fn from_env_and_file() -> Result<Self, ConfigError> {
        Self::new(&Config::from_env_and_file()?)
    }
}

fn wrong(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError { variable, problem: problem.to_owned() }
}
