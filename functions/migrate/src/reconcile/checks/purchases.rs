//! What was paid against what was given for it.

use crate::reconcile::check::{Check, Weight};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "payments_are_credited",
        says: "A payment that came has one credit, of what it granted, under the key of its checkout; any other has none",
        of: "stripe_payments",
        sql: "select p.id, p.status || ', granted ' || p.tokens_granted || ', credited '
                           || coalesce(string_agg(t.amount::text, ' and '), 'nothing')
                from stripe_payments p
                left join token_transactions t
                  on t.user_id = p.user_id
                 and t.event_key = 'stripe:checkout:' || p.stripe_checkout_session_id
                 and t.type = 'EARN_PURCHASE'
                 and t.source = 'stripe'
               group by p.id, p.status, p.tokens_granted
              having count(t.id) <> case when p.status in ('SUCCEEDED', 'REFUNDED', 'DISPUTED') then 1 else 0 end
                  or sum(t.amount) <> p.tokens_granted",
        weight: Weight::Fault,
    },
    Check {
        name: "purchases_are_paid",
        says: "Every purchase through Stripe has its payment",
        of: "token_transactions where type = 'EARN_PURCHASE' and source = 'stripe'",
        sql: "select t.user_id || ' entry ' || t.entry_number, coalesce(t.source_id, t.event_key)
                from token_transactions t
                left join stripe_payments p
                  on p.user_id = t.user_id and t.event_key = 'stripe:checkout:' || p.stripe_checkout_session_id
               where t.type = 'EARN_PURCHASE' and t.source = 'stripe' and p.id is null",
        weight: Weight::Fault,
    },
    Check {
        name: "taken_back_adds_up",
        says: "What was taken back for a payment is what left the wallet and what is owed",
        of: "stripe_payments",
        sql: "select coalesce(p.id, t.id),
                     'payment ' || coalesce(p.tokens, 0) || ', entries and debts ' || coalesce(t.tokens, 0)
                from (select id, user_id, tokens_taken_back as tokens from stripe_payments where tokens_taken_back <> 0) p
                full join (select id, user_id, sum(tokens) as tokens
                             from (select source_id as id, user_id, -amount as tokens
                                     from token_transactions
                                    where type = 'EARN_ADMIN_ADJUSTMENT' and source in ('stripe_refund', 'stripe_dispute')
                                   union all
                                   select payment_id, user_id, tokens from token_debts where payment_id is not null) taken
                            group by id, user_id) t using (id, user_id)
               where coalesce(p.tokens, 0) <> coalesce(t.tokens, 0)",
        weight: Weight::Fault,
    },
    Check {
        name: "subscribers_have_their_tier",
        says: "Who subscribes to a tier has it",
        of: "subscriptions",
        sql: "select s.user_id, s.status || ' ' || s.tier || ', wallet ' || coalesce(b.tier, 'none')
                from subscriptions s
                left join user_token_balances b using (user_id)
               where s.status in ('ACTIVE', 'TRIALING', 'PAST_DUE')
                 and s.tier is not null
                 and s.tier is distinct from b.tier",
        weight: Weight::Fault,
    },
    Check {
        name: "paid_tiers_are_subscribed",
        says: "Nobody has a paid tier without a subscription to it",
        of: "user_token_balances where tier <> 'FREE'",
        sql: "select b.user_id, b.tier || ', subscription '
                                || coalesce(s.status || ' ' || coalesce(s.tier::text, s.plan_code), 'none')
                from user_token_balances b
                left join subscriptions s using (user_id)
               where b.tier <> 'FREE'
                 and (s.status is null
                      or s.status not in ('ACTIVE', 'TRIALING', 'PAST_DUE')
                      or s.tier is distinct from b.tier)",
        weight: Weight::Fault,
    },
];
