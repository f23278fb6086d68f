//! Logs as JSON lines, and one metrics line per request in CloudWatch's embedded metric format.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::level_filters::LevelFilter;

/// Starts writing log lines of at least `level` to standard output.
pub fn start(level: LevelFilter) {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A second start, in a test, keeps the first.
    let _ = tracing::subscriber::set_global_default(lines.with_max_level(level).finish());
}

/// Whether this is the first request of the process; true once.
pub fn take_cold_start() -> bool {
    static WARM: AtomicBool = AtomicBool::new(false);
    !WARM.swap(true, Ordering::Relaxed)
}

/// What is known of a request when it has been answered.
pub struct Answered<'a> {
    /// The function's name.
    pub function: &'a str,
    /// Method and route pattern, such as `GET /api/tokens/balance`; never the path itself.
    pub route: &'a str,
    /// The Lambda request id.
    pub request_id: &'a str,
    /// The answer's status.
    pub status: StatusCode,
    /// The error code, if it was one.
    pub code: Option<&'a str>,
    /// From the event's arrival to the answer.
    pub duration: Duration,
    /// Exchanges with the database.
    pub round_trips: u32,
    /// Whether the process had just started.
    pub cold_start: bool,
    /// When it was answered.
    pub now: Timestamp,
}

impl Answered<'_> {
    /// Writes the metrics line.
    pub fn write(&self) {
        let line = json!({
            "_aws": {
                "Timestamp": self.now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "SpikeLand",
                    "Dimensions": [["Function"], ["Function", "Route"]],
                    "Metrics": [
                        { "Name": "Duration", "Unit": "Milliseconds" },
                        { "Name": "RoundTrips", "Unit": "Count" },
                        { "Name": "ColdStart", "Unit": "Count" },
                        { "Name": "ServerError", "Unit": "Count" },
                    ],
                }],
            },
            "Function": self.function,
            "Route": self.route,
            "RequestId": self.request_id,
            "Status": self.status.as_u16(),
            "Code": self.code,
            "Duration": self.duration.as_secs_f64() * 1_000.0,
            "RoundTrips": self.round_trips,
            "ColdStart": u8::from(self.cold_start),
            "ServerError": u8::from(self.status.is_server_error()),
        });
        // Nobody to tell when standard output is gone.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// Writes one line of metrics (name, unit, value) of `function`: what CloudWatch's alarms look at, which works without any
/// database.
pub fn write_metrics(function: &str, metrics: &[(&str, &str, f64)], now: Timestamp) {
    let named: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
    let mut line: Map<String, Value> =
        metrics.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))).collect();
    line.insert("Function".to_owned(), function.into());
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": "SpikeLand", "Dimensions": [["Function"], []], "Metrics": named }],
        }),
    );
    let _ = writeln!(std::io::stdout().lock(), "{}", Value::Object(line));
}
