//! What is asked of Stripe, as it is written down.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::sale::What;
use crate::database::Statement;
use crate::error::ApiError;
use crate::limits;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page on which a package is paid.
    CheckoutPackage,
    /// A page on which a plan is subscribed to.
    CheckoutPlan,
    /// A page on which a tier is subscribed to.
    CheckoutTier,
    /// A higher tier for somebody who pays for one.
    ChangeTier,
    /// A lower tier from the end of the period on.
    ScheduleDowngrade,
    /// No lower tier after all.
    UndoDowngrade,
    /// The end, when the paid period ends.
    CancelAtPeriodEnd,
    /// No end after all.
    Resume,
    /// The end at once, of what somebody who has left still pays.
    CancelNow,
}

impl Kind {
    const ALL: [(Kind, &'static str); 9] = [
        (Kind::CheckoutPackage, "CHECKOUT_PACKAGE"),
        (Kind::CheckoutPlan, "CHECKOUT_PLAN"),
        (Kind::CheckoutTier, "CHECKOUT_TIER"),
        (Kind::ChangeTier, "CHANGE_TIER"),
        (Kind::ScheduleDowngrade, "SCHEDULE_DOWNGRADE"),
        (Kind::UndoDowngrade, "UNDO_DOWNGRADE"),
        (Kind::CancelAtPeriodEnd, "CANCEL_AT_PERIOD_END"),
        (Kind::Resume, "RESUME"),
        (Kind::CancelNow, "CANCEL_NOW"),
    ];

    fn as_str(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    fn parse(text: &str) -> Option<Self> {
        Kind::ALL.iter().find(|(_, word)| *word == text).map(|(kind, _)| *kind)
    }

    /// What a page of this kind sells; `None` for what is done without one.
    pub fn sells(self) -> Option<What> {
        match self {
            Kind::CheckoutPackage => Some(What::Package),
            Kind::CheckoutPlan => Some(What::Plan),
            Kind::CheckoutTier => Some(What::Tier),
            _ => None,
        }
    }
}

/// One request to Stripe, done or not.
pub struct Operation {
    /// `op_…`; Stripe gets it as idempotency key.
    pub id: String,
    /// What is asked.
    pub kind: Kind,
    /// The package, plan or tier; or the subscription that is to end.
    pub item: Option<String>,
    /// What it costs, so that asking again asks for the same.
    pub price: Option<(i64, String)>,
    /// When it was first asked.
    pub created_at: Timestamp,
}

/// What Stripe made of it.
#[derive(Clone, Default)]
pub struct Done {
    /// The checkout session.
    pub session_id: Option<String>,
    /// Where its page is.
    pub url: Option<String>,
}

/// $1 now: takes the one that is overdue the longest and that nobody else has at hand. Its next attempt is set before this
/// one is made, each time later: whoever dies at it leaves it to the next.
pub const TAKE: &str = "
update stripe_operations o
   set next_attempt_at = $1 + interval '1 minute' * 2 ^ least(o.attempts, 6)
  from (select id
          from stripe_operations
         where status = 'PENDING'
           and next_attempt_at <= $1
         order by next_attempt_at
         limit 1
           for update skip locked) due
 where o.id = due.id
returning o.id, o.kind::text, o.item, o.amount_minor, o.currency::text, o.created_at, o.user_id";

const BEGIN: &str = "
insert into stripe_operations (id, user_id, kind, item, amount_minor, currency, next_attempt_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (id) do update
   set status = 'PENDING', next_attempt_at = excluded.next_attempt_at, finished_at = null
 where stripe_operations.status <> 'DONE'
returning id, kind::text, item, amount_minor, currency::text, created_at";

/// Cancel, lost, and then resume: asked for again, the first would undo the second.
const SUPERSEDE: &str = "
update stripe_operations
   set status = 'FAILED', finished_at = $3, next_attempt_at = null, last_error = 'superseded'
 where user_id = $1 and id <> $2 and status = 'PENDING' and kind not like 'CHECKOUT%' and $4";

const DONE: &str = "
update stripe_operations
   set status = 'DONE', stripe_object_id = $2, url = $3, finished_at = $4, next_attempt_at = null, last_error = null,
       attempts = attempts + 1
 where id = $1 and status <> 'DONE'";

const FAILED: &str = "
update stripe_operations
   set status = 'FAILED', finished_at = $2, next_attempt_at = null, last_error = $3, attempts = attempts + 1
 where id = $1 and status = 'PENDING'";

const POSTPONED: &str = "
update stripe_operations
   set next_attempt_at = greatest(next_attempt_at, $2), last_error = $3, attempts = attempts + 1
 where id = $1 and status = 'PENDING'";

impl Operation {
    /// Takes the operation whose answer is overdue the longest.
    pub(super) fn take(now: Timestamp) -> Statement {
        Statement::new(TAKE).bind(now)
    }

    /// The operation in a row with its columns.
    ///
    /// # Errors
    /// A column is missing, or a kind is unknown.
    pub fn of(row: &Row) -> Result<Self, ApiError> {
        let kind: &str = row.try_get("kind")?;
        let price = row.try_get::<_, Option<i64>>("amount_minor")?.zip(row.try_get("currency")?);
        Ok(Operation {
            id: row.try_get("id")?,
            kind: Kind::parse(kind).ok_or_else(|| ApiError::internal(UnknownKind(kind.to_owned())))?,
            item: row.try_get("item")?,
            price,
            created_at: row.try_get("created_at")?,
        })
    }

    /// Whether both ask for the same at the same price.
    pub fn is_like(&self, other: &Operation) -> bool {
        (self.kind, &self.item, &self.price) == (other.kind, &other.item, &other.price)
    }

    /// Writes down what will be asked, and answers it. One that is there and not done is asked again, as it was.
    pub fn begin(&self, user_id: &str, now: Timestamp) -> Statement {
        let (amount, currency) = self.price.clone().unzip();
        Statement::new(BEGIN)
            .bind(self.id.as_str())
            .bind(user_id)
            .bind(self.kind.as_str())
            .bind(self.item.as_deref())
            .bind(amount)
            .bind(currency)
            // Not before the request that asks now has ended for sure.
            .bind(later(now, 60))
            .bind(self.created_at)
    }

    /// Gives up older changes of the person's subscription whose answer was lost.
    pub fn supersede(&self, user_id: &str, now: Timestamp) -> Statement {
        let changes = self.kind.sells().is_none();
        Statement::new(SUPERSEDE).bind(user_id).bind(self.id.as_str()).bind(now).bind(changes)
    }

    /// Stripe has done it.
    pub fn done(&self, done: &Done, now: Timestamp) -> Statement {
        Statement::new(DONE).bind(self.id.as_str()).bind(done.session_id.as_deref()).bind(done.url.as_deref()).bind(now)
    }

    /// Stripe will not do it.
    pub fn failed(&self, why: &str, now: Timestamp) -> Statement {
        Statement::new(FAILED).bind(self.id.as_str()).bind(now).bind(why)
    }

    /// Nobody knows yet.
    pub fn postponed(&self, why: &str, now: Timestamp) -> Statement {
        Statement::new(POSTPONED).bind(self.id.as_str()).bind(later(now, 60)).bind(why)
    }

    /// Whether Stripe may have forgotten the key, so that asking again could do it twice. Ending something can't.
    pub fn is_too_old(&self, now: Timestamp) -> bool {
        self.kind != Kind::CancelNow
            && now.duration_since(self.created_at).unsigned_abs() > limits::STRIPE_OPERATION_LIFETIME
    }
}

#[derive(Debug, thiserror::Error)]
#[error("an operation of the unknown kind {0}")]
struct UnknownKind(String);

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
