//! `cargo dev buy`: a purchase without a card. It sends the webhook that Stripe would send, correctly signed.

use clap::Args;
use tokio_postgres::types::Type;

use crate::{
    connection::Connection,
    console::say,
    error::LocalError,
    settings::{Settings, project},
    stripe::{self, Package},
};

/// Options of `cargo dev buy`.
#[derive(Debug, Args)]
pub struct BuyOptions {
    /// The package: starter, basic, pro or power
    pub package: String,
    /// The buyer's e-mail address
    #[arg(long = "as", value_name = "EMAIL")]
    pub email: String,
    /// The API's address [default: API_URL]
    #[arg(long)]
    pub url: Option<String>,
}

/// Sends the webhook of a paid checkout.
///
/// # Errors
/// When there is no such package or user, or the webhook does not answer 200.
pub async fn buy(options: BuyOptions) -> Result<(), LocalError> {
    let package = Package::find(&options.package)?;
    let settings = Settings::load(&project())?;
    let url = options.url.map_or_else(|| settings.require("API_URL"), Ok)?;
    let user_id = user_id(&settings.require("DIRECT_URL")?, &options.email).await?;

    let session = stripe::paid_checkout(&user_id, &options.email, package)?;
    let body = stripe::event("checkout.session.completed", session)?.to_string();
    let secret = settings.require("STRIPE_WEBHOOK_SECRET")?;
    let signature = stripe::signature(&secret, body.as_bytes(), stripe::now_unix_seconds())?;
    let request = reqwest::Client::new()
        .post(format!("{url}/api/stripe/webhook"))
        .header("stripe-signature", signature)
        .header("content-type", "application/json")
        .body(body);
    let response = request.send().await.map_err(|error| not_there(&url, &error))?;

    let status = response.status();
    let line = format!(
        "{} bought {} ({} tokens): webhook answered {}",
        options.email,
        package.id,
        package.tokens,
        status.as_u16()
    );
    if !status.is_success() {
        return Err(LocalError::said(format!("{line} {}", response.text().await?)));
    }
    say(line);
    Ok(())
}

/// The id of the user who has this address.
pub(crate) async fn user_id(database: &str, email: &str) -> Result<String, LocalError> {
    let connection = Connection::open(database).await.map_err(|error| not_there("the database", &error))?;
    let rows = connection
        .query_typed("select id::text from users where email = lower(trim($1))", &[(&email, Type::TEXT)])
        .await?;
    let row = rows.first().ok_or_else(|| {
        LocalError::said(format!(
            "No user has the e-mail address {email}: sign up first, or see USER_EMAIL in .env.local."
        ))
    })?;
    Ok(row.try_get(0)?)
}

fn not_there(what: &str, error: &dyn std::fmt::Display) -> LocalError {
    LocalError::said(format!("{what} does not answer ({error}): is `cargo dev up` running?"))
}
