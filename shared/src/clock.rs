//! The time of day: one place, which a test can move.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

/// Tells the time. Outside production it can be moved by a file (`CLOCK_FILE`) that holds an offset in seconds.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_file: Option<Arc<PathBuf>>,
}

impl Clock {
    /// The real clock, moved by the seconds in `offset_file` when there is one.
    pub fn new(offset_file: Option<PathBuf>) -> Self {
        Clock { offset_file: offset_file.map(Arc::new) }
    }

    /// Now, in whole microseconds as PostgreSQL keeps them.
    pub fn now(&self) -> Timestamp {
        let now = wall_clock() + self.offset();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Read at each call: a test moves the clock of a running process.
    fn offset(&self) -> SignedDuration {
        let Some(file) = &self.offset_file else { return SignedDuration::ZERO };
        let text = std::fs::read_to_string(file.as_ref()).unwrap_or_default();
        SignedDuration::from_secs(text.trim().parse().unwrap_or(0))
    }
}

/// A moment as the API writes it: ISO 8601, UTC, milliseconds.
pub fn iso(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_milliseconds() {
        assert_eq!(iso(Timestamp::from_microsecond(1_763_800_000_120_000).unwrap()), "2025-11-22T08:26:40.120Z");
    }
}
