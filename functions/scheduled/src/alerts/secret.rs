//! How old the database's password is: as old as the secret, or the file, that it is read from.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::database::UrlSource;

/// How long an answer is good for: Secrets Manager is paid by the question, and days are counted.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
const DAY_SECONDS: f64 = 24.0 * 60.0 * 60.0;

/// The password, and when it was last looked at.
pub(super) struct Password {
    source: UrlSource,
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Copy)]
struct Known {
    asked_at: Timestamp,
    changed_at: Option<Timestamp>,
}

impl Password {
    /// Of the URL that is read from `source`.
    pub(super) fn new(source: UrlSource) -> Self {
        Password { source, known: Mutex::new(None) }
    }

    /// Days since it was replaced; nothing where nobody knows, as when it is only in the environment.
    ///
    /// # Errors
    /// What would know did not answer; a sentence without the password.
    pub(super) async fn age_days(&self, now: Timestamp) -> Result<Option<f64>, String> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_at = match known {
            Some(known) if now.duration_since(known.asked_at).abs() < KEPT => known.changed_at,
            _ => {
                let changed_at = self.source.changed_at(now).await?;
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { asked_at: now, changed_at });
                changed_at
            }
        };
        Ok(changed_at.map(|changed_at| days(now.duration_since(changed_at))))
    }
}

/// A clock that is a little behind makes nothing younger than new.
fn days(age: SignedDuration) -> f64 {
    (age.as_secs_f64() / DAY_SECONDS).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::alerts::{State, decide, find};

    #[test]
    fn ops_10_a_password_of_ninety_days_is_calm_and_an_older_one_is_not() {
        let threshold = find("secrets.age").unwrap().threshold;
        let hours = SignedDuration::from_hours;
        for (age, state) in [(hours(-1), State::Ok), (hours(90 * 24), State::Ok), (hours(90 * 24 + 1), State::Firing)] {
            assert_eq!(decide(State::Ok, 0, Some(days(age)), threshold).state, state, "{age:?}");
        }
    }
}
