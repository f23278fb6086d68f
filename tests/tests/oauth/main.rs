//! Sign-in through providers, with a real one in their places. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod arriving;
mod linking;
mod pages;
mod phones;
mod provider;
mod refusing;
mod untrusted;
mod visitor;
