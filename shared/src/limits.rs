//! Every limit in one place. Sizes are in bytes unless the name says otherwise.

use std::time::Duration;

use crate::rate_limit::RateLimit;

/// Body of a sign-up or sign-in.
pub const CREDENTIALS_BODY: usize = 2_048;
/// Body that is an e-mail address.
pub const EMAIL_BODY: usize = 1_024;
/// Body of what an administrator does to a person.
pub const ADMIN_BODY: usize = 4_096;
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
/// A token or key in a header: anything longer is not ours.
pub const CREDENTIAL_CHARACTERS: usize = 200;
/// What a list is searched for, in characters.
pub const SEARCH_CHARACTERS: usize = 100;
/// What a list is otherwise narrowed by, in characters.
pub const FILTER_CHARACTERS: usize = 100;
/// Where a page starts, in characters.
pub const CURSOR_CHARACTERS: usize = 300;
/// Characters of any person's id that we have, imported ones included.
pub const USER_ID_CHARACTERS: usize = 64;
/// Characters of the key by which a client repeats a request.
pub const IDEMPOTENCY_KEY_CHARACTERS: usize = 200;
/// How long a request with such a key may be under way: longer than any function that takes one may run.
pub const IDEMPOTENCY_UNDER_WAY: Duration = Duration::from_secs(30);

/// A sealed session cookie, all its chunks together.
pub const SESSION_COOKIE_BYTES: usize = 16 * 1_024;
/// What of a sealed session goes into one cookie: what browsers take, less what Auth.js allows for name and attributes.
pub const COOKIE_CHUNK_BYTES: usize = 4_096 - 160;
/// Chunks of a session cookie.
pub const COOKIE_CHUNKS: usize = 8;

/// Rows of a page when the caller names none.
pub const PAGE_DEFAULT: i64 = 50;
/// Rows of a page at the most.
pub const PAGE_MAX: i64 = 100;

/// How long a session lives.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often it is written down that a session or key is in use.
pub const SEEN_EVERY: Duration = Duration::from_secs(5 * 60);
/// Callers of whom an instance remembers that.
pub const SEEN_REMEMBERED: usize = 10_000;
/// How far the clocks of those who seal and open session cookies may differ.
pub const SESSION_COOKIE_TOLERANCE: Duration = Duration::from_secs(15);
/// How old, or how far ahead, a Stripe signature may be.
pub const STRIPE_TOLERANCE: Duration = Duration::from_secs(300);

/// How long a request waits for the mail server with the mails that it caused.
pub const MAIL_WAIT: Duration = Duration::from_secs(1);
/// How long a scheduled run works at the mails that are due.
pub const MAIL_BATCH_WAIT: Duration = Duration::from_secs(20);
/// How long a mail that was just written down is left to the request that caused it.
pub const MAIL_HEAD_START: Duration = Duration::from_secs(10);
/// Overdue mails that a request with a mail of its own takes along.
pub const MAIL_TAKEN_ALONG: i64 = 2;
/// Attempts at a mail before it is given up. Between them are 1, 2, 4 … minutes: about two hours in all.
pub const MAIL_ATTEMPTS: i32 = 8;
/// What is kept of a mail server's refusal.
pub const MAIL_ERROR_CHARACTERS: usize = 300;

/// All that one exchange with the database may take, connecting included, before the caller is told to retry.
pub const DATABASE_WAIT: Duration = Duration::from_millis(2_500);
/// Opening a connection to one of several hosts, the next of which is tried after that.
pub const DATABASE_HOST_WAIT: Duration = Duration::from_millis(1_000);
/// How long one of several hosts is taken for the primary: a pooler keeps a connection open while the server behind it
/// becomes a replica, and reads would go on there unnoticed.
pub const DATABASE_HOST_TRUST: Duration = Duration::from_secs(60);
/// Opening a connection.
pub const DATABASE_CONNECT: Duration = Duration::from_millis(2_000);
/// A connection unused for longer, by the wall clock, is checked before it carries work.
pub const DATABASE_IDLE: Duration = Duration::from_secs(10);
/// How long that check may take.
pub const DATABASE_CHECK: Duration = Duration::from_millis(400);
/// How far the read replica may be behind.
pub const REPLICA_LAG: Duration = Duration::from_secs(30);
/// How long the read replica is left alone when it was away or behind.
pub const REPLICA_REST: Duration = Duration::from_secs(30);
/// Asking for a secret.
pub const SECRET_WAIT: Duration = Duration::from_millis(1_500);
/// What `Retry-After` says when the database is away, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 2;
/// What it says while nothing is written, in seconds.
pub const MAINTENANCE_RETRY_SECONDS: u32 = 60;

/// Sign-ups from one address.
pub const SIGN_UPS: RateLimit = RateLimit {
    name: "signup",
    hits: 5,
    window: Duration::from_secs(60 * 60),
    message: "Too many signup attempts. Please try again later.",
};
/// Questions from one address whether an e-mail has an account.
pub const EMAIL_CHECKS: RateLimit = RateLimit {
    name: "email_check",
    hits: 10,
    window: Duration::from_secs(60),
    message: "Too many requests. Please try again later.",
};
/// Sign-ins from one address.
pub const SIGN_INS: RateLimit = RateLimit {
    name: "signin",
    hits: 10,
    window: Duration::from_secs(60),
    message: "Too many signin attempts. Please try again later.",
};
/// Sign-ins to one account from one address.
pub const SIGN_INS_TO_ACCOUNT: RateLimit = RateLimit {
    name: "login",
    hits: 5,
    window: Duration::from_secs(15 * 60),
    message: "Too many signin attempts. Please try again later.",
};
/// Failed sign-ins to one account from everywhere. The person is not locked out: where they have been signed in before
/// this does not count, and the reset mail always works.
pub const GUESSES: RateLimit = RateLimit {
    name: "guess",
    hits: 100,
    window: Duration::from_secs(15 * 60),
    message: "Too many signin attempts for this account. Please try again later, or reset the password by mail.",
};
/// How many of them are answered at full speed.
pub const QUICK_GUESSES: i64 = 20;
/// How long each further one waits.
pub const GUESS_DELAY: Duration = Duration::from_secs(2);
/// Mails asked for from one address, and links tried from there.
pub const LINK_REQUESTS: RateLimit = RateLimit {
    name: "link",
    hits: 10,
    window: Duration::from_secs(15 * 60),
    message: "Too many requests. Please try again later.",
};
/// Mails sent to one person at the request of strangers.
pub const LINK_MAILS: RateLimit = RateLimit {
    name: "link_mail",
    hits: 3,
    window: Duration::from_secs(60 * 60),
    message: "Too many requests. Please try again later.",
};
/// How long the link in a verification mail works.
pub const VERIFY_LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the link in a reset mail works.
pub const RESET_LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long an answer takes that must not tell whether it sent a mail: longer than sending may.
pub const MAIL_ANSWER: Duration = Duration::from_millis(1_300);
/// A session older than this is prolonged when its browser asks for it.
pub const SESSION_PROLONG_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Tokens that an administrator gives or takes at once.
pub const TOKEN_ADJUSTMENT: std::ops::RangeInclusive<i64> = -1_000..=10_000;
/// Audit faults that one check names.
pub const AUDIT_FAULTS: i64 = 100;
/// Parts in which one spend is given back.
pub const REFUND_PARTS: u16 = 100;
/// Looks of one person's agents at the balance.
pub const MCP_BALANCES: RateLimit =
    RateLimit { name: "mcp_balance", hits: 60, window: Duration::from_secs(60), message: "Rate limit exceeded" };
/// Passwords that one administrator sets for others.
pub const ADMIN_PASSWORDS: RateLimit = RateLimit {
    name: "admin_password",
    hits: 5,
    window: Duration::from_secs(60 * 60),
    message: "Too many passwords set. Please try again later.",
};
/// Test mails that one administrator sends.
pub const TEST_MAILS: RateLimit = RateLimit {
    name: "test_mail",
    hits: 10,
    window: Duration::from_secs(60 * 60),
    message: "Too many test mails. Please try again later.",
};

/// Guesses of their own password by somebody who is signed in.
pub const PASSWORD_CHECKS: RateLimit = RateLimit {
    name: "password_check",
    hits: 5,
    window: Duration::from_secs(15 * 60),
    message: "Too many attempts. Please try again later, or reset the password by mail.",
};
/// Referral codes looked up from one address.
pub const REFERRAL_LOOKUPS: RateLimit = RateLimit {
    name: "referral_lookup",
    hits: 20,
    window: Duration::from_secs(60),
    message: "Too many requests. Please try again later.",
};

/// Keys that one person may use at a time.
pub const API_KEYS: i64 = 10;
/// Characters of an API key's name.
pub const API_KEY_NAME_CHARACTERS: usize = 50;
/// Body of a change of settings.
pub const SETTINGS_BODY: usize = 4_096;
/// All of a person's preferences, as JSON.
pub const PREFERENCES_BYTES: usize = 4_096;
/// Characters of the name of a preference.
pub const PREFERENCE_NAME_CHARACTERS: usize = 64;

/// Referrals that one person is paid for in a day (UTC).
pub const REFERRALS_PER_DAY: i64 = 10;
/// Newest referrals that the statistics list.
pub const REFERRALS_LISTED: i64 = 50;
/// How long after signing up a person may still say who brought them.
pub const REFERRAL_APPLY_WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a browser remembers by whose link it came.
pub const REFERRAL_COOKIE_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Body that is a voucher code.
pub const VOUCHER_BODY: usize = 1_024;
/// Characters of a voucher code.
pub const VOUCHER_CODE_CHARACTERS: usize = 50;
/// What a voucher may be worth, in tokens.
pub const VOUCHER_TOKENS: std::ops::RangeInclusive<i64> = 1..=1_000_000;
/// What a voucher may be worth, in percent of a balance.
pub const VOUCHER_PERCENT: std::ops::RangeInclusive<i64> = 1..=1_000;
/// How often a voucher may be redeemed, if not any number of times.
pub const VOUCHER_USES: std::ops::RangeInclusive<i64> = 1..=1_000_000_000;
/// Characters of a voucher's id.
pub const VOUCHER_ID_CHARACTERS: usize = 64;
/// Voucher codes looked up from one address.
pub const VOUCHER_CHECKS: RateLimit = RateLimit {
    name: "voucher_check",
    hits: 50,
    window: Duration::from_secs(60 * 60),
    message: "Too many voucher codes. Please try again later.",
};
/// Voucher codes that one person tries to redeem in vain.
pub const VOUCHER_ATTEMPTS: RateLimit = RateLimit {
    name: "voucher_attempt",
    hits: 5,
    window: Duration::from_secs(60 * 60),
    message: "Too many redemption attempts. Please try again later.",
};

/// Body of a sign-in through a provider.
pub const SIGN_IN_FORM: usize = 8 * 1_024;
/// How long a person may take at a provider.
pub const OAUTH_ATTEMPT_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// What a provider answers, at the most.
pub const PROVIDER_ANSWER: usize = 256 * 1_024;
/// How long one answer of a provider is waited for.
pub const PROVIDER_WAIT: Duration = Duration::from_secs(3);
/// How long all answers are waited for that one sign-in needs: the database still has its time before the function ends.
pub const PROVIDER_WAIT_IN_ALL: Duration = Duration::from_secs(8);
/// How long a provider's endpoints and keys are kept.
pub const PROVIDER_KEPT: Duration = Duration::from_secs(60 * 60);
/// Characters of a provider's id for a person.
pub const PROVIDER_ACCOUNT_CHARACTERS: usize = 255;
/// Characters of the address of a portrait.
pub const IMAGE_ADDRESS_CHARACTERS: usize = 2_048;
/// Sign-ins through providers from one address, begun or ended on a phone.
pub const PROVIDER_SIGN_INS: RateLimit = RateLimit {
    name: "provider_signin",
    hits: 60,
    window: Duration::from_secs(10 * 60),
    message: "Too many signin attempts. Please try again later.",
};

/// Body of a request to buy something or to change a subscription.
pub const BILLING_BODY: usize = 10 * 1_024;
/// Reaching Stripe.
pub const STRIPE_CONNECT: Duration = Duration::from_secs(2);
/// One answer of Stripe.
pub const STRIPE_ANSWER_WAIT: Duration = Duration::from_secs(4);
/// All that one request of ours may spend on Stripe: the database still has its time before the function ends.
pub const STRIPE_WAIT: Duration = Duration::from_secs(8);
/// How often a request to Stripe is repeated, with the same key.
pub const STRIPE_REPETITIONS: u32 = 3;
/// What Stripe answers, at the most.
pub const STRIPE_ANSWER: usize = 512 * 1_024;
/// How long the page works on which a subscription is paid.
pub const SUBSCRIPTION_CHECKOUT_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long the same person is given the same page again: two paid pages would be two subscriptions.
pub const SUBSCRIPTION_CHECKOUT_REUSED: Duration = Duration::from_secs(25 * 60);
/// How long a lost answer of Stripe is asked for again. Stripe forgets a key after a day.
pub const STRIPE_OPERATION_LIFETIME: Duration = Duration::from_secs(23 * 60 * 60);

/// Lambda ends a run after so long at the latest.
pub const LAMBDA_MOST: Duration = Duration::from_secs(900);
/// Rows that a scheduled job deletes at once: few enough for the time that a statement has.
pub const PURGE_BATCH: i64 = 5_000;
/// How long a session is kept after its end.
pub const SESSIONS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long the answer to a request with an idempotency key is kept.
pub const IDEMPOTENCY_KEYS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long a rate limit's window is kept after its end.
pub const RATE_LIMITS_KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a sign-in through a provider is kept after its time.
pub const OAUTH_ATTEMPTS_KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a mailed link is kept after its end.
pub const VERIFICATION_TOKENS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long it is kept when a job ran and what it did.
pub const JOB_RUNS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long an alert is kept after it was delivered or given up.
pub const ALERT_OUTBOX_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long errors are kept.
pub const ERROR_LOGS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long visits, their pages and what was done there are kept.
pub const TRACKING_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long figures of campaigns are kept after they are too old to be shown.
pub const METRICS_CACHE_KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a file that was not used is kept after its time.
pub const UPLOADS_KEPT: Duration = Duration::from_secs(60 * 60);
/// How long what the printer told us is kept: its recipients are people.
pub const MERCH_WEBHOOK_EVENTS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long what advertising platforms told us is kept.
pub const MARKETING_WEBHOOK_EVENTS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long reports of the mail provider are kept.
pub const EMAIL_EVENTS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Audit entries that a scheduled job archives or deletes at once: each is asked for its policy.
pub const AUDIT_BATCH: i32 = 1_000;
/// Mails that a scheduled run sends over one connection.
pub const MAIL_BATCH: i64 = 50;
/// Referrals that a scheduled run looks at together.
pub const REFERRAL_BATCH: i64 = 100;
/// People who owe tokens that a scheduled run looks at together.
pub const DEBTOR_BATCH: i64 = 100;
/// For how long after somebody has left it is looked whether they are still billed: longer than a page works that they
/// may have paid on, and than Stripe tells of it again and again.
pub const LEFT_LATELY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
