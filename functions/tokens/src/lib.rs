//! The token economy: what a person has and how it came about.

mod balance;
mod history;

use axum::Router;
use shared::{App, Config, ConfigError};

/// `/api/tokens/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    Ok(routes().with_state(App::new(config)?))
}

shared::endpoints! { App: balance::show, history::list }
