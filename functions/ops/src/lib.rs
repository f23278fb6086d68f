//! Health, and the description of the API.

mod documentation;
mod health;

use axum::Router;
use shared::{App, Config, ConfigError};

/// `/api/health`, `/api/health/ready`, `/api/openapi.json` and `/docs`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    Ok(routes().with_state(App::without_callers(config)?))
}

shared::endpoints! { App: health::alive, health::ready, documentation::description, documentation::page }
