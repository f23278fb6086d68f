//! Limits on how often: one statement counts and answers, so that a limit of twenty lets twenty through, however many come
//! at once. A window starts with the first hit and every hit counts, also those that were refused.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};
use crate::error::ApiError;
use crate::secret::sha256;

/// So many hits in so long a window. All of them are in [`crate::limits`].
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Names the limit; part of the row's key.
    pub name: &'static str,
    /// Hits that pass.
    pub hits: i64,
    /// How long they are counted.
    pub window: Duration,
    /// The public sentence when there were more.
    pub message: &'static str,
}

/// What a counted hit came to.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// Hits in this window, this one included.
    pub hits: i64,
    /// When the window ends.
    pub window_ends_at: Timestamp,
}

impl RateLimit {
    /// Counts a hit of `subject`: an address, an e-mail, a user id. Send it with [`crate::Database::read`], beside what the
    /// handler asks anyway: then a failure of that does not take the count back.
    pub fn hit(&self, subject: &str, now: Timestamp) -> Statement {
        let window = SignedDuration::try_from(self.window).unwrap_or_default();
        Statement::new(HIT).bind(self.key(subject)).bind(now).bind(now + window)
    }

    /// Takes one hit back that should not have counted, such as a sign-in that succeeded.
    pub fn give_back(&self, subject: &str) -> Statement {
        Statement::new("update rate_limits set hits = hits - 1 where key = $1 and hits > 0").bind(self.key(subject))
    }

    /// Reads the answer to [`RateLimit::hit`].
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] when there were too many.
    pub fn check(&self, rows: &[Row], now: Timestamp) -> Result<(), ApiError> {
        let count = count(rows)?;
        match count.hits > self.hits {
            true => Err(self.exceeded(count, now)),
            false => Ok(()),
        }
    }

    /// What is answered to too many.
    pub fn exceeded(&self, count: Count, now: Timestamp) -> ApiError {
        let wait = count.window_ends_at.duration_since(now);
        let seconds = wait.as_millis().max(1).unsigned_abs().div_ceil(1_000);
        ApiError::TooManyRequests {
            message: self.message,
            retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        }
    }

    fn key(&self, subject: &str) -> [u8; 32] {
        sha256(format!("{}:{subject}", self.name))
    }
}

/// The count that [`RateLimit::hit`] answered.
///
/// # Errors
/// The row is not one of [`RateLimit::hit`].
pub fn count(rows: &[Row]) -> Result<Count, DatabaseError> {
    let row = rows.first().ok_or(DatabaseError::Protocol("a hit was not counted"))?;
    Ok(Count { hits: row.try_get("hits")?, window_ends_at: row.try_get("window_ends_at")? })
}

const HIT: &str = "
insert into rate_limits as l (key, hits, window_ends_at)
values ($1, 1, $3)
on conflict (key) do update
   set hits = case when l.window_ends_at <= $2 then 1 else l.hits + 1 end,
       window_ends_at = case when l.window_ends_at <= $2 then $3 else l.window_ends_at end
returning hits, window_ends_at";
