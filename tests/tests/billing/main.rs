//! What people ask of Stripe, with a stand-in of ours in Stripe's place. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, reason = "these are tests: a surprise fails them")]

mod changing;
mod faults;
mod leaving;
mod paying;
mod refusing;
mod shop;
