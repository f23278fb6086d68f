//! The limit on requests per second, as a bucket of tokens that fills steadily.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::template::Throttling;

/// A bucket of tokens, full at first.
#[derive(Debug)]
pub(super) struct Throttle {
    settings: Throttling,
    bucket: Mutex<(f64, Instant)>,
}

impl Throttle {
    /// A bucket for these limits.
    pub(super) fn new(settings: Throttling) -> Self {
        Self { settings, bucket: Mutex::new((settings.burst.into(), Instant::now())) }
    }

    /// Takes a token; false when there is none.
    pub(super) fn admits(&self) -> bool {
        self.admits_at(Instant::now())
    }

    fn admits_at(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, filled) = *bucket;
        let gained = now.saturating_duration_since(filled).as_secs_f64() * f64::from(self.settings.requests_per_second);
        let tokens = (tokens + gained).min(self.settings.burst.into());
        let admitted = tokens >= 1.0;
        *bucket = (if admitted { tokens - 1.0 } else { tokens }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn admits_the_burst_and_then_the_rate() {
        let throttle = Throttle::new(Throttling { burst: 3, requests_per_second: 10 });
        let start = Instant::now();
        let admitted = (0..10).filter(|_| throttle.admits_at(start)).count();
        assert_eq!(admitted, 3);
        assert!(!throttle.admits_at(start + Duration::from_millis(50)));
        assert!(throttle.admits_at(start + Duration::from_millis(101)));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| throttle.admits_at(later)).count(), 3);
    }
}
