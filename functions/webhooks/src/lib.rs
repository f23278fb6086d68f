//! What other systems tell us: one inbox, one module per sender.

mod stripe;

use axum::extract::FromRef;
use shared::{App, Config, ConfigError, Secret};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Webhooks {
    app: App,
    /// Stripe's signing secrets: one, or two while one replaces the other.
    stripe_secrets: Vec<Secret>,
}

/// `/api/stripe/webhook`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<OpenApiRouter, ConfigError> {
    let state = Webhooks { app: App::new(config)?, stripe_secrets: config.stripe_webhook_secrets()? };
    Ok(routes().with_state(state))
}

/// The routes and their description, without a state.
pub fn routes() -> OpenApiRouter<Webhooks> {
    OpenApiRouter::new().routes(routes!(stripe::receive))
}
