//! Who does at Stripe what is written down.

use url::Url;

use super::api::{Conversation, Stripe};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::database::Database;

/// Asks Stripe for what people want, and keeps what came of it.
#[derive(Clone)]
pub struct Cashier {
    pub(super) database: Database,
    pub(super) clock: Clock,
    stripe: Stripe,
    /// Where the front end lives, to which Stripe sends people back.
    app_url: Url,
}

impl Cashier {
    /// Reads the configuration; connects when there is something to ask.
    ///
    /// # Errors
    /// `STRIPE_SECRET_KEY`, `STRIPE_API_URL` or `APP_URL` is missing or malformed.
    pub fn new(config: &Config, database: Database) -> Result<Self, ConfigError> {
        let stripe = Stripe::new(config.stripe_secret_key()?, config.stripe_api_url()?);
        Ok(Cashier { database, clock: config.clock.clone(), stripe, app_url: config.app_url()? })
    }

    /// Some requests to Stripe that belong together and share the time there is.
    pub fn talk(&self) -> Conversation<'_> {
        self.stripe.talk()
    }

    /// A page of the front end, such as `tokens?purchase=success`.
    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.app_url.as_str().trim_end_matches('/'))
    }
}
