//! What people do with their own account: API keys, sessions, password, preferences, leaving; and whom they bring.

mod path_id;
mod referral;
mod settings;

use axum::Router;
use axum::extract::FromRef;
use shared::mail::Mailer;
use shared::referrals::Referrals;
use shared::{App, Config, ConfigError, Environment, Secret};
use url::Url;

use crate::referral::{apply, link, statistics, validate, visit};
use crate::settings::{api_keys, leave, password, preferences, sessions};

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Account {
    app: App,
    settings: Settings,
}

/// What only this function knows.
#[derive(Clone)]
struct Settings {
    /// Which kind of API keys are made here.
    environment: Environment,
    /// Where the front end lives.
    app_url: Url,
    /// Salts the ids of users.
    user_id_salt: Secret,
    /// Settles referrals.
    referrals: Referrals,
    /// Sends mail.
    mailer: Mailer,
}

/// `/api/settings/*` and `/api/referral/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    let settings = Settings {
        environment: config.environment,
        app_url: config.app_url()?,
        user_id_salt: config.user_id_salt()?,
        referrals: Referrals::new(config)?,
        mailer: Mailer::new(config)?,
    };
    Ok(routes().with_state(Account { app: App::new(config)?, settings }))
}

shared::endpoints! {
    Account:
    api_keys::list, api_keys::create, api_keys::show, api_keys::revoke,
    sessions::list, sessions::end, sessions::end_all,
    password::change, preferences::show, preferences::change, leave::delete,
    link::show, statistics::show, statistics::list, validate::check, apply::create, visit::show,
}
