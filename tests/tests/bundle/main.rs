//! The bundle as its users meet it. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests: a surprise fails them")]

mod accounts;
mod balance;
mod events;
mod history;
mod hostile;
mod openapi;
mod outages;
mod purchases;
mod schema;
mod sessions;
mod telemetry;
