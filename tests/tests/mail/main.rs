//! The outbox against a real database and a real mail server. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, reason = "these are tests: a surprise fails them")]

mod arriving;
mod office;
mod refusals;
mod retries;
mod senders;
mod tls;
