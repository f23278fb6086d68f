//! Why an invocation has no answer, in the words of Lambda.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What Lambda answers to an invocation that failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// The kind of failure, such as `Sandbox.Timedout`.
    #[serde(default)]
    pub(super) error_type: String,
    /// The details.
    #[serde(default)]
    pub(super) error_message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_type, self.error_message)
    }
}

impl Failure {
    /// A failure that the function reported itself.
    pub(super) fn reported(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| Self {
            error_type: "Runtime.UnknownReason".to_owned(),
            error_message: String::from_utf8_lossy(body).into_owned(),
        })
    }

    /// The function took longer than the template allows.
    pub(super) fn timed_out(invocation: &str, seconds: u32) -> Self {
        Self::new(
            "Sandbox.Timedout",
            format!("RequestId: {invocation} Error: Task timed out after {seconds}.00 seconds"),
        )
    }

    /// The process was started and never asked for a request.
    pub(super) fn never_ready(invocation: &str, seconds: u64) -> Self {
        let what = format!("RequestId: {invocation} Error: the process asked for no request within {seconds} seconds");
        Self::new("Sandbox.Timedout", what)
    }

    /// The process ended; `status` is how, `last_line` what it wrote last.
    pub(super) fn exited(invocation: &str, status: &str, last_line: Option<&str>) -> Self {
        let last_line = last_line.map(|line| format!(". Its last line: {line}")).unwrap_or_default();
        let what = format!("RequestId: {invocation} Error: Runtime exited with error: {status}{last_line}");
        Self::new("Runtime.ExitError", what)
    }

    /// The process could not be started.
    pub(super) fn not_started(reason: &str) -> Self {
        Self::new("Runtime.InvalidEntrypoint", reason.to_owned())
    }

    /// The answer is larger than Lambda passes on.
    pub(super) fn answer_too_large() -> Self {
        let what = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
        Self::new("Function.ResponseSizeTooLarge", what.to_owned())
    }

    /// The bundle is being stopped.
    pub(super) fn stopping() -> Self {
        Self::new("ServiceException", "the local stack is stopping".to_owned())
    }

    fn new(error_type: &str, error_message: String) -> Self {
        Self { error_type: error_type.to_owned(), error_message }
    }
}
