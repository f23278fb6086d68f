//! The jobs: the one table that template, local clock and history agree with.

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use shared::ApiError;

use crate::work::{Budget, Work};
use crate::{alerts, audit, billing, debts, mail, partitions, purge, referrals};

/// Something that is done by the clock.
pub struct Job {
    /// As `job_runs.job` and the schedule's input have it.
    pub name: &'static str,
    /// When, in UTC, as EventBridge writes it.
    pub schedule: &'static str,
    /// A run begins no further step after this time.
    pub budget: Duration,
    pub(crate) run: for<'w> fn(&'w Work, Budget) -> Running<'w>,
}

impl Job {
    /// Whether it only watches, and goes on while writing is stopped.
    pub(crate) fn is_watch(&self) -> bool {
        self.name.starts_with("alerts.")
    }
}

/// A run under way; it answers what it did, as counts.
pub(crate) type Running<'w> = Pin<Box<dyn Future<Output = Result<Value, ApiError>> + Send + 'w>>;

const EVERY_MINUTE: Duration = Duration::from_secs(40);
const LONG: Duration = Duration::from_secs(600);

/// Every job.
pub const JOBS: &[Job] = &[
    Job {
        name: "billing.settle",
        schedule: "cron(* * * * ? *)",
        budget: EVERY_MINUTE,
        run: |work, budget| Box::pin(billing::settle(work, budget)),
    },
    Job {
        name: "mail.deliver",
        schedule: "cron(* * * * ? *)",
        budget: EVERY_MINUTE,
        run: |work, budget| Box::pin(mail::deliver(work, budget)),
    },
    Job {
        name: "referrals.sweep",
        schedule: "cron(3/15 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(referrals::sweep(work, budget)),
    },
    Job {
        name: "tokens.debts",
        schedule: "cron(20 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(debts::collect(work, budget)),
    },
    Job {
        name: "purge.rate-limits",
        schedule: "cron(35 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::RATE_LIMITS, work, budget)),
    },
    Job {
        name: "purge.oauth-attempts",
        schedule: "cron(50 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::OAUTH_ATTEMPTS, work, budget)),
    },
    Job {
        name: "purge.sessions",
        schedule: "cron(0 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::SESSIONS, work, budget)),
    },
    Job {
        name: "purge.idempotency-keys",
        schedule: "cron(10 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::IDEMPOTENCY_KEYS, work, budget)),
    },
    Job {
        name: "purge.verification-tokens",
        schedule: "cron(15 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::VERIFICATION_TOKENS, work, budget)),
    },
    Job {
        name: "alerts.evaluate",
        schedule: "cron(* * * * ? *)",
        budget: EVERY_MINUTE,
        run: |work, budget| Box::pin(alerts::evaluate(work, budget)),
    },
    Job {
        name: "alerts.deliver",
        schedule: "cron(* * * * ? *)",
        budget: EVERY_MINUTE,
        run: |work, budget| Box::pin(alerts::deliver(work, budget)),
    },
    Job {
        name: "purge.job-runs",
        schedule: "cron(25 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::JOB_RUNS, work, budget)),
    },
    Job {
        name: "partitions.maintain",
        schedule: "cron(40 3 * * ? *)",
        budget: EVERY_MINUTE,
        run: |work, _| Box::pin(partitions::maintain(work)),
    },
    Job {
        name: "audit.archive",
        schedule: "cron(0 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(audit::archive(work, budget)),
    },
    Job {
        name: "purge.error-logs",
        schedule: "cron(5 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::ERROR_LOGS, work, budget)),
    },
    Job {
        name: "purge.alert-outbox",
        schedule: "cron(30 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::ALERT_OUTBOX, work, budget)),
    },
    Job {
        name: "purge.tracking",
        schedule: "cron(0 3 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge_all(&purge::TRACKING, work, budget)),
    },
    Job {
        name: "purge.metrics-cache",
        schedule: "cron(15 3 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::METRICS_CACHE, work, budget)),
    },
    Job {
        name: "purge.marketing-oauth-attempts",
        schedule: "cron(55 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::MARKETING_OAUTH_ATTEMPTS, work, budget)),
    },
    Job {
        name: "purge.uploads",
        schedule: "cron(40 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::UPLOADS, work, budget)),
    },
    Job {
        name: "purge.merch-prints",
        schedule: "cron(45 * * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::MERCH_PRINTS, work, budget)),
    },
    Job {
        name: "purge.webhook-events",
        schedule: "cron(35 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge_all(&purge::WEBHOOK_EVENTS, work, budget)),
    },
    Job {
        name: "purge.email-events",
        schedule: "cron(45 4 * * ? *)",
        budget: LONG,
        run: |work, budget| Box::pin(purge::purge(&purge::EMAIL_EVENTS, work, budget)),
    },
];

/// The job of this name.
pub fn find(name: &str) -> Option<&'static Job> {
    JOBS.iter().find(|job| job.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_job_has_a_name_of_its_own() {
        assert_eq!(JOBS.iter().map(|job| job.name).collect::<BTreeSet<_>>().len(), JOBS.len());
    }
}
