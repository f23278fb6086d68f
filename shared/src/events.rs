//! A function that serves events, of a schedule or of the deploy pipeline, not requests.

use std::fmt::Display;
use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::level_filters::LevelFilter;

use crate::config::Config;
use crate::function::refuse;
use crate::telemetry;

/// Whether Lambda, or the local stack in its place, started this process.
#[must_use]
pub fn started_this() -> bool {
    #[expect(clippy::disallowed_methods, reason = "decides who reads the configuration, so it comes before it")]
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Serves events until Lambda ends the process.
pub async fn serve<E, A, F>(name: &'static str, handler: impl Fn(LambdaEvent<E>) -> F) -> ExitCode
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, Diagnostic>>,
{
    // Who reads the configuration for each event says in the answer what is wrong with it; until then the usual level will do.
    telemetry::start(Config::from_env().map_or(LevelFilter::INFO, |config| config.log_level));
    match lambda_runtime::run(service_fn(|event| Box::pin(handler(event)))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&format!("{name} lost the Lambda runtime: {error}")),
    }
}

/// What Lambda is told of a failure, which is logged: a name for programs and a sentence.
#[must_use]
pub fn failed(code: &str, error: &dyn Display) -> Diagnostic {
    tracing::error!(code, "{error}");
    Diagnostic { error_type: code.to_owned(), error_message: error.to_string() }
}
