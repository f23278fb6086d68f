//! Who asks: read under a lock of the person, so that decisions about one person are made in turn.

/// What a person has, by the caller; locks them.
pub const OF_CALLER: &str = "
select u.id as user_id, u.email, u.name, u.stripe_customer_id, coalesce(b.tier::text, 'FREE') as wallet_tier,
       s.stripe_subscription_id, s.stripe_item_id, s.status::text, s.tier::text, s.plan_code, s.current_period_start,
       s.current_period_end, s.cancel_at_period_end, s.downgrade_to::text
  from caller($1, $2, $3) c
  join users u on u.id = c.user_id
  left join user_token_balances b on b.user_id = u.id
  left join subscriptions s on s.user_id = u.id
   for no key update of u";

/// The same for one who only looks.
pub const SEEN_BY_CALLER: &str = "
select u.id as user_id, u.email, u.name, u.stripe_customer_id, coalesce(b.tier::text, 'FREE') as wallet_tier,
       s.stripe_subscription_id, s.stripe_item_id, s.status::text, s.tier::text, s.plan_code, s.current_period_start,
       s.current_period_end, s.cancel_at_period_end, s.downgrade_to::text
  from caller($1, $2, $3) c
  join users u on u.id = c.user_id
  left join user_token_balances b on b.user_id = u.id
  left join subscriptions s on s.user_id = u.id";
