//! Health, and the description of the API.

mod documentation;
mod health;

use shared::{App, Config, ConfigError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// `/api/health`, `/api/health/ready`, `/api/openapi.json` and `/docs`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<OpenApiRouter, ConfigError> {
    Ok(routes().with_state(App::new(config)?))
}

/// The routes and their description, without a state.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(documentation::description))
        .routes(routes!(documentation::page))
}
