//! The local Lambda runtime and gateway with real functions.

#![allow(clippy::expect_used, reason = "a test may stop at the first surprise")]

mod fixture;
mod gateway;
mod hostile;
mod instances;
