//! Getting in, staying in and getting out: sign-up, sign-in, sessions.

mod asked_by_mail;
mod check_email;
mod cookies;
mod credentials;
mod csrf;
mod mobile_signin;
mod oauth;
mod providers;
mod reset_password;
mod session;
mod sign_in;
mod signout;
mod signup;
mod verification;
mod verify_email;
mod welcome;

use axum::Router;
use axum::extract::FromRef;
use shared::mail::Mailer;
use shared::referrals::Referrals;
use shared::{App, Config, ConfigError, Secret};
use url::Url;

/// What the handlers share.
#[derive(Clone, FromRef)]
pub struct Auth {
    app: App,
    settings: Settings,
}

/// What only this function knows.
#[derive(Clone)]
struct Settings {
    /// Signs the anti-forgery token.
    auth_secret: Secret,
    /// Salts the ids of new users.
    user_id_salt: Secret,
    /// Where the front end lives.
    app_url: Url,
    /// Sends mail.
    mailer: Mailer,
    /// Sign-in through providers.
    oauth: oauth::OAuth,
    /// Rewards those who bring somebody.
    referrals: Referrals,
}

impl Settings {
    /// Whether cookies travel over https only.
    fn is_secure(&self) -> bool {
        self.app_url.scheme() == "https"
    }
}

/// `/api/auth/*`
///
/// # Errors
/// A variable is missing or malformed.
pub fn router(config: &Config) -> Result<Router, ConfigError> {
    let settings = Settings {
        auth_secret: config.auth_secret()?,
        user_id_salt: config.user_id_salt()?,
        app_url: config.app_url()?,
        mailer: Mailer::new(config)?,
        oauth: oauth::OAuth::new(config)?,
        referrals: Referrals::new(config)?,
    };
    Ok(routes().with_state(Auth { app: App::new(config)?, settings }))
}

shared::endpoints! {
    Auth:
    signup::create, check_email::create, verify_email::verify, verify_email::resend,
    reset_password::forgot, reset_password::reset,
    providers::list, oauth::start, oauth::callback, oauth::posted_callback, oauth::mobile_callback, oauth::signin_page,
    oauth::error_page,
    mobile_signin::create, csrf::show, credentials::callback, session::show, session::update, signout::create,
}
