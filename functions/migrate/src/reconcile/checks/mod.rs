//! The list of what must be true. Each query answers an id and a detail for each row that breaks its rule.

mod ledger;
mod people;
mod purchases;
mod rewards;

pub(super) use ledger::TOTALS;
pub(super) use rewards::USES;

use super::check::Check;

/// Every check, in the order of the report.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    [ledger::CHECKS, purchases::CHECKS, rewards::CHECKS, people::CHECKS].into_iter().flatten()
}
