//! Each thing that can be wrong, done on purpose to the database of `sound.sql`.

/// What is broken, as the superuser, with triggers and foreign keys off; every check that notices; the row that the first
/// of them names.
pub(super) const BROKEN: &[(&str, &[&str], &str)] = &[
    (
        "alter table user_token_balances drop constraint user_token_balances_adds_up;
         update user_token_balances set balance = balance + 1 where user_id = 'user_9'",
        &["balance_is_sum", "balance_is_last_entry"],
        "user_9",
    ),
    (
        "update token_transactions set balance_after = balance_after + 1
          where user_id = 'user_9'
            and entry_number = (select max(entry_number) from token_transactions where user_id = 'user_9')",
        &["balance_is_last_entry", "entries_carry_on"],
        "user_9",
    ),
    (
        "update token_transactions set entry_number = entry_number + 1
          where user_id = 'user_9'
            and entry_number = (select max(entry_number) from token_transactions where user_id = 'user_9')",
        &["entries_are_numbered"],
        "user_9",
    ),
    (
        "delete from token_transactions where user_id = 'user_9' and entry_number = 3",
        &["entries_are_numbered", "balance_is_sum", "entries_carry_on", "totals_are_sums"],
        "user_9",
    ),
    (
        "update token_transactions set balance_after = balance_after + 1 where user_id = 'user_9' and entry_number = 3",
        &["entries_carry_on"],
        "user_9 entry 3",
    ),
    (
        "update user_token_balances
            set total_earned = total_earned + 1, total_spent = total_spent + 1
          where user_id = 'user_9'",
        &["totals_are_sums"],
        "user_9",
    ),
    (
        "update user_token_balances set transaction_count = transaction_count + 1 where user_id = 'user_9'",
        &["totals_are_sums"],
        "user_9",
    ),
    (
        "alter table user_token_balances drop constraint user_token_balances_not_negative;
         alter table token_transactions drop constraint token_transactions_balance_after_check;
         select post('user_9', -1000, 'SPEND_BOX_CREATION', 'box_creation', 'box_1', 'box:1')",
        &["nothing_is_negative"],
        "user_9",
    ),
    (
        "alter table token_transactions drop constraint token_transactions_event_key_key cascade;
         update token_transactions set event_key = 'welcome' where user_id = 'user_9' and entry_number = 2",
        &["one_entry_per_event"],
        "user_9 welcome",
    ),
    (
        "alter table token_transactions drop constraint token_transactions_sign_fits_type;
         select post('user_9', -1, 'EARN_BONUS', 'import', null, 'import:1')",
        &["sign_fits_type"],
        "user_9 entry 100",
    ),
    ("delete from user_token_balances where user_id = 'user_9'", &["entries_have_a_wallet"], "user_9"),
    (
        "update token_transactions set metadata = '{\"refundOf\": \"job:unknown\"}'
          where user_id = 'user_9' and event_key = 'refund:job:6'",
        &["refunds_fit_spends"],
        "user_9 job:unknown",
    ),
    (
        "update token_transactions set metadata = null where user_id = 'user_9' and event_key = 'refund:job:6'",
        &["refunds_fit_spends"],
        "user_9 refund:job:6",
    ),
    (
        "select post('user_9', 2, 'REFUND', 'enhancement_failed', 'job_6', 'refund:job:6:2',
                     '{\"refundOf\": \"job:6\"}')",
        &["refunds_fit_spends"],
        "user_9 job:6",
    ),
    (
        "select post('user_9', 1, 'REFUND', 'enhancement_failed', 'job_1', 'refund:welcome',
                     '{\"refundOf\": \"welcome\"}')",
        &["refunds_fit_spends"],
        "user_9 welcome",
    ),
    ("update stripe_payments set tokens_granted = 151 where id = 'pay_8'", &["payments_are_credited"], "pay_8"),
    ("update stripe_payments set status = 'PENDING' where id = 'pay_8'", &["payments_are_credited"], "pay_8"),
    (
        "update stripe_payments set status = 'SUCCEEDED' where id = 'pay_failed'",
        &["payments_are_credited"],
        "pay_failed",
    ),
    (
        "update stripe_payments set stripe_checkout_session_id = 'cs_other' where id = 'pay_8'",
        &["payments_are_credited", "purchases_are_paid"],
        "pay_8",
    ),
    ("delete from stripe_payments where id = 'pay_8'", &["purchases_are_paid"], "user_8 entry 2"),
    ("update stripe_payments set tokens_taken_back = 1 where id = 'pay_8'", &["taken_back_adds_up"], "pay_8"),
    (
        "update token_transactions set amount = -99, balance_after = balance_after + 1 where source = 'stripe_refund'",
        &["taken_back_adds_up", "balance_is_sum", "entries_carry_on", "totals_are_sums"],
        "pay_2",
    ),
    ("delete from token_debts", &["taken_back_adds_up"], "pay_2"),
    (
        "update user_token_balances set tier = 'BASIC' where user_id = 'user_5'",
        &["subscribers_have_their_tier", "paid_tiers_are_subscribed"],
        "user_5",
    ),
    (
        "update user_token_balances set tier = 'FREE' where user_id = 'user_5'",
        &["subscribers_have_their_tier"],
        "user_5",
    ),
    (
        "update user_token_balances set tier = 'BASIC' where user_id = 'user_6'",
        &["paid_tiers_are_subscribed"],
        "user_6",
    ),
    (
        "update user_token_balances set tier = 'BASIC' where user_id = 'user_9'",
        &["paid_tiers_are_subscribed"],
        "user_9",
    ),
    ("update subscriptions set status = 'UNPAID' where user_id = 'user_5'", &["paid_tiers_are_subscribed"], "user_5"),
    (
        "insert into voucher_redemptions values ('user_9', 'vou_1', 'red_9', 10, now());
         update vouchers set current_uses = 5",
        &["redemptions_are_credited"],
        "red_9",
    ),
    ("update voucher_redemptions set tokens_granted = 11 where id = 'red_1'", &["redemptions_are_credited"], "red_1"),
    (
        "select post('user_9', 10, 'EARN_BONUS', 'voucher_redemption', 'vou_1', 'voucher:vou_1')",
        &["voucher_credits_are_redeemed"],
        "user_9 entry 100",
    ),
    ("update vouchers set current_uses = 5", &["voucher_uses_are_counted"], "vou_1"),
    (
        "alter table vouchers drop constraint vouchers_uses_fit; update vouchers set max_uses = 3",
        &["voucher_uses_are_counted"],
        "vou_1",
    ),
    ("update referrals set tokens_granted = 99 where id = 'ref_3'", &["completed_referrals_are_paid"], "ref_3"),
    (
        "update referrals set status = 'COMPLETED', completed_at = now() where id = 'ref_4';
         update users set referral_count = 2 where id = 'user_1'",
        &["completed_referrals_are_paid"],
        "ref_4",
    ),
    (
        "select post('user_9', 50, 'EARN_BONUS', 'referral_reward', 'ref_3', 'referral:ref_3')",
        &["referral_credits_are_completed"],
        "user_9 entry 100",
    ),
    ("update users set referral_count = 2 where id = 'user_1'", &["referrals_are_counted"], "user_1"),
    ("delete from users where id = 'user_9'", &["one_wallet_each"], "user_9"),
    (
        "alter table user_token_balances drop constraint user_token_balances_pkey;
         insert into user_token_balances select * from user_token_balances where user_id = 'user_9'",
        &["one_wallet_each"],
        "user_9",
    ),
    ("update audit_logs set action = 'DATA_IMPORT' where id = 'aud_2'", &["audit_is_whole"], "user_1 entry 2"),
    ("delete from audit_logs where id = 'aud_3'", &["audit_is_whole"], "user_1 entry 3"),
];
