//! What at least two functions need: configuration, the database, callers, the ledger, errors and telemetry.

pub mod caller;
pub mod clock;
pub mod config;
pub mod database;
pub mod endpoints;
pub mod error;
pub mod function;
pub mod ids;
pub mod ledger;
pub mod limits;
#[cfg(feature = "password")]
pub mod password;
pub mod request;
pub mod secret;
pub mod telemetry;
pub mod tokens;

pub use caller::{ApiKeyOrSession, Caller, Identity, SignedIn};
pub use clock::Clock;
pub use config::{Config, ConfigError, Environment};
pub use database::{Database, DatabaseError, Statement};
pub use error::ApiError;
pub use function::App;
pub use secret::Secret;
pub use tokens::Tokens;
