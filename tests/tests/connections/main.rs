//! The ways to the database: URLs, pools, encryption, and passwords that change. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod addresses;
mod encryption;
mod maintenance;
mod passwords;
mod pooling;
mod reaching;
mod server_log;
mod studio;
mod urls;
