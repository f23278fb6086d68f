//! Deleting a person: the row stays and becomes anonymous, because money points at it; everything that says who it was goes.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};

/// Anonymises a person and takes away what only they have: sessions, API keys, linked providers, links in mails. The
/// wallet, the ledger and the payments stay. A subscription of theirs is ended at Stripe, at once. Somebody who is deleted
/// already stays as they are. For one transaction.
pub fn statements(user_id: &str, now: Timestamp) -> Vec<Statement> {
    // The person first: whoever needs several of these rows takes them in this order.
    let person = Statement::new(ANONYMISE).bind(user_id).bind(now);
    let billing = Statement::new(BILLING).bind(user_id).bind(now);
    let rest = [SESSIONS, API_KEYS, ACCOUNTS, MAILS, VERIFICATIONS, REFERRAL];
    [person, billing].into_iter().chain(rest.map(|sql| Statement::new(sql).bind(user_id))).collect()
}

/// Has Stripe end what people pay who have left since `since`: a subscription that came about while they were leaving, from a
/// page that was open then. Answers a row for each.
pub fn end_leftover_billing(since: Timestamp, now: Timestamp) -> Statement {
    Statement::new(LEFTOVER).bind(since).bind(now)
}

/// Locks every administrator, in one order. Goes before a statement that may take one away, so that two who take each
/// other away at once don't leave nobody.
pub fn administrators() -> Statement {
    Statement::new(ADMINISTRATORS)
}

/// Whether `user_id` is the last administrator, by the answer to [`administrators`].
///
/// # Errors
/// The rows are not those of [`administrators`].
pub fn is_last_administrator(rows: &[Row], user_id: &str) -> Result<bool, DatabaseError> {
    match rows {
        [only] => Ok(only.try_get::<_, &str>("id")? == user_id),
        _ => Ok(false),
    }
}

const ADMINISTRATORS: &str = "
select id
  from users
 where role <> 'USER'
   and deleted_at is null
 order by id
   for no key update";

/// What is still paid for is ended at Stripe, which is asked by the schedule. Named after the subscription, so that it is
/// written down once.
const BILLING: &str = "
insert into stripe_operations (id, user_id, kind, item, next_attempt_at, created_at)
select 'op_cancel_' || s.stripe_subscription_id, s.user_id, 'CANCEL_NOW', s.stripe_subscription_id, $2, $2
  from subscriptions s
 where s.user_id = $1
   and s.status <> 'CANCELED'
on conflict (id) do nothing";

/// $1 who has left since when, $2 now.
pub const LEFTOVER: &str = "
insert into stripe_operations (id, user_id, kind, item, next_attempt_at, created_at)
select 'op_cancel_' || s.stripe_subscription_id, s.user_id, 'CANCEL_NOW', s.stripe_subscription_id, $2, $2
  from users u
  join subscriptions s on s.user_id = u.id
 where u.deleted_at > $1
   and s.status <> 'CANCELED'
on conflict (id) do nothing
returning id";

const ANONYMISE: &str = "
update users
   set email = null, name = null, image = null, email_verified = null, password_hash = null,
       role = 'USER', preferences = '{}', deleted_at = $2, signed_out_at = $2
 where id = $1
   and deleted_at is null";

const SESSIONS: &str = "delete from sessions where user_id = $1";

const API_KEYS: &str = "delete from api_keys where user_id = $1";

const ACCOUNTS: &str = "delete from accounts where user_id = $1";

/// A mail that is still to be sent is not sent any more.
const MAILS: &str = "
update email_logs
   set recipient = 'deleted',
       metadata = '{}',
       last_error = null,
       status = case when status = 'PENDING' then 'FAILED' else status end,
       next_attempt_at = null
 where user_id = $1";

const VERIFICATIONS: &str = "delete from verification_tokens where user_id = $1";

/// Nobody is rewarded any more for bringing them.
const REFERRAL: &str = "
update referrals
   set ip_address = null,
       invalid_reason = case when status = 'PENDING' then 'referee_gone' else invalid_reason end,
       status = case when status = 'PENDING' then 'INVALID' else status end
 where referee_id = $1";
