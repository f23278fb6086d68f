//! Getting in, staying in and getting out: sign-up, sign-in, sessions.

mod cookies;
mod credentials;
mod csrf;
mod fields;
mod mobile_signin;
mod session;
mod sign_in;
mod signout;
mod signup;

use axum::Router;
use axum::extract::FromRef;
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
    };
    Ok(routes().with_state(Auth { app: App::new(config)?, settings }))
}

shared::endpoints! { Auth: signup::create, mobile_signin::create, csrf::show, credentials::callback, session::show, signout::create }
