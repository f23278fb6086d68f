//! What people ask of Stripe: buying, and changing or ending a subscription. What was paid, Stripe tells `webhooks`.
//!
//! No request to Stripe is made within a transaction: what is to be done is written down and committed first, then asked
//! for under that record's id as idempotency key, then settled. An answer that was lost is asked for again by that key.

mod buyer;
mod change;
mod checkout;
mod operation;
mod perform;
mod portal;
mod sale;
mod settle;
mod stripe;
mod subscription;
mod tier;

use axum::Router;
use axum::extract::FromRef;
use shared::{App, Config, ConfigError};
use url::Url;

pub use self::settle::settle_pending;
use self::stripe::Stripe;

/// What the handlers share.
#[derive(Clone)]
pub struct Billing {
    app: App,
    stripe: Stripe,
    /// Where the front end lives, to which Stripe sends people back.
    app_url: Url,
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
        let stripe = Stripe::new(config.stripe_secret_key()?, config.stripe_api_url()?);
        Ok(Billing { stripe, app_url: config.app_url()?, app: App::new(config)? })
    }

    /// A page of the front end, such as `tokens?purchase=success`.
    fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.app_url.as_str().trim_end_matches('/'))
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
