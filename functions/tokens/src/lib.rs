//! The token economy: what a person has and how it came about.

mod balance;
mod history;

use shared::{App, Config, ConfigError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// `/api/tokens/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<OpenApiRouter, ConfigError> {
    Ok(routes().with_state(App::new(config)?))
}

/// The routes and their description, without a state.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(balance::show)).routes(routes!(history::list))
}
