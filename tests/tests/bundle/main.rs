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
mod admin_token_figures;
mod admin_tokens;
mod admin_users;
mod admin_vouchers;
mod api_keys;
mod authorization;
mod balance;
mod cookies;
mod events;
mod failed_sign_ins;
mod history;
mod hostile;
mod mailed_links;
mod openapi;
mod outages;
mod purchases;
mod reconciliation;
mod referrals;
mod schema;
mod seeded;
mod sessions;
mod settings;
mod smoke;
mod stripe_disputes;
mod stripe_inbox;
mod stripe_orders;
mod stripe_refunds;
mod stripe_subscriptions;
mod telemetry;
mod throttles;
mod tiers;
mod vouchers;
mod vouchers_refused;
