//! What other systems tell us: one inbox, one module per sender; and what an administrator sees of the inbox.

mod inbox;
mod stripe;

use axum::Router;
use axum::extract::FromRef;
use shared::{App, Config, ConfigError, Secret};

use crate::inbox::{list, replay, show};

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Webhooks {
    app: App,
    /// Stripe's signing secrets: one, or two while one replaces the other.
    stripe_secrets: Vec<Secret>,
}

/// `/api/stripe/webhook`, `/api/admin/stripe/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    let state = Webhooks { app: App::new(config)?, stripe_secrets: config.stripe_webhook_secrets()? };
    Ok(routes().with_state(state))
}

shared::endpoints! { Webhooks: stripe::receive, list::events, show::event, replay::again }
