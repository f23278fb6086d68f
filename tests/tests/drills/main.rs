//! Disasters, rehearsed on real servers: each drill prints what it does step by step, and fails when it takes longer or loses
//! more than we promise. Run them with `cargo dev drill`; `docs/runbook.md` says the same for the real case.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod corruption;
mod deletion;
mod failover;
mod life;
mod operator;
mod site_loss;
mod steps;
