//! The ledger's own statements with many writers at once, past the functions: each `Database` has a connection of its own
//! to the pooler, as each instance of a function has. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, reason = "these are tests: a surprise fails them")]

mod idempotency;
mod known_bad;
mod random;
mod refunds;
mod spends;
mod till;
