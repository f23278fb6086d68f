//! What administrators see and do: people, figures, mails, and the record of what was done.

mod analytics;
mod audit;
mod dashboard;
mod emails;
mod page;
mod password;
mod role;
pub mod users;
mod vouchers;

use axum::Router;
use axum::extract::FromRef;
use shared::mail::Mailer;
use shared::{App, Config, ConfigError, Secret};

use crate::analytics::{people, tokens};

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Administration {
    app: App,
    settings: Settings,
}

/// What only this function knows.
#[derive(Clone)]
struct Settings {
    /// Salts the ids of new users.
    user_id_salt: Secret,
    /// Sends mail.
    mailer: Mailer,
}

/// `/api/admin/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    let settings = Settings { user_id_salt: config.user_id_salt()?, mailer: Mailer::new(config)? };
    Ok(routes().with_state(Administration { app: App::new(config)?, settings }))
}

shared::endpoints! {
    Administration:
    users::find, users::change, users::remove, password::set, dashboard::show, people::show, tokens::show,
    emails::list, emails::send, audit::list, audit::check,
    vouchers::list, vouchers::create, vouchers::change, vouchers::remove,
}
