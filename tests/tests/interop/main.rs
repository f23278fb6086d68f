//! The bundle beside the software that it works with. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests: a surprise fails them")]

mod front_end;
mod large_cookie;
mod localstripe;
mod next_auth;
mod session_cookie;
mod stripe_webhook;
