//! Our own pages, and whom else we talk to: Stripe and the mail server.

use super::{Config, ConfigError, Environment, wrong};
use crate::secret::Secret;

impl Config {
    /// The origins of our own pages: that of `APP_URL`, and `FRONT_END_ORIGINS`, separated by commas.
    ///
    /// # Errors
    /// `APP_URL` is missing, or one of them is no http(s) origin.
    pub fn front_end_origins(&self) -> Result<Vec<String>, ConfigError> {
        const NAME: &str = "FRONT_END_ORIGINS";
        let mut origins = vec![self.app_url()?.origin().ascii_serialization()];
        let listed = self.variables.optional(NAME).unwrap_or_default();
        for text in listed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let url =
                url.ok_or_else(|| wrong(NAME, "must be origins such as https://spike.land, separated by commas"))?;
            origins.push(url.origin().ascii_serialization());
        }
        Ok(origins)
    }

    /// `APP_URL`: where the front end lives; cookies are `Secure` when it is https.
    ///
    /// # Errors
    /// Missing, or not an http(s) URL.
    pub fn app_url(&self) -> Result<url::Url, ConfigError> {
        let text = self.variables.required("APP_URL", "the front end's address, such as https://spike.land")?;
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.ok_or_else(|| wrong("APP_URL", "must be an address such as https://spike.land"))
    }

    /// `STRIPE_WEBHOOK_SECRET`: one signing secret, or two separated by a comma while one replaces the other.
    ///
    /// # Errors
    /// Missing, or a secret does not start with `whsec_`.
    pub fn stripe_webhook_secrets(&self) -> Result<Vec<Secret>, ConfigError> {
        const NAME: &str = "STRIPE_WEBHOOK_SECRET";
        let text = self.variables.required(NAME, "the signing secret of the webhook endpoint (whsec_…)")?;
        let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
        if secrets.iter().any(|secret| !secret.starts_with("whsec_") || secret.len() < 20) {
            return Err(wrong(NAME, "must be a signing secret (whsec_…), or two separated by a comma"));
        }
        Ok(secrets.into_iter().map(Secret::new).collect())
    }

    /// `STRIPE_SECRET_KEY`: the key that our requests to Stripe carry.
    ///
    /// # Errors
    /// Missing, no secret or restricted key, or one for real money outside production.
    pub fn stripe_secret_key(&self) -> Result<Secret, ConfigError> {
        const NAME: &str = "STRIPE_SECRET_KEY";
        let key = self.variables.required(NAME, "a secret key of Stripe (sk_test_…, in production sk_live_…)")?;
        let is_live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
        if !is_live && !key.starts_with("sk_test_") && !key.starts_with("rk_test_") {
            return Err(wrong(
                NAME,
                "must be a secret or restricted key of Stripe (sk_test_…, in production sk_live_…)",
            ));
        }
        if is_live && self.environment != Environment::Production {
            return Err(wrong(NAME, "is for real money and is refused outside production: use a test key"));
        }
        Ok(Secret::new(key))
    }

    /// `STRIPE_API_URL`: where Stripe is, for tests and for one machine; Stripe's own address without it.
    ///
    /// # Errors
    /// Set in production or staging, or not an http(s) URL.
    pub fn stripe_api_url(&self) -> Result<url::Url, ConfigError> {
        const NAME: &str = "STRIPE_API_URL";
        const STRIPE: &str = "https://api.stripe.com";
        let text = self.variables.optional(NAME);
        if self.environment.is_deployed() && text.is_some() {
            return Err(wrong(NAME, "leads away from Stripe and is refused here: remove it"));
        }
        let url = url::Url::parse(text.unwrap_or(STRIPE)).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.ok_or_else(|| wrong(NAME, "must be an address such as http://127.0.0.1:12111"))
    }

    /// `MAIL_URL`, the way mails go: `smtps://user:password@host:465`, `smtp://host:587?tls=required`, or a folder on one
    /// machine, `file:///folder`. `MAIL_FROM`, whom they come from: `Spike Land <hello@spike.land>`.
    ///
    /// # Errors
    /// One is missing or malformed, a deployed function would write files, or production would send without TLS.
    #[cfg(feature = "mail")]
    pub fn mail(&self) -> Result<crate::mail::MailSettings, ConfigError> {
        use crate::mail::{MailSettings, Route, parse_sender};
        const NAME: &str = "MAIL_URL";
        const SENDER: &str = "MAIL_FROM";
        let route = self.variables.required(NAME, "the mail server: smtps://user:password@host:465")?;
        let route = Route::parse(route).map_err(|problem| wrong(NAME, &problem))?;
        if self.environment.is_deployed() && matches!(route, Route::Folder(_)) {
            return Err(wrong(
                NAME,
                "is a folder, where nobody would get the mails: use smtps://user:password@host:465",
            ));
        }
        if self.environment == Environment::Production && route.is_in_the_clear() {
            return Err(wrong(
                NAME,
                "would send without TLS in production: use smtps://, or smtp:// with ?tls=required",
            ));
        }
        let from = self.variables.required(SENDER, "the sender: Spike Land <hello@spike.land>")?;
        let from = parse_sender(from).map_err(|problem| wrong(SENDER, &problem))?;
        Ok(MailSettings { route, from })
    }
}
