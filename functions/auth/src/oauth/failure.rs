//! Why nobody was signed in, and what the browser is told of it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use shared::{ApiError, DatabaseError};
use url::Url;

use crate::credentials::next_page;

/// A sign-in through a provider that did not come about. Its text goes into the log and holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A provider that we don't have.
    #[error("there is no such provider here")]
    NoSuchProvider,
    /// The state is missing, unknown, used up, too old, or another browser's.
    #[error("no sign-in of this browser waits for this answer")]
    NoAttempt,
    /// The person said no.
    #[error("the person declined")]
    Declined,
    /// The provider says no: to the sign-in, or to its code.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The provider could not be asked, or said what nobody can make sense of.
    #[error("the provider could not be asked: {0}")]
    Unreachable(String),
    /// The answer is not for us, not from the provider, or not for this sign-in.
    #[error("the provider's answer is not to be trusted: {0}")]
    Untrusted(String),
    /// The address has an account, and the provider does not vouch that it is this person's.
    #[error("the e-mail address belongs to an account and the provider has not verified it")]
    NotLinked,
    /// The database's.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Failure::Api(error.into())
    }
}

impl Failure {
    /// The word that Auth.js has for it, by which the front end finds its sentence.
    fn code(&self) -> &'static str {
        match self {
            Failure::NoSuchProvider => "Configuration",
            Failure::Declined => "AccessDenied",
            Failure::NotLinked => "OAuthAccountNotLinked",
            _ => "OAuthCallbackError",
        }
    }

    /// Sends a browser, or a script that drives one, to the front end's page for it. What is no one's fault but ours is
    /// answered as everywhere.
    pub fn page(self, app_url: &Url, scripted: bool) -> Result<Response, ApiError> {
        self.log();
        if let Failure::Api(error) = self {
            return Err(error);
        }
        let page = page(app_url, "/auth/error", &[("error", self.code())]);
        Ok(if scripted { next_page(true, &page) } else { found(&page) })
    }

    /// The same for a phone, which shows sentences of its own.
    pub fn for_phone(self) -> ApiError {
        self.log();
        match self {
            Failure::NotLinked => ApiError::EmailTaken,
            Failure::Api(error) => error,
            Failure::Unreachable(_) => ApiError::Unavailable(std::sync::Arc::new(self)),
            _ => ApiError::SignInRefused,
        }
    }

    fn log(&self) {
        match self {
            // Logged at the edge.
            Failure::Api(_) => {}
            Failure::Declined | Failure::NoAttempt | Failure::NoSuchProvider | Failure::NotLinked => {
                tracing::info!(reason = %self, "nobody was signed in");
            }
            _ => tracing::warn!(reason = %self, "nobody was signed in"),
        }
    }
}

/// A page of the front end.
pub fn page(app_url: &Url, path: &str, query: &[(&str, &str)]) -> Url {
    let mut page = app_url.clone();
    page.set_path(path);
    page.set_query(None);
    if !query.is_empty() {
        page.query_pairs_mut().extend_pairs(query);
    }
    page
}

/// Sends a browser elsewhere, as Auth.js does.
pub fn found(url: &Url) -> Response {
    (StatusCode::FOUND, [(LOCATION, url.as_str().to_owned())]).into_response()
}
