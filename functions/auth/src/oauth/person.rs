//! Whose account a provider's answer opens.
//!
//! The provider's id decides. Only for an id that is new here the address counts, and only when the provider vouches for it:
//! otherwise anybody could claim anybody's account by telling their address to a careless provider.

use jiff::Timestamp;
use shared::caller::{Anyone, SessionToken};
use shared::ids::{Email, new_id};
use shared::new_user::{self, NewUser};
use shared::{ApiError, App, Identity, Statement};

use super::exchange::Granted;
use super::failure::Failure;
use super::provider::Id;
use super::sealed::Place;
use crate::sign_in::{self, Signed};
use crate::{Settings, welcome};

/// Another callback of the same person may link or make the account at the same moment; then it is there the next time.
const ROUNDS: usize = 3;

/// A person whom a provider vouches for.
pub struct Arrival<'a> {
    /// What is known of the browser or phone.
    pub stranger: &'a Anyone,
    /// The database.
    pub app: &'a App,
    /// Keys and salt.
    pub settings: &'a Settings,
    /// Who vouches.
    pub provider: Id,
    /// For whom.
    pub granted: &'a Granted,
    /// Of whoever brought them here.
    pub referral_code: Option<&'a str>,
}

/// Whom we know of what a provider says.
struct Known {
    user_id: String,
    email: Option<String>,
    /// Whether the provider's id is theirs, rather than the address.
    is_linked: bool,
    /// Whether the person has proved to us that the address is theirs.
    has_proved: bool,
}

/// Signs in whoever it is: somebody linked, somebody with the same address, or somebody new.
pub async fn signed_in(arrival: &Arrival<'_>) -> Result<Signed, Failure> {
    for _ in 0..ROUNDS {
        let outcome = Box::pin(arrival.signed_in_once()).await;
        if !matches!(outcome, Err(Failure::Api(ApiError::EmailTaken))) {
            return outcome;
        }
    }
    Err(Failure::NotLinked)
}

impl Arrival<'_> {
    async fn signed_in_once(&self) -> Result<Signed, Failure> {
        let (database, profile) = (&self.app.database, &self.granted.profile);
        let find = Statement::new(FIND)
            .bind(self.provider.as_str())
            .bind(profile.account.as_str())
            .bind(profile.email.as_ref().map(Email::as_str));
        let salt = new_user::require_salt(&self.settings.user_id_salt);
        let (transaction, [_, rows]) = database.begin([salt, find]).await?;
        let Some(row) = rows.first() else {
            transaction.rollback().await;
            return Ok(self.made().await?);
        };
        let known = Known {
            user_id: row.try_get("id").map_err(ApiError::from)?,
            email: row.try_get("email").map_err(ApiError::from)?,
            is_linked: row.try_get("is_linked").map_err(ApiError::from)?,
            has_proved: row.try_get("has_proved").map_err(ApiError::from)?,
        };
        if !known.is_linked && !self.proves(&known) {
            transaction.rollback().await;
            return Err(Failure::NotLinked);
        }

        let token = SessionToken::generate();
        let (opening, expires_at) = sign_in::session(&known.user_id, &token, self.stranger, None);
        let account = if known.is_linked { self.account_again(&known.user_id) } else { self.account(&known.user_id) };
        let statements = [self.taken_over(&known), account, self.refreshed(&known), opening];
        let [_, _, _, opened] = transaction.commit(statements).await?;
        let person = opened.first().ok_or(ApiError::EmailTaken)?;
        let person = Identity::of(person)?;
        if !known.has_proved && self.proves(&known) {
            self.settle_referral(&known.user_id).await;
        }
        Ok(Signed { person, token: token.text, expires_at })
    }

    /// Whether the provider vouches that the person's address is theirs.
    fn proves(&self, known: &Known) -> bool {
        let profile = &self.granted.profile;
        profile.email_verified && profile.email.as_ref().map(Email::as_str) == known.email.as_deref()
    }

    /// Whatever a stranger may have prepared in an account for an address that was not theirs goes, before its owner comes.
    fn taken_over(&self, known: &Known) -> Statement {
        let is_taken_over = !known.is_linked && !known.has_proved;
        if is_taken_over {
            tracing::info!("an account whose address nobody had proved goes to the one who has");
        }
        Statement::new(TAKE_OVER).bind(known.user_id.as_str()).bind(self.stranger.now).bind(is_taken_over)
    }

    /// What the provider says anew. The address stays what it is.
    fn refreshed(&self, known: &Known) -> Statement {
        let profile = &self.granted.profile;
        let proved_at: Option<Timestamp> = self.proves(known).then_some(self.stranger.now);
        Statement::new(REFRESH)
            .bind(known.user_id.as_str())
            .bind(profile.name.as_deref())
            .bind(profile.image.as_deref())
            .bind(proved_at)
    }

    /// Somebody new.
    async fn made(&self) -> Result<Signed, ApiError> {
        let profile = &self.granted.profile;
        let account = format!("{}:{}", self.provider.as_str(), profile.account);
        let user = NewUser {
            email: profile.email.as_ref(),
            provider_account: Some(&account),
            name: profile.name.as_deref(),
            image: profile.image.as_deref(),
            password_hash: None,
            email_verified: profile.email_verified,
        };
        let also = |id: &str| vec![self.account(id)];
        let made = welcome::make(self.app, self.settings, self.stranger, &user, self.referral_code, also);
        Box::pin(made).await
    }

    /// Links the provider's account to `user_id`.
    fn account(&self, user_id: &str) -> Statement {
        self.with_tokens(ACCOUNT, user_id).bind(self.stranger.now).bind(new_id("acc", self.stranger.now))
    }

    /// The newest tokens for an account that is linked.
    fn account_again(&self, user_id: &str) -> Statement {
        self.with_tokens(ACCOUNT_AGAIN, user_id)
    }

    /// `sql` with the account as `$1` to `$3` and the tokens, sealed, as `$4` to `$9`.
    fn with_tokens(&self, sql: &'static str, user_id: &str) -> Statement {
        let (tokens, account) = (&self.granted.tokens, self.granted.profile.account.as_str());
        let sealed = |column: &'static str, token: Option<&str>| {
            let place = Place { provider: self.provider.as_str(), account, column };
            token.zip(self.settings.oauth.keys.as_ref()).and_then(|(token, keys)| keys.seal(token, place))
        };
        Statement::new(sql)
            .bind(user_id)
            .bind(self.provider.as_str())
            .bind(account)
            .bind(sealed("access_token", Some(&tokens.access)))
            .bind(sealed("refresh_token", tokens.refresh.as_deref()))
            .bind(sealed("id_token", tokens.id.as_deref()))
            .bind(tokens.expires_at)
            .bind(tokens.kind.as_str())
            .bind(tokens.scope.as_deref())
    }

    /// The person is signed in whether or not this succeeds; it is tried again when the address is proved by mail.
    async fn settle_referral(&self, user_id: &str) {
        if let Err(error) = self.settings.referrals.complete(&self.app.database, user_id, self.stranger.now).await {
            tracing::warn!(%error, "a referral was not settled");
        }
    }
}

/// Whoever has the provider's id, else whoever has the address. Locked: what is decided about them must still be true when
/// it is written.
const FIND: &str = "
select u.id, u.email, u.email_verified is not null as has_proved,
       exists (select from accounts a
                where a.provider = $1 and a.provider_account_id = $2 and a.user_id = u.id) as is_linked
  from users u
 where u.id = coalesce(
           (select a.user_id from accounts a where a.provider = $1 and a.provider_account_id = $2),
           (select e.id from users e where e.email = $3))
   and u.deleted_at is null
   for update of u";

/// Its own statement behind the lock: it sees sessions that were opened while the lock was waited for.
const TAKE_OVER: &str = "
with sessions_ended as (
    update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null and $3
),
keys_ended as (
    update api_keys set is_active = false where user_id = $1 and is_active and $3
),
links_ended as (
    delete from accounts where user_id = $1 and $3
)
update users
   set password_hash = null, signed_out_at = $2
 where id = $1
   and $3";

const REFRESH: &str = "
update users
   set name = coalesce($2, name), image = coalesce($3, image), email_verified = coalesce(email_verified, $4)
 where id = $1";

const ACCOUNT: &str = "
insert into accounts
    (user_id, provider, provider_account_id, access_token, refresh_token, id_token, expires_at, token_type, scope,
     created_at, id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// A provider gives a refresh token only the first time. Creation time and id stay.
const ACCOUNT_AGAIN: &str = "
update accounts
   set access_token = $4, refresh_token = coalesce($5, refresh_token), id_token = coalesce($6, id_token),
       expires_at = $7, token_type = $8, scope = coalesce($9, scope)
 where user_id = $1
   and provider = $2
   and provider_account_id = $3";
