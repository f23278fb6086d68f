//! The token economy: what a person has and how it came about.

mod balance;
mod history;
mod tiers;
mod upgrade_prompt;
mod vouchers;

use axum::Router;
use shared::{App, Config, ConfigError};

use crate::vouchers::{redeem, validate};

/// `/api/tokens/*`, `/api/tiers`, `/api/mcp/balance` and `/api/vouchers/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    Ok(routes().with_state(App::new(config)?))
}

shared::endpoints! {
    App:
    balance::show, balance::for_agent, history::list, tiers::list, upgrade_prompt::check,
    validate::check, redeem::create,
}
