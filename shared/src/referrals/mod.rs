//! Referrals: who brought whom, and the tokens that both get for it once the newcomer's address is proved and nothing
//! speaks against it.

mod complete;
mod cookie;
mod disposable;
mod link;

use crate::config::{Config, ConfigError};
use crate::tokens::Tokens;

pub use self::complete::{Outcome, Reason};
pub use self::cookie::{COOKIE, forget_visit, remember_visit};
pub use self::link::{Code, link};

use self::disposable::Blocked;

/// What each of the two gets.
pub const BONUS: Tokens = Tokens(50);

/// The programme with what its operator has set. [`Referrals::complete`] settles a referral.
#[derive(Clone, Debug)]
pub struct Referrals {
    blocked: Blocked,
}

impl Referrals {
    /// From `BLOCKED_EMAIL_DOMAINS`, which may be absent.
    ///
    /// # Errors
    /// It is no list of domains.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Referrals { blocked: Blocked::new(config.optional("BLOCKED_EMAIL_DOMAINS").unwrap_or_default())? })
    }
}
