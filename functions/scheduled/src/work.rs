//! What jobs work with, and for how long.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use shared::mail::Mailer;
use shared::referrals::Referrals;
use shared::stripe::Cashier;
use shared::{Clock, Config, ConfigError, Database};

use crate::alerts::Alerts;

/// What jobs may use.
pub struct Work {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Asks Stripe.
    pub cashier: Cashier,
    /// Sends mail.
    pub mailer: Mailer,
    /// Settles referrals.
    pub referrals: Referrals,
    /// What is watched, and who is told.
    pub alerts: Alerts,
    /// Whether the database itself is under maintenance (`MAINTENANCE_MODE`).
    pub stopped: bool,
}

impl Work {
    /// Reads the configuration; connects when there is something to do.
    ///
    /// # Errors
    /// A variable is missing or malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let database = Database::new(config.database_source()?, config.clock.clone());
        Ok(Work {
            cashier: Cashier::new(config, database.clone())?,
            mailer: Mailer::new(config)?,
            referrals: Referrals::new(config)?,
            alerts: Alerts::new(config)?,
            stopped: config.maintenance_mode()?,
            clock: config.clock.clone(),
            database,
        })
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// How long a run may begin something new.
#[derive(Clone, Copy, Debug)]
pub struct Budget(Instant);

impl Budget {
    /// From now on.
    pub fn of(duration: Duration) -> Self {
        Budget(Instant::now() + duration)
    }

    /// Whether nothing new is to be begun.
    pub fn is_used(self) -> bool {
        Instant::now() >= self.0
    }
}
