//! What must be true of the money after every test, whatever the test did: what `cargo db reconcile` checks.

use local::connection::Connection;
use migrate::reconcile::{self, Checked};

/// What tests may break: they put people on a tier, and tamper with the audit record to see it noticed.
const LEFT_OUT: [&str; 3] = ["subscribers_have_their_tier", "paid_tiers_are_subscribed", "audit_is_whole"];

/// Asserts every rule.
///
/// # Panics
/// When a rule is broken, naming the rows.
#[expect(clippy::panic, reason = "an assertion for tests")]
pub async fn check(database: &Connection) {
    let checked = match reconcile::faults(database).await {
        Ok(checked) => checked,
        Err(error) => panic!("the ledger could not be checked: {error}"),
    };
    let broken = |check: &&Checked| check.faults() > 0 && !LEFT_OUT.contains(&check.name);
    let broken: Vec<_> = checked.iter().filter(broken).map(|check| (check.says, &check.first)).collect();
    assert!(broken.is_empty(), "the ledger is wrong: {broken:#?}");
}
