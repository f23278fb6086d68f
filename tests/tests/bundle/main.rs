//! The bundle as its users meet it. Run it with `cargo dev test`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests: a surprise fails them")]

mod accounts;
mod admin_audit;
mod admin_deletion;
mod admin_emails;
mod admin_figures;
mod admin_passwords;
mod admin_roles;
mod admin_team;
mod admin_tokens;
mod admin_users;
mod api_keys;
mod authorization;
mod balance;
mod cookies;
mod events;
mod history;
mod hostile;
mod mailed_links;
mod openapi;
mod outages;
mod purchases;
mod referrals;
mod schema;
mod sessions;
mod settings;
mod telemetry;
mod throttles;
