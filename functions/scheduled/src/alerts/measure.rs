//! One reading of each rule, and samples for charts. What cannot be measured is left out, and says so.

use jiff::Timestamp;
use shared::alerts::{RULES, Reading, Sample, database_unreachable, failed_backups, failed_count};
use shared::monitoring::{Monitor, MonitorError};
use shared::{ApiError, DatabaseError, Statement};

use super::slow;
use crate::work::Work;

/// What was measured.
#[derive(Default)]
pub(super) struct Measured {
    /// One for each rule.
    pub readings: Vec<Reading>,
    /// For charts and later comparisons.
    pub samples: Vec<Sample>,
}

impl Measured {
    fn sample(&mut self, metric: &'static str, value: f64) {
        self.samples.push(Sample { metric, label: String::new(), value });
    }

    fn read(&mut self, rule: &str, value: f64) {
        if let Some(reading) = self.readings.iter_mut().find(|reading| reading.rule.name == rule) {
            reading.value = Some(value);
        }
    }

    /// The rules that nothing is known of now.
    pub(super) fn unmeasured(&self) -> Vec<&'static str> {
        self.readings.iter().filter(|reading| reading.value.is_none()).map(|reading| reading.rule.name).collect()
    }

    /// The same for CloudWatch.
    #[expect(clippy::cast_precision_loss, reason = "a handful of rules")]
    pub(super) fn metrics(&self, firing: usize) -> Vec<(&'static str, &'static str, f64)> {
        let named = [
            ("connections.server", "ConnectionsPercent", "Percent"),
            ("connections.pooler", "PoolerClientsPercent", "Percent"),
            ("replication.lag", "ReplicationLag", "Seconds"),
            ("disk.used", "DiskPercent", "Percent"),
            ("backup.missing", "HoursSinceBackup", "None"),
            ("secrets.age", "SecretAgeDays", "None"),
        ];
        let of = |rule: &str| self.readings.iter().find(|reading| reading.rule.name == rule)?.value;
        let values = named.into_iter().filter_map(|(rule, name, unit)| Some((name, unit, of(rule)?)));
        values.chain([("AlertsFiring", "Count", firing as f64)]).collect()
    }
}

/// Measures everything.
///
/// # Errors
/// The functions' own database. That of the monitoring role is a rule itself.
pub(super) async fn all(work: &Work, now: Timestamp) -> Result<Measured, ApiError> {
    let thresholds = &work.alerts.thresholds;
    let mut measured = Measured {
        readings: RULES
            .iter()
            .map(|rule| Reading {
                threshold: thresholds.get(rule.name).copied().unwrap_or(rule.threshold),
                ..Reading::new(rule, None)
            })
            .collect(),
        samples: Vec::new(),
    };
    backups(work, now, &mut measured).await?;
    match work.alerts.password.age_days(now).await {
        Ok(Some(days)) => measured.read("secrets.age", days),
        Ok(None) => {}
        Err(problem) => tracing::warn!(problem, "how old the database's password is could not be asked for"),
    }
    if let Some(monitor) = &work.alerts.monitor {
        match server(work, monitor, now, &mut measured).await {
            Ok(()) => measured.read("database_unreachable", 0.0),
            Err(MonitorError::Database(error)) if error.is_connection_lost() => {
                database_unreachable("scheduled", now);
                measured.read("database_unreachable", 1.0);
            }
            // What is not set up is said in the answer, and by the endpoints.
            Err(error) => tracing::warn!(%error, "the server could not be measured"),
        }
    }
    Ok(measured)
}

async fn backups(work: &Work, now: Timestamp, measured: &mut Measured) -> Result<(), ApiError> {
    let [hours, failed] = work.database.read([Statement::new(HOURS).bind(now), failed_backups(now)]).await?;
    let row = hours.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    measured.read("backup.missing", row.try_get("hours")?);
    measured.read("backup.failed", failed_count(&failed)?);
    Ok(())
}

/// $1 now. Before the first backup the time counts from the deployment on.
const HOURS: &str = "
select extract(epoch from $1 - coalesce(
           (select max(started_at) from backup_runs where kind = 'daily' and status = 'SUCCEEDED'),
           (select min(applied_at) from schema_migrations),
           $1))::float8 / 3600 as hours";

async fn server(work: &Work, monitor: &Monitor, now: Timestamp, measured: &mut Measured) -> Result<(), MonitorError> {
    let connections = monitor.connections().await?;
    measured.read("connections.server", connections.used_percent);
    measured.sample("connections.used", float(connections.used));
    measured.sample("connections.limit", float(connections.limit));

    // A pooler that does not answer must not hide the rest; the functions' own requests tell of it.
    match monitor.pooler().await {
        Ok(pooler) => {
            measured.read("connections.pooler", pooler.client_percent);
            measured.sample("pooler.clients", float(pooler.clients));
            measured.sample("pooler.waiting", float(pooler.waiting));
        }
        Err(error) => tracing::warn!(%error, "the pooler could not be measured"),
    }

    let replication = monitor.replication().await?;
    measured.read("replication.lag", replication.lag_seconds);
    measured.sample("replication.lag", replication.lag_seconds);

    let sizes = monitor.sizes().await?;
    measured.sample("database.bytes", float(sizes.database_bytes));
    measured.sample("log.bytes", float(sizes.log_bytes));
    if let Some(capacity) = work.alerts.disk_bytes {
        let percent = disk_percent(sizes.server_bytes + sizes.log_bytes, capacity);
        measured.read("disk.used", percent);
        measured.sample("disk.percent", percent);
    }

    if let Some(counts) = monitor.statement_counts(slow::MILLISECONDS).await? {
        let (slow, samples) = slow::since_last(&work.database, counts, now).await?;
        measured.read("queries.slow", slow);
        measured.sample("queries.slow", slow);
        measured.samples.extend(samples);
    }

    let outdated = monitor.versions().await?.outdated();
    measured.read("versions.outdated", float(i64::try_from(outdated).unwrap_or(i64::MAX)));
    Ok(())
}

fn disk_percent(used: i64, capacity: i64) -> f64 {
    float(used) * 100.0 / float(capacity)
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^53")]
fn float(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::alerts::{State, decide};

    #[test]
    fn ops_40_a_disk_fires_above_80_percent_and_not_at_it() {
        for (used, capacity, state) in [(80, 100, State::Ok), (81, 100, State::Firing), (800, 999, State::Firing)] {
            let decision = decide(State::Ok, 0, Some(disk_percent(used, capacity)), 80.0);
            assert_eq!(decision.state, state, "{used} of {capacity}");
        }
    }
}
