//! The whole stack on one machine: PostgreSQL, PgBouncer, an S3 server and the real functions behind a gateway.

pub mod bench;
pub mod buy;
pub mod certificate;
pub mod chaos;
pub mod command;
pub mod connection;
pub mod console;
pub mod data_folder;
pub mod database;
pub mod dotenv;
pub mod drill;
pub mod error;
pub mod error_watch;
pub mod events;
pub mod functions;
pub mod lambda;
pub mod object_store;
pub mod package;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod secret;
pub mod server_user;
pub mod servers;
pub mod settings;
pub mod smoke;
pub mod stripe;
pub mod stripe_stand_in;
mod table;
pub mod test;
pub mod tools;
pub mod up;

pub use error::LocalError;
