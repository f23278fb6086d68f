-- A database in which everything agrees: PEOPLE people with about 100 entries each, some of every kind.

-- A movement as the ledger makes it.
create function post(
    person text, tokens bigint, kind text, cause text, cause_id text, key text, more jsonb default null
) returns void
language sql
as $$
    with moved as (
        update user_token_balances b
           set balance = balance + tokens,
               total_earned = total_earned
                   + case when kind in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS') then tokens else 0 end,
               total_spent = total_spent - case when kind like 'SPEND_%' then tokens else 0 end,
               total_refunded = total_refunded + case when kind = 'REFUND' then tokens else 0 end,
               total_adjusted = total_adjusted + case when kind = 'EARN_ADMIN_ADJUSTMENT' then tokens else 0 end,
               transaction_count = transaction_count + 1
         where user_id = person
        returning user_id, transaction_count, balance
    )
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, metadata, created_at)
    select user_id, transaction_count, 'txn_' || user_id || '_' || transaction_count, tokens, kind, cause, cause_id, key,
           balance, more, now()
      from moved
$$;

insert into users (id, email, created_at)
select 'user_' || n, 'p' || n || '@example.com', now() from generate_series(1, PEOPLE) n;
insert into users (id, deleted_at, created_at) values ('user_gone', now(), now());

with steps (user_id, step, amount, type, source, source_id, event_key, metadata) as (
    select 'user_' || n, 0, 10, 'EARN_BONUS', 'welcome', null, 'welcome', null::jsonb from generate_series(1, PEOPLE) n
    union all
    select 'user_' || n, 1, 150, 'EARN_PURCHASE', 'stripe', 'cs_' || n, 'stripe:checkout:cs_' || n, null
      from generate_series(2, PEOPLE, 2) n
    union all
    select 'user_' || n, k,
           (array[5, 1, -2, 1])[k % 4 + 1],
           (array['EARN_BONUS', 'EARN_REGENERATION', 'SPEND_ENHANCEMENT', 'REFUND'])[k % 4 + 1],
           (array['import', 'auto_regeneration', 'image_enhancement', 'enhancement_failed'])[k % 4 + 1],
           'job_' || k,
           case when k % 4 = 3 then 'refund:job:' || k - 1 else 'job:' || k end,
           case when k % 4 = 3 then jsonb_build_object('refundOf', 'job:' || k - 1) end
      from generate_series(1, PEOPLE) n, generate_series(4, 101) k
    union all
    select 'user_' || n, 200, -3, 'EARN_ADMIN_ADJUSTMENT', 'admin_adjustment', 'user_1', 'admin:1', null
      from generate_series(1, PEOPLE, 3) n
),
entries as (
    select *, row_number() over w as entry_number, sum(amount) over w as balance_after
      from steps
    window w as (partition by user_id order by step)
),
wallets as (
    insert into user_token_balances
        (user_id, balance, last_regeneration, total_earned, total_spent, total_refunded, total_adjusted,
         transaction_count, created_at)
    select user_id, sum(amount), now(),
           coalesce(sum(amount) filter (where type in ('EARN_BONUS', 'EARN_REGENERATION', 'EARN_PURCHASE')), 0),
           coalesce(-sum(amount) filter (where type like 'SPEND_%'), 0),
           coalesce(sum(amount) filter (where type = 'REFUND'), 0),
           coalesce(sum(amount) filter (where type = 'EARN_ADMIN_ADJUSTMENT'), 0),
           count(*), now()
      from entries
     group by user_id
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, metadata, created_at)
select user_id, entry_number, 'txn_' || user_id || '_' || entry_number, amount, type, source, source_id, event_key,
       balance_after, metadata, now()
  from entries;

insert into stripe_payments
    (id, user_id, package_code, tokens_granted, amount_minor, currency, status, stripe_checkout_session_id, created_at)
select 'pay_' || n, 'user_' || n, 'pro', 150, 2499, 'gbp', 'SUCCEEDED', 'cs_' || n, now()
  from generate_series(2, PEOPLE, 2) n;
insert into stripe_payments
    (id, user_id, package_code, tokens_granted, amount_minor, currency, status, stripe_checkout_session_id, created_at)
values ('pay_failed', 'user_1', 'pro', 150, 2499, 'gbp', 'FAILED', 'cs_failed', now());

-- Given back, when 50 of it were spent.
select post('user_2', -100, 'EARN_ADMIN_ADJUSTMENT', 'stripe_refund', 'pay_2', 'stripe:refund:pay_2:2499');
insert into token_debts (id, user_id, payment_id, cause, tokens, created_at)
values ('debt_2', 'user_2', 'pay_2', 'refund', 50, now());
update stripe_payments set status = 'REFUNDED', refunded_minor = 2499, tokens_taken_back = 150 where id = 'pay_2';

insert into vouchers (id, code, type, value, max_uses, current_uses, created_at)
values
    ('vou_1', 'TEN', 'FIXED_TOKENS', 10, 8, 4, now());
insert into voucher_redemptions (user_id, voucher_id, id, tokens_granted, redeemed_at)
select 'user_' || n, 'vou_1', 'red_' || n, 10, now() from generate_series(1, 4) n;
select post('user_' || n, 10, 'EARN_BONUS', 'voucher_redemption', 'vou_1', 'voucher:vou_1')
  from generate_series(1, 4) n;

insert into referrals (id, referrer_id, referee_id, status, tokens_granted, created_at, completed_at) values
    ('ref_3', 'user_1', 'user_3', 'COMPLETED', 100, now(), now()),
    ('ref_4', 'user_1', 'user_4', 'PENDING', 0, now(), null);
select post('user_1', 50, 'EARN_BONUS', 'referral_reward', 'ref_3', 'referral:ref_3');
select post('user_3', 50, 'EARN_BONUS', 'referral_signup_bonus', 'ref_3', 'referral:ref_3');
update users set referral_count = 1 where id = 'user_1';

insert into subscriptions (user_id, stripe_subscription_id, status, tier, plan_code, changed_at, changed_by, created_at) values
    ('user_5', 'sub_5', 'PAST_DUE', 'PREMIUM', null, now(), 'evt_5', now()),
    ('user_6', 'sub_6', 'CANCELED', 'BASIC', null, now(), 'evt_6', now()),
    ('user_7', 'sub_7', 'ACTIVE', null, 'hobby', now(), 'evt_7', now());
update user_token_balances set tier = 'PREMIUM' where user_id = 'user_5';

insert into audit_logs (id, actor_id, action, created_at)
select 'aud_' || n, 'user_1', 'DATA_EXPORT', now() from generate_series(1, 3) n;
analyze;
