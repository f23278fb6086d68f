//! Every limit in one place. Sizes are in bytes unless the name says otherwise.

use std::time::Duration;

/// Body of a sign-up or sign-in.
pub const CREDENTIALS_BODY: usize = 2_048;
/// Body of a Stripe event.
pub const STRIPE_BODY: usize = 64 * 1_024;

/// Characters of an e-mail address (RFC 5321, path length).
pub const EMAIL_CHARACTERS: usize = 254;
/// Characters of a person's name.
pub const NAME_CHARACTERS: usize = 100;
/// Characters of a password: enough for any pass phrase, little enough to hash.
pub const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=1_024;
/// What a session keeps of a user agent, in characters.
pub const USER_AGENT_CHARACTERS: usize = 300;
/// A token in a header or cookie: anything longer is not ours.
pub const CREDENTIAL_CHARACTERS: usize = 200;

/// Rows of a page when the caller names none.
pub const PAGE_DEFAULT: i64 = 50;
/// Rows of a page at the most.
pub const PAGE_MAX: i64 = 100;

/// How long a session lives.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How old, or how far ahead, a Stripe signature may be.
pub const STRIPE_TOLERANCE: Duration = Duration::from_secs(300);

/// All that one exchange with the database may take, connecting included, before the caller is told to retry.
pub const DATABASE_WAIT: Duration = Duration::from_millis(2_500);
/// Opening a connection.
pub const DATABASE_CONNECT: Duration = Duration::from_millis(2_000);
/// A connection unused for longer, by the wall clock, is checked before it carries work.
pub const DATABASE_IDLE: Duration = Duration::from_secs(10);
/// How long that check may take.
pub const DATABASE_CHECK: Duration = Duration::from_millis(400);
/// What `Retry-After` says when the database is away, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 2;
