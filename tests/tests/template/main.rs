//! The template: what AWS would make of it, and whether it says the same as the code. Run it with `cargo dev test`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod certificates;
mod checks;
mod endpoints;
mod expansion;
mod faults;
mod migrations;
mod schedules;
mod variables;
mod workspace;
