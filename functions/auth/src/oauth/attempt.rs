//! A sign-in on its way to a provider and back. The browser holds one secret, the address that the provider sends it back
//! with another: only together, once and in time do they take the attempt out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{Nonce, PkceCodeVerifier};
use shared::caller::cookie;
use shared::referrals::{self, Code};
use shared::secret::sha256;
use shared::{ApiError, Database, Statement, ids, limits};

use super::provider::Id;

/// An attempt that is about to start.
pub struct Attempt {
    /// Travels in the address.
    pub state: String,
    /// Stays in the browser.
    pub browser: String,
    /// Proves to the provider that the code comes to those who asked.
    pub code_verifier: String,
    /// Comes back in the ID token.
    pub nonce: String,
}

/// An attempt that has come back.
pub struct Returned {
    /// As in [`Attempt`].
    pub code_verifier: PkceCodeVerifier,
    /// As in [`Attempt`].
    pub nonce: Nonce,
    /// Where to go afterwards.
    pub callback_url: String,
    /// Of whoever brought the person here.
    pub referral_code: Option<String>,
}

impl Attempt {
    /// All of it random.
    pub fn new() -> Self {
        Attempt { state: random(), browser: random(), code_verifier: random(), nonce: random() }
    }

    /// The statement that writes it down. Of those that nobody came back from, a few are swept away.
    pub fn written(&self, id: Id, callback_url: &str, parts: &Parts, now: Timestamp) -> [Statement; 2] {
        let lifetime = SignedDuration::try_from(limits::OAUTH_ATTEMPT_LIFETIME).unwrap_or_default();
        let code = cookie(parts, referrals::COOKIE).and_then(Code::parse);
        let write = Statement::new(WRITE)
            .bind(sha256(&self.state))
            .bind(sha256(&self.browser))
            .bind(id.as_str())
            .bind(self.code_verifier.as_str())
            .bind(self.nonce.as_str())
            .bind(callback_url)
            .bind(code.as_ref().map(Code::as_str))
            .bind(now)
            .bind(now + lifetime);
        [write, Statement::new(SWEEP).bind(now)]
    }

    /// Takes out the attempt that this browser comes back from; `None` when there is none, or not any more.
    pub async fn taken(
        database: &Database,
        id: Id,
        state: &str,
        browser: &str,
        now: Timestamp,
    ) -> Result<Option<Returned>, ApiError> {
        let take = Statement::new(TAKE).bind(sha256(state)).bind(sha256(browser)).bind(id.as_str()).bind(now);
        let [rows] = database.write([take]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Returned {
            code_verifier: PkceCodeVerifier::new(row.try_get("code_verifier")?),
            nonce: Nonce::new(row.try_get("nonce")?),
            callback_url: row.try_get("callback_url")?,
            referral_code: row.try_get("referral_code")?,
        }))
    }
}

const WRITE: &str = "
insert into oauth_attempts
    (state_hash, browser_hash, provider, code_verifier, nonce, callback_url, referral_code, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const SWEEP: &str = "
delete from oauth_attempts
 where state_hash in (
    select state_hash from oauth_attempts where expires_at <= $1 order by expires_at limit 20 for update skip locked)";

const TAKE: &str = "
delete from oauth_attempts
 where state_hash = $1
   and browser_hash = $2
   and provider = $3
   and expires_at > $4
returning code_verifier, nonce, callback_url, referral_code";

/// 256 random bits: 43 characters.
fn random() -> String {
    let mut bytes = [0; 32];
    ids::fill_random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cookie that ties an attempt to its browser.
pub struct BrowserCookie {
    name: &'static str,
    attributes: &'static str,
}

impl BrowserCookie {
    /// `secure`: cookies travel over https only. A provider that posts back from its own page needs a cookie that travels
    /// with other sites' posts, which browsers grant over https alone.
    pub fn new(id: Id, secure: bool) -> Self {
        let name = if secure { "__Secure-authjs.state" } else { "authjs.state" };
        let attributes = match (id.posts_back(), secure) {
            (true, _) => "SameSite=None; Secure",
            (false, true) => "SameSite=Lax; Secure",
            (false, false) => "SameSite=Lax",
        };
        BrowserCookie { name, attributes }
    }

    /// What the browser holds.
    pub fn of<'a>(&self, parts: &'a Parts) -> Option<&'a str> {
        cookie(parts, self.name)
    }

    /// Gives it to the browser.
    pub fn given(&self, value: &str) -> Option<HeaderValue> {
        self.written(value, limits::OAUTH_ATTEMPT_LIFETIME.as_secs())
    }

    /// Takes it away.
    pub fn taken_away(&self) -> Option<HeaderValue> {
        self.written("", 0)
    }

    fn written(&self, value: &str, age_seconds: u64) -> Option<HeaderValue> {
        let BrowserCookie { name, attributes } = self;
        HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={age_seconds}; HttpOnly; {attributes}")).ok()
    }
}
