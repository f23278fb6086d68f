//! Mails that anybody may ask for. What is answered, and when, does not tell whether one was sent.

use serde::Serialize;
use shared::caller::Anyone;
use shared::ids::Email;
use shared::limits::LINK_REQUESTS;
use shared::{ApiError, App, RateLimit, Statement, limits, rate_limit};
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;

use crate::Settings;
use crate::verification::{self, Purpose};

/// What was done, in a sentence for people.
#[derive(Serialize, ToSchema)]
pub struct Done {
    success: bool,
    message: &'static str,
}

impl Done {
    /// It was done.
    pub fn new(message: &'static str) -> Self {
        Done { success: true, message }
    }
}

/// Sends `email` a link, if `find` answers a person and not too many were sent lately.
///
/// # Errors
/// [`ApiError::TooManyRequests`] by the address that asks, or the database's.
pub async fn asked(
    app: &App,
    settings: &Settings,
    stranger: &Anyone,
    email: &Email,
    purpose: Purpose,
    mails: &RateLimit,
    find: Statement,
) -> Result<(), ApiError> {
    let answer_at = Instant::now() + limits::MAIL_ANSWER;
    let hits = LINK_REQUESTS.hit(&stranger.network(), stranger.now);
    let [asked, sent, found] = app.database.read([hits, mails.hit(email.as_str(), stranger.now), find]).await?;
    LINK_REQUESTS.check(&asked, stranger.now)?;
    let few_enough = rate_limit::count(&sent)?.hits <= mails.hits;
    if let Some(row) = found.first().filter(|_| few_enough) {
        let user_id: String = row.try_get("id")?;
        let (statements, mail_id) = verification::link(&settings.auth_secret, &user_id, email, purpose, stranger.now);
        app.database.write(statements).await?;
        settings.mailer.deliver(&app.database, &[mail_id], stranger.now).await;
    }
    sleep_until(answer_at).await;
    Ok(())
}
