//! Who asks, and what they have.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::error::ApiError;

/// A person as Stripe and our own rows know them.
pub struct Buyer {
    /// `user_…`
    pub user_id: String,
    /// Absent for some who signed in through a provider.
    pub email: Option<String>,
    /// What they call themselves.
    pub name: Option<String>,
    /// `cus_…`, once they have been to Stripe.
    pub customer: Option<String>,
    /// The tier of the wallet.
    pub tier: String,
    /// The one that counts; also one that has ended.
    pub subscription: Option<Subscription>,
}

/// A subscription as the webhooks left it.
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `si_…`
    pub item: Option<String>,
    /// ACTIVE, TRIALING, PAST_DUE, UNPAID or CANCELED.
    pub status: String,
    /// For a token well.
    pub tier: Option<String>,
    /// For a plan.
    pub plan: Option<String>,
    /// When the paid period began.
    pub period_start: Option<Timestamp>,
    /// When it ends.
    pub period_end: Option<Timestamp>,
    /// Whether the subscription ends with it.
    pub cancel_at_period_end: bool,
    /// The tier from then on.
    pub downgrade_to: Option<String>,
}

/// What somebody who has not left has, by their id.
pub(super) const BY_ID: &str = "
select u.id as user_id, u.email, u.name, u.stripe_customer_id, coalesce(b.tier::text, 'FREE') as wallet_tier,
       s.stripe_subscription_id, s.stripe_item_id, s.status::text, s.tier::text, s.plan_code, s.current_period_start,
       s.current_period_end, s.cancel_at_period_end, s.downgrade_to::text
  from users u
  left join user_token_balances b on b.user_id = u.id
  left join subscriptions s on s.user_id = u.id
 where u.id = $1 and u.deleted_at is null";

impl Buyer {
    /// The person in a row with the columns `user_id`, `email`, `name`, `stripe_customer_id` and `wallet_tier`, and those of
    /// `subscriptions`, which may be null.
    ///
    /// # Errors
    /// Nobody is there.
    pub fn of(rows: &[Row]) -> Result<Self, ApiError> {
        let row = rows.first().ok_or(ApiError::Unauthorized)?;
        let subscription = match row.try_get::<_, Option<String>>("stripe_subscription_id")? {
            None => None,
            Some(id) => Some(Subscription {
                id,
                item: row.try_get("stripe_item_id")?,
                status: row.try_get("status")?,
                tier: row.try_get("tier")?,
                plan: row.try_get("plan_code")?,
                period_start: row.try_get("current_period_start")?,
                period_end: row.try_get("current_period_end")?,
                cancel_at_period_end: row.try_get("cancel_at_period_end")?,
                downgrade_to: row.try_get("downgrade_to")?,
            }),
        };
        Ok(Buyer {
            user_id: row.try_get("user_id")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            customer: row.try_get("stripe_customer_id")?,
            tier: row.try_get("wallet_tier")?,
            subscription,
        })
    }

    /// The subscription, unless it has ended. While there is one, also an unpaid one, there can be no second.
    pub fn live_subscription(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.status != "CANCELED")
    }
}

impl Subscription {
    /// Whether its last invoice is paid.
    pub fn is_paid(&self) -> bool {
        matches!(self.status.as_str(), "ACTIVE" | "TRIALING")
    }
}
