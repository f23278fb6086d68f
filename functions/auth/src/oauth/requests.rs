//! Requests to providers: short, bounded, never redirected.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use shared::limits;

/// Sends requests to providers. Clones share the client, which is made at first use: a cold start that signs nobody in
/// does not pay for it.
#[derive(Clone)]
pub struct Http {
    https_only: bool,
    client: Arc<OnceLock<Result<reqwest::Client, String>>>,
}

/// Why there is no answer. Says nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be made.
    #[error("no request can be made: {0}")]
    NotMade(String),
    /// Not reachable, too slow, or not by https.
    #[error("{}", chain(.0))]
    NoAnswer(reqwest::Error),
    /// Larger than anything a provider has to say.
    #[error("the answer is larger than {} bytes", limits::PROVIDER_ANSWER)]
    TooLarge,
}

impl Http {
    /// Plain http is for tests on one machine.
    pub fn new(https_only: bool) -> Self {
        Http { https_only, client: Arc::default() }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client =
            self.client.get_or_init(|| self.made()).as_ref().map_err(|error| HttpError::NotMade(error.clone()))?;
        let request = request.try_into().map_err(HttpError::no_answer)?;
        let mut answer = client.execute(request).await.map_err(HttpError::no_answer)?;
        let mut response = HttpResponse::default();
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(part) = answer.chunk().await.map_err(HttpError::no_answer)? {
            let body = response.body_mut();
            if body.len() + part.len() > limits::PROVIDER_ANSWER {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        Ok(response)
    }

    fn made(&self) -> Result<reqwest::Client, String> {
        let client = reqwest::Client::builder()
            .https_only(self.https_only)
            // A provider that redirects would be handed our secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(limits::PROVIDER_WAIT)
            // An instance is frozen between requests, and a kept connection dies.
            .pool_max_idle_per_host(0)
            // GitHub answers nobody without one.
            .user_agent("spike-land");
        client.build().map_err(|error| chain(&error))
    }
}

impl HttpError {
    /// The address may hold a proof made from a token.
    fn no_answer(error: reqwest::Error) -> Self {
        HttpError::NoAnswer(error.without_url())
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
