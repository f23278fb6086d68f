//! A function from start to answer: configuration, router, and the edge where every answer is finished and measured.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use lambda_http::RequestExt;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::caller::Door;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::database::{Database, WriteStop, take_round_trips};
use crate::error::{ApiError, NextAddress};
use crate::telemetry::{self, Answered};

/// What every handler may use.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Reads what callers present.
    pub door: Door,
}

impl App {
    /// For a function that people sign in to.
    ///
    /// # Errors
    /// `DATABASE_URL`, or a variable that [`Door::new`] reads, is missing or malformed.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(App { door: Door::new(config)?, ..App::without_callers(config)? })
    }

    /// For a function that nobody signs in to: it is not given the secrets of sessions.
    ///
    /// # Errors
    /// `DATABASE_URL` is missing or malformed.
    pub fn without_callers(config: &Config) -> Result<Self, ConfigError> {
        let stop = WriteStop::of_functions(config.maintenance_mode()?);
        let (primary, replica) = (config.database_source()?, config.replica_source()?);
        let database = Database::with_replica(primary, replica, config.clock.clone(), stop);
        Ok(App { database, clock: config.clock.clone(), door: Door::none() })
    }
}

/// Runs the function `name` until Lambda ends it. A wrong configuration is one line on standard error.
pub async fn serve(name: &'static str, router: impl FnOnce(&Config) -> Result<Router, ConfigError>) -> ExitCode {
    crate::database::call_application(name);
    let started = Config::from_env().and_then(|config| Ok((router(&config)?, config)));
    let (router, config) = match started {
        Ok(started) => started,
        Err(error) => return refuse(&error.to_string()),
    };
    if config.optional("AWS_LAMBDA_RUNTIME_API").is_none() {
        return refuse(&format!("{name} is a Lambda function: start the whole bundle with `cargo dev up`"));
    }
    telemetry::start(config.log_level);
    let router = finished(name, config.clock.clone(), router);
    match lambda_http::run(router).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&format!("{name} lost the Lambda runtime: {error}")),
    }
}

/// Says why a function does not start or does not go on, in one line on standard error.
pub fn refuse(sentence: &str) -> ExitCode {
    // Before logging is set up, and the last thing that Lambda shows of a function that does not start.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{sentence}\n"));
    ExitCode::FAILURE
}

/// `router` with its edge: unknown paths, panics, error bodies, headers, logs and metrics.
pub fn finished(name: &'static str, clock: Clock, router: Router) -> Router {
    router
        .fallback(async || ApiError::NoSuchEndpoint)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(CatchPanicLayer::custom(|panic: Box<dyn std::any::Any + Send>| {
            ApiError::internal(Panicked(panic_text(panic.as_ref()))).into_response()
        }))
        .layer(from_fn_with_state(Edge { name, clock }, edge))
}

#[derive(Clone)]
struct Edge {
    name: &'static str,
    clock: Clock,
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}

async fn edge(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let cold_start = telemetry::take_cold_start();
    take_round_trips();
    let request_id = request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
    // The pattern, not the path: metrics need few names, and paths may hold what logs must not.
    let pattern = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let route = format!("{} {pattern}", request.method());

    let span = tracing::info_span!("request", requestId = request_id, route);
    let mut response = next.run(request).instrument(span.clone()).await;

    let error = response.extensions_mut().remove::<Arc<ApiError>>();
    if let Some(error) = &error {
        span.in_scope(|| log(error));
        let (mut parts, _) = response.into_parts();
        let mut body = error.body(&request_id);
        if let Some(NextAddress(url)) = parts.extensions.remove() {
            body["url"] = url.into();
        }
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        parts.headers.remove(header::CONTENT_LENGTH);
        response = Response::from_parts(parts, body.to_string().into());
    }
    let answered = Answered {
        function: edge.name,
        route: &route,
        request_id: &request_id,
        status: response.status(),
        code: error.as_ref().map(|error| error.code()),
        duration: started.elapsed(),
        round_trips: take_round_trips(),
        cold_start,
        now: edge.clock.now(),
    };
    answered.write();
    with_headers(response, &request_id)
}

/// The cause of an error is logged here, once; it never leaves.
fn log(error: &ApiError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match error {
        ApiError::Internal(_) => tracing::error!(code = error.code(), cause, "a request failed"),
        _ if error.status().is_server_error() => tracing::warn!(code = error.code(), cause, "a request was not served"),
        _ => tracing::debug!(code = error.code(), "a request was refused"),
    }
}

fn with_headers(mut response: Response, request_id: &str) -> Response {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let headers = response.headers_mut();
    // Browsers heed the first only over https.
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn answer(router: &Router, path: &str) -> (u16, serde_json::Value) {
        let request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_500_and_the_next_request_is_served() {
        async fn panics() -> &'static str {
            panic!("the secret is hunter2")
        }
        let router = Router::new().route("/panics", get(panics)).route("/works", get(async || "\"well\""));
        let router = finished("test", Clock::default(), router);
        for _ in 0..2 {
            let (status, body) = answer(&router, "/panics").await;
            assert_eq!((status, &body["code"]), (500, &"internal".into()));
            assert!(!body.to_string().contains("hunter2"), "{body}");
        }
        assert_eq!(answer(&router, "/works").await, (200, "well".into()));
        assert_eq!(answer(&router, "/nowhere").await.1["code"], "no_such_endpoint");
    }
}
