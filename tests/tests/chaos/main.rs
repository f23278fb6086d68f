//! What becomes of money when processes die: at every point of a transaction, one by one, and under load by a plan that a
//! seed repeats. Run it with `cargo dev test`, and for longer with `cargo dev chaos`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod deed;
mod dice;
mod kill_points;
mod late;
mod load;
mod plan;
mod storm;
mod tally;
mod trouble;
mod world;
