//! How the system is watched, and who is told.

use std::collections::BTreeMap;

use super::{Config, ConfigError, wrong};
use crate::database::DatabaseUrl;

impl Config {
    /// `MONITOR_URL`: the PostgreSQL URL of the role that sees the server's own figures; past the pooler, so that a full
    /// pool can be looked at.
    ///
    /// # Errors
    /// Malformed, or without TLS in production.
    pub fn monitor_url(&self) -> Result<Option<DatabaseUrl>, ConfigError> {
        let text = self.optional("MONITOR_URL");
        text.map(|text| super::database::checked(self.environment, "MONITOR_URL", text)).transpose()
    }

    /// `ALERT_WEBHOOK_URL`: where alerts are posted to.
    ///
    /// # Errors
    /// Not an http(s) URL, or one without TLS where the stack is deployed.
    pub fn alert_webhook(&self) -> Result<Option<url::Url>, ConfigError> {
        const NAME: &str = "ALERT_WEBHOOK_URL";
        let Some(text) = self.optional(NAME) else { return Ok(None) };
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| wrong(NAME, "must be an address such as https://alerts.example/spike-land"))?;
        if self.environment.is_deployed() && url.scheme() != "https" {
            return Err(wrong(NAME, "would send alerts in the clear: use https://"));
        }
        Ok(Some(url))
    }

    /// `DATABASE_DISK_BYTES`: how much the disk holds that the database is on.
    ///
    /// # Errors
    /// Not a positive whole number.
    pub fn database_disk_bytes(&self) -> Result<Option<i64>, ConfigError> {
        const NAME: &str = "DATABASE_DISK_BYTES";
        let bytes = self.optional(NAME).map(|text| text.parse().ok().filter(|bytes: &i64| *bytes > 0));
        bytes
            .map(|bytes| bytes.ok_or_else(|| wrong(NAME, "must be a number of bytes, such as 107374182400")))
            .transpose()
    }

    /// `ALERT_THRESHOLDS`: `rule=value`, separated by commas, where other thresholds than the usual ones are wanted.
    ///
    /// # Errors
    /// Not of that form.
    pub fn alert_thresholds(&self) -> Result<BTreeMap<String, f64>, ConfigError> {
        const NAME: &str = "ALERT_THRESHOLDS";
        let parts = self.optional(NAME).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
        let pair = |part: &str| {
            let (rule, value) = part.split_once('=')?;
            let value = value.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)?;
            Some((rule.trim().to_owned(), value))
        };
        let example = "must be rules with their thresholds, such as replication.lag=60,queries.slow=20";
        parts.map(|part| pair(part).ok_or_else(|| wrong(NAME, example))).collect()
    }
}
