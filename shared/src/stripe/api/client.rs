//! Requests to Stripe: bounded in time, repeated under the same key while that can help, never redirected.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::Method;
use serde::Deserialize;
use url::Url;

use crate::ids::fill_random;
use crate::limits;
use crate::secret::Secret;

/// The version of the API that this code was written for; that of the webhooks, too.
const VERSION: &str = "2025-09-30.clover";

/// Who sends requests to Stripe. Clones share the client, which is made at first use: a cold start that asks nothing of
/// Stripe does not pay for it.
#[derive(Clone)]
pub struct Stripe {
    key: Secret,
    api: Url,
    client: Arc<OnceLock<Result<reqwest::Client, String>>>,
}

/// Why Stripe did not do what it was asked. Says nothing of what was sent: Stripe's sentences may repeat it, and by the
/// request's id they can be read in its dashboard.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// A definite no: nothing was changed.
    #[error("Stripe refused ({status} {kind} {code} {param}, request {request_id})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Such as `invalid_request_error`.
        kind: String,
        /// Such as `resource_missing`.
        code: String,
        /// The parameter that is wrong.
        param: String,
        /// Stripe's name for the request.
        request_id: String,
    },
    /// No answer, or one that says that it is Stripe's fault or the moment's: it may have been done.
    #[error("Stripe gave no answer ({0})")]
    NoAnswer(String),
}

/// `application/x-www-form-urlencoded` with Stripe's nested names.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Adds a parameter, such as `line_items[0][quantity]`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// Adds `parent[key]` for each pair.
    #[must_use]
    pub fn with_all(self, parent: &str, pairs: &[(&'static str, String)]) -> Self {
        pairs.iter().fold(self, |form, (key, value)| form.with(format!("{parent}[{key}]"), value))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetails {
    r#type: Option<String>,
    code: Option<String>,
    param: Option<String>,
}

impl Stripe {
    /// Requests go to `api` with `key`.
    pub fn new(key: Secret, api: Url) -> Self {
        Stripe { key, api, client: Arc::default() }
    }

    /// Some requests that belong together and share the time there is.
    pub fn talk(&self) -> Conversation<'_> {
        Conversation { stripe: self, until: Instant::now() + limits::STRIPE_WAIT }
    }

    fn client(&self) -> Result<&reqwest::Client, StripeError> {
        let made = self.client.get_or_init(|| {
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(limits::STRIPE_CONNECT)
                // An instance is frozen between requests, and a kept connection dies.
                .pool_max_idle_per_host(0)
                .user_agent("spike-land");
            client.build().map_err(|error| error.to_string())
        });
        made.as_ref().map_err(|error| StripeError::NoAnswer(error.clone()))
    }
}

/// Requests that share one time limit.
pub struct Conversation<'s> {
    stripe: &'s Stripe,
    until: Instant,
}

impl Conversation<'_> {
    /// Asks for something to be done, once however often `key` is sent.
    ///
    /// # Errors
    /// A definite refusal, or no answer in time.
    pub async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        form: Form,
        key: &str,
    ) -> Result<T, StripeError> {
        self.repeated(Method::POST, path, &form, Some(key)).await
    }

    /// Asks for something to be ended. Stripe heeds no key here, since the end comes once anyhow; it shows in its log.
    ///
    /// # Errors
    /// As [`Conversation::post`].
    pub async fn delete<T: for<'de> Deserialize<'de>>(&self, path: &str, key: &str) -> Result<T, StripeError> {
        self.repeated(Method::DELETE, path, &Form::default(), Some(key)).await
    }

    /// Asks how something is.
    ///
    /// # Errors
    /// As [`Conversation::post`].
    pub async fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, StripeError> {
        self.repeated(Method::GET, path, &Form::default(), None).await
    }

    async fn repeated<T: for<'de> Deserialize<'de>>(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<T, StripeError> {
        let mut repetition = 0;
        loop {
            let error = match self.once(method.clone(), path, form, key).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = pause(repetition);
            repetition += 1;
            let hopeless = matches!(error, StripeError::Refused { .. }) || repetition > limits::STRIPE_REPETITIONS;
            if hopeless || self.left() <= pause {
                return Err(error);
            }
            tracing::warn!(path = path.split('/').nth(2), cause = %error, "a request to Stripe is repeated");
            tokio::time::sleep(pause).await;
        }
    }

    async fn once<T: for<'de> Deserialize<'de>>(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<T, StripeError> {
        let url = self.stripe.api.join(path).map_err(|error| StripeError::NoAnswer(error.to_string()))?;
        let mut request = self
            .stripe
            .client()?
            .request(method, url)
            .bearer_auth(self.stripe.key.expose())
            .header("stripe-version", VERSION)
            .timeout(self.left().min(limits::STRIPE_ANSWER_WAIT));
        if let Some(key) = key {
            request = request.header("idempotency-key", key).form(&form.0);
        }
        let mut answer = request.send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (request_id, advice) = (header("request-id").unwrap_or_default(), header("stripe-should-retry"));
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + part.len() > limits::STRIPE_ANSWER {
                return Err(StripeError::NoAnswer("it is too large".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        if (200..300).contains(&status) {
            return serde_json::from_slice(&body)
                .map_err(|error| StripeError::NoAnswer(format!("request {request_id} reads wrong: {error}")));
        }
        let details = serde_json::from_slice::<ErrorBody>(&body).unwrap_or_default().error;
        let code = details.code.unwrap_or_default();
        let passing = matches!(status, 408 | 409 | 429 | 500..) && advice.as_deref() != Some("false");
        if passing || advice.as_deref() == Some("true") {
            return Err(StripeError::NoAnswer(format!("{status} {code}, request {request_id}")));
        }
        Err(StripeError::Refused {
            status,
            kind: details.r#type.unwrap_or_default(),
            code,
            param: details.param.unwrap_or_default(),
            request_id,
        })
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// The address names objects of people.
fn no_answer(error: reqwest::Error) -> StripeError {
    let error = error.without_url();
    let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    StripeError::NoAnswer(causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
}

/// 0.2, 0.4, 0.8 seconds, of which half is chance: those who failed together don't come back together.
fn pause(repetition: u32) -> Duration {
    let mut random = [0; 1];
    fill_random(&mut random);
    let most = Duration::from_millis(200) * 2_u32.pow(repetition);
    most / 2 + most / 2 * u32::from(random[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_their_bounds() {
        for (repetition, most) in [(0, 200), (1, 400), (2, 800)] {
            let pause = pause(repetition).as_millis();
            assert!((most / 2..=most).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn neither_key_nor_person_is_printed() {
        let error = StripeError::Refused {
            status: 400,
            kind: "invalid_request_error".to_owned(),
            code: "email_invalid".to_owned(),
            param: "email".to_owned(),
            request_id: "req_1".to_owned(),
        };
        assert_eq!(error.to_string(), "Stripe refused (400 invalid_request_error email_invalid email, request req_1)");
    }
}
