//! What an alarm looks at: a line in CloudWatch's embedded metric format.

use std::io::Write;

use serde_json::json;
use shared::clock::Clock;

use super::ReconcileReport;

/// Writes the metrics of a run to standard output.
pub(crate) fn write(report: &ReconcileReport) {
    let line = json!({
        "_aws": {
            "Timestamp": Clock::default().now().as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "SpikeLand",
                "Dimensions": [["Function"]],
                "Metrics": [
                    { "Name": "ReconciliationFaults", "Unit": "Count" },
                    { "Name": "ReconciliationDuration", "Unit": "Milliseconds" },
                ],
            }],
        },
        "Function": "migrate",
        "ReconciliationFaults": report.faults,
        "ReconciliationDuration": report.duration_ms,
        "Broken": report.broken().map(|check| check.name).collect::<Vec<_>>(),
        "Fixed": report.fixed.len(),
    });
    // Nobody to tell when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
