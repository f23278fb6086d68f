//! Vouchers and referrals against the tokens that were given for them.

use crate::reconcile::check::{Check, Weight};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "redemptions_are_credited",
        says: "A redeemed voucher has one credit, of what it granted",
        of: "voucher_redemptions",
        sql: "select r.id, 'granted ' || r.tokens_granted || ', credited '
                           || coalesce(string_agg(t.amount::text, ' and '), 'nothing')
                from voucher_redemptions r
                left join token_transactions t
                  on t.user_id = r.user_id
                 and t.source = 'voucher_redemption'
                 and t.source_id = r.voucher_id
                 and t.type = 'EARN_BONUS'
               group by r.id, r.tokens_granted
              having count(t.id) <> 1 or sum(t.amount) <> r.tokens_granted",
        weight: Weight::Fault,
    },
    Check {
        name: "voucher_credits_are_redeemed",
        says: "Every credit of a voucher has its redemption",
        of: "token_transactions where source = 'voucher_redemption'",
        sql: "select t.user_id || ' entry ' || t.entry_number, coalesce(t.source_id, 'no voucher')
                from token_transactions t
                left join voucher_redemptions r on r.user_id = t.user_id and r.voucher_id = t.source_id
               where t.source = 'voucher_redemption' and r.id is null",
        weight: Weight::Fault,
    },
    Check {
        name: "voucher_uses_are_counted",
        says: "A voucher was used as often as it was redeemed, and no more often than it may be",
        of: "vouchers",
        sql: USES,
        weight: Weight::Fault,
    },
    Check {
        name: "completed_referrals_are_paid",
        says: "A completed referral paid both sides, and any other nobody",
        of: "referrals",
        sql: "select r.id, r.status || ', granted ' || r.tokens_granted || ', credited '
                           || coalesce(string_agg(t.amount::text, ' and '), 'nothing')
                from referrals r
               cross join lateral (values (r.referrer_id, 'referral_reward'), (r.referee_id, 'referral_signup_bonus'))
                          side (user_id, source)
                left join token_transactions t
                  on t.user_id = side.user_id and t.event_key = 'referral:' || r.id and t.source = side.source
               group by r.id, r.status, r.tokens_granted
              having count(t.id) <> case when r.status = 'COMPLETED' then 2 else 0 end
                  or coalesce(sum(t.amount), 0) <> r.tokens_granted",
        weight: Weight::Fault,
    },
    Check {
        name: "referral_credits_are_completed",
        says: "Every credit of a referral has it, and it names the person",
        of: "token_transactions where source in ('referral_reward', 'referral_signup_bonus')",
        sql: "select t.user_id || ' entry ' || t.entry_number, t.event_key
                from token_transactions t
                left join referrals r
                  on 'referral:' || r.id = t.event_key
                 and t.user_id = case t.source when 'referral_reward' then r.referrer_id else r.referee_id end
               where t.source in ('referral_reward', 'referral_signup_bonus') and r.id is null",
        weight: Weight::Fault,
    },
    Check {
        name: "referrals_are_counted",
        says: "A person's count of referrals is the number of completed ones",
        of: "users",
        sql: "select u.id, 'counted ' || u.referral_count || ', completed ' || coalesce(r.completed, 0)
                from users u
                left join (select referrer_id, count(*) as completed
                             from referrals where status = 'COMPLETED' group by referrer_id) r on r.referrer_id = u.id
               where u.referral_count <> coalesce(r.completed, 0)",
        weight: Weight::Fault,
    },
];

/// Vouchers whose count differs from their redemptions, which `--fix` repairs, or that were sold too often.
pub(in crate::reconcile) const USES: &str = "
    select v.id, 'counted ' || v.current_uses || ', redeemed ' || coalesce(r.uses, 0)
                 || coalesce(', at most ' || v.max_uses, '')
      from vouchers v
      left join (select voucher_id, count(*) as uses from voucher_redemptions group by voucher_id) r
        on r.voucher_id = v.id
     where v.current_uses <> coalesce(r.uses, 0)
        or coalesce(r.uses, 0) > v.max_uses";
