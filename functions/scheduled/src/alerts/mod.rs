//! `alerts.evaluate`: measures, compares, and writes down what has changed. `alerts.deliver`: tells whoever has not been
//! told. CloudWatch tells by SNS what these find, and what they cannot find without a database: its alarms look at metrics.

mod deliver;
mod measure;
mod secret;
mod slow;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::alerts::{Channel, State, record};
use shared::monitoring::Monitor;
use shared::telemetry::write_metrics;
use shared::{ApiError, Config, ConfigError};

pub(crate) use self::deliver::deliver;
use self::secret::Password;
use crate::work::{Budget, Work};

/// What alerts are set to.
pub struct Alerts {
    monitor: Option<Monitor>,
    webhook: Option<url::Url>,
    disk_bytes: Option<i64>,
    password: Password,
    /// Where they differ from the rules' own.
    thresholds: BTreeMap<String, f64>,
}

impl Alerts {
    /// Reads the configuration; connects to nothing yet.
    ///
    /// # Errors
    /// A variable is malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let thresholds = config.alert_thresholds()?;
        if let Some(unknown) = thresholds.keys().find(|name| shared::alerts::find(name).is_none()) {
            let problem = format!("names the rule {unknown}, which there is not");
            return Err(ConfigError { variable: "ALERT_THRESHOLDS", problem });
        }
        Ok(Alerts {
            monitor: Monitor::from_config(config)?,
            webhook: config.alert_webhook()?,
            disk_bytes: config.database_disk_bytes()?,
            password: Password::new(config.database_source()?),
            thresholds,
        })
    }

    fn channels(&self) -> Vec<Channel> {
        self.webhook.iter().map(|_| Channel::Webhook).collect()
    }
}

/// Measures everything, and tells at once of what has changed.
pub(crate) async fn evaluate(work: &Work, budget: Budget) -> Result<Value, ApiError> {
    let now = work.now();
    let measured = measure::all(work, now).await?;
    let channels = work.alerts.channels();
    let recorded = record(&work.database, &measured.readings, &measured.samples, &channels, now).await?;
    for change in &recorded.changes {
        match change.to {
            State::Firing => tracing::error!("the alert {} fires", change.rule),
            State::Ok | State::Resolved => tracing::warn!("the alert {} is resolved", change.rule),
        }
    }
    write_metrics("scheduled", &measured.metrics(recorded.firing.len()), now);
    // What could not be delivered is no reason to measure again.
    let delivered = deliver(work, budget).await.unwrap_or_else(|error| json!({ "error": error.code() }));
    Ok(json!({
        "firing": recorded.firing,
        "changed": recorded.changes.iter().map(|change| change.rule).collect::<Vec<_>>(),
        "unmeasured": measured.unmeasured(),
        "delivered": delivered,
    }))
}
