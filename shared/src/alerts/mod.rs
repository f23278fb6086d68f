//! Alerts: rules with thresholds, how each stands, every change of that, and whom it is told to. A change is told once per
//! change, by an outbox that is written with it.
//!
//! Who evaluates measures first and hands the readings to [`record`]; who knows of a failure at once, such as a backup,
//! does the same with one reading. That the database itself cannot be reached is told by [`database_unreachable`].

mod backups;
mod outbox;
mod record;
mod rule;
mod state;

pub use self::backups::{failed_backups, failed_count};
pub use self::outbox::{Claimed, Outcome, claim_due, claimed, give_up, settle};
pub use self::record::{Change, Channel, Recorded, Sample, record};
pub use self::rule::{RULES, Reading, Rule, find};
pub use self::state::{Decision, State, decide};

use jiff::Timestamp;

/// Tells CloudWatch that `function` found no database to write an alert into.
pub fn database_unreachable(function: &str, now: Timestamp) {
    tracing::error!(rule = rule::DATABASE_UNREACHABLE, "the database cannot be reached");
    crate::telemetry::write_metrics(function, &[("DatabaseUnreachable", "Count", 1.0)], now);
}
