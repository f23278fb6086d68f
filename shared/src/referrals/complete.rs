//! Settling a referral: both are paid, or it is written down what speaks against it; once, whoever asks how often.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{BONUS, Referrals};
use crate::database::{Database, Statement};
use crate::error::ApiError;
use crate::ledger::{self, Movement};
use crate::limits;
use crate::tokens::Tokens;

/// How a referral stands after [`Referrals::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody brought this person, or it was settled before.
    NothingToDo,
    /// The newcomer's address is not proved yet.
    Waiting,
    /// Both were paid; what each got.
    Completed(Tokens),
    /// Nobody is paid, for good.
    Invalid(Reason),
}

/// What speaks against a referral; kept with it, told to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The one who brought the newcomer has deleted their account.
    ReferrerGone,
    /// The newcomer's address is made to be thrown away.
    DisposableEmail,
    /// The newcomer's mail lands in the referrer's inbox, or in that of somebody they brought before.
    SameInbox,
    /// The referrer brought somebody else from the same network within a day before.
    SameNetwork,
    /// The referrer was paid often enough today.
    DailyLimit,
}

impl Reason {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::ReferrerGone => "referrer_gone",
            Reason::DisposableEmail => "disposable_email",
            Reason::SameInbox => "same_inbox",
            Reason::SameNetwork => "same_network",
            Reason::DailyLimit => "daily_limit",
        }
    }
}

impl Referrals {
    /// Settles the referral that `referee_id` came by, if it is pending and their address is proved. May be called any number
    /// of times, at once too. When it fails the referral stays pending and nobody is paid.
    ///
    /// # Errors
    /// The database's.
    pub async fn complete(&self, database: &Database, referee_id: &str, now: Timestamp) -> Result<Outcome, ApiError> {
        let lock = Statement::new(LOCK).bind(referee_id);
        let facts = Statement::new(FACTS).bind(referee_id).bind(now);
        let (transaction, [_, facts]) = database.begin([lock, facts]).await?;
        let Some(row) = facts.first() else {
            transaction.rollback().await;
            return Ok(Outcome::NothingToDo);
        };
        let email: Option<String> = row.try_get("proved_email")?;
        let Some(email) = email else {
            transaction.rollback().await;
            return Ok(Outcome::Waiting);
        };
        let id: &str = row.try_get("id")?;
        if let Some(reason) = self.objection(&email, row)? {
            transaction.commit([Statement::new(INVALIDATE).bind(id).bind(reason.as_str())]).await?;
            return Ok(Outcome::Invalid(reason));
        }
        let mut paid = [(row.try_get("referrer_id")?, "referral_reward"), (referee_id, "referral_signup_bonus")];
        // Wallets are locked in one order, so that referrals that cross each other don't wait for each other.
        paid.sort_unstable();
        let [(first, _), (second, _)] = paid;
        let [post_first, post_second] = paid.map(|(user_id, source)| ledger::post(bonus(user_id, source, id), now));
        let opened = [ledger::open(first, now), ledger::open(second, now)];
        let [open_first, open_second] = opened;
        let complete = Statement::new(COMPLETE).bind(id).bind(now).bind(event_key(id));
        transaction.commit([open_first, open_second, post_first, post_second, complete]).await?;
        Ok(Outcome::Completed(BONUS))
    }

    fn objection(&self, email: &str, row: &Row) -> Result<Option<Reason>, ApiError> {
        let is = |column: &str| row.try_get::<_, bool>(column);
        let completed_today: i64 = row.try_get("completed_today")?;
        Ok(if is("referrer_gone")? {
            Some(Reason::ReferrerGone)
        } else if self.blocked.has(email) {
            Some(Reason::DisposableEmail)
        } else if is("same_inbox")? {
            Some(Reason::SameInbox)
        } else if is("same_network")? {
            Some(Reason::SameNetwork)
        } else if completed_today >= limits::REFERRALS_PER_DAY {
            Some(Reason::DailyLimit)
        } else {
            None
        })
    }
}

fn bonus<'a>(user_id: &'a str, source: &'static str, referral_id: &'a str) -> Movement<'a> {
    Movement {
        user_id,
        amount: BONUS,
        kind: "EARN_BONUS",
        source,
        source_id: Some(referral_id),
        event_key: event_key(referral_id),
        metadata: None,
    }
}

fn event_key(referral_id: &str) -> String {
    format!("referral:{referral_id}")
}

/// One referral of a referrer at a time, so that the counts below hold until the commit. People before their referral, as
/// everywhere else; two people in the order of their ids.
const LOCK: &str = "
select u.id
  from referrals r
  join users u on u.id in (r.referrer_id, r.referee_id)
 where r.referee_id = $1
   and r.status = 'PENDING'
 order by u.id
   for no key update of u";

/// What is known of the pending referral, seen after the lock. Earlier referrals count, not later ones: of two from one
/// network the first is good. One whose network was forgotten, with its person, may have been from the same.
const FACTS: &str = "
with pending as materialized (
    select r.id, r.referrer_id, r.referee_id, r.ip_address, r.created_at
      from referrals r
     where r.referee_id = $1
       and r.status = 'PENDING'
       for update
),
ids as (
    select referrer_id as id from pending
     union
    select referee_id from pending
     union
    select o.referee_id from pending p join referrals o on o.referrer_id = p.referrer_id and o.status = 'COMPLETED'
),
people as (
    select u.id, u.email, u.email_verified, u.deleted_at,
           case
               when part.domain in ('gmail.com', 'googlemail.com') then replace(part.name, '.', '') || '@gmail.com'
               else part.name || '@' || part.domain
           end as inbox
      from ids
      join users u on u.id = ids.id
     cross join lateral (
         select split_part(split_part(u.email, '@', 1), '+', 1) as name, split_part(u.email, '@', 2) as domain
     ) part
)
select p.id, p.referrer_id,
       case when referee.email_verified is not null then referee.email end as proved_email,
       referrer.deleted_at is not null as referrer_gone,
       exists (select from people o where o.id <> p.referee_id and o.inbox = referee.inbox) as same_inbox,
       exists (
           select
             from referrals o
            where o.referrer_id = p.referrer_id
              and (o.created_at, o.id) < (p.created_at, p.id)
              and o.created_at > p.created_at - interval '24 hours'
              and (o.ip_address = p.ip_address or o.ip_address is null or p.ip_address is null)
       ) as same_network,
       (
           select count(*)
             from referrals o
            where o.referrer_id = p.referrer_id
              and o.status = 'COMPLETED'
              and o.completed_at >= date_trunc('day', $2::timestamptz, 'UTC')
       ) as completed_today
  from pending p
  join people referee on referee.id = p.referee_id
  join people referrer on referrer.id = p.referrer_id";

const INVALIDATE: &str = "update referrals set status = 'INVALID', invalid_reason = $2 where id = $1";

/// `tokens_granted` is what the ledger has; without both entries it is null, and nothing of this happens.
const COMPLETE: &str = "
with completed as (
    update referrals r
       set status = 'COMPLETED',
           completed_at = $2,
           tokens_granted = (
               select case count(*) when 2 then sum(t.amount)::bigint end
                 from token_transactions t
                where t.user_id in (r.referrer_id, r.referee_id)
                  and t.event_key = $3)
     where r.id = $1
    returning r.referrer_id
)
update users u
   set referral_count = u.referral_count + 1
  from completed c
 where u.id = c.referrer_id";
