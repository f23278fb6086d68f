//! What at least two functions need: configuration, the database, callers, the ledger, errors and telemetry.

#[cfg(feature = "alerts")]
pub mod alerts;
pub mod api_key;
pub mod audit;
pub mod caller;
pub mod clock;
pub mod config;
pub mod database;
pub mod deletion;
pub mod endpoints;
pub mod error;
pub mod events;
pub mod fields;
pub mod function;
pub mod idempotency;
pub mod ids;
pub mod job_runs;
pub mod ledger;
pub mod limits;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "monitoring")]
pub mod monitoring;
pub mod new_user;
#[cfg(feature = "password")]
pub mod password;
pub mod rate_limit;
pub mod referrals;
pub mod request;
pub mod secret;
pub mod secrets_manager;
pub mod session_cookie;
#[cfg(feature = "stripe")]
pub mod stripe;
pub mod telemetry;
pub mod tokens;
pub mod vouchers;

pub use caller::{Admin, Agent, ApiKeyOrSession, Caller, Identity, SignedIn, SuperAdmin};
pub use clock::Clock;
pub use config::{Config, ConfigError, Environment};
pub use database::{Database, DatabaseError, Statement};
pub use error::ApiError;
pub use function::App;
pub use rate_limit::RateLimit;
pub use secret::Secret;
pub use tokens::Tokens;
