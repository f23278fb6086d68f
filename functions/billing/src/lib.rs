//! What people ask of Stripe: buying, and changing or ending a subscription. What was paid, Stripe tells `webhooks`.

mod buyer;
mod change;
mod checkout;
mod open_page;
mod portal;
mod subscription;
mod tier;

use axum::Router;
use axum::extract::FromRef;
use shared::stripe::Cashier;
use shared::{App, Config, ConfigError};

/// What the handlers share.
#[derive(Clone)]
pub struct Billing {
    app: App,
    cashier: Cashier,
}

impl FromRef<Billing> for App {
    fn from_ref(billing: &Billing) -> Self {
        billing.app.clone()
    }
}

impl Billing {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A variable is missing or malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let app = App::new(config)?;
        Ok(Billing { cashier: Cashier::new(config, app.database.clone())?, app })
    }
}

/// `/api/stripe/*` except the webhook, `/api/tiers/upgrade` and `/api/tiers/downgrade`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    Ok(routes().with_state(Billing::new(config)?))
}

shared::endpoints! {
    Billing:
    checkout::create, tier::upgrade, tier::downgrade, tier::keep, portal::open,
    subscription::show, subscription::cancel, subscription::resume,
}
