-- Takes away what the seed e2e made and what its tests made of it, and gives the test person 100 tokens again. Keeps the
-- people, the workspace, the catalogue, the agents' sessions and the feedback.
-- Nothing of anybody real is deleted.
do $$
begin
    if coalesce((select environment from deployment), 'production') = 'production' then
        raise exception 'SAFETY: this seed deletes, and this database is marked production or not at all; nothing was done';
    end if;
end
$$;

-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

-- Nobody moves these while they are read and written.
select from user_token_balances b
  join users u on u.id = b.user_id
 where u.email in ('test@example.com', 'second-test@example.com')
 order by b.user_id
   for update of b;

-- Shipments, items and events go with their orders.
delete from merch_orders where id like 'e2e-%';

delete from album_images where album_id like 'e2e-%' or image_id like 'e2e-%';
delete from albums where id like 'e2e-%';

-- What is active has to be cancelled, and given back, before it may go. Its ledger goes with it.
update image_enhancement_jobs j
   set status = 'CANCELLED', current_stage = null, next_attempt_at = null, lease_owner = null, lease_until = null,
       processing_completed_at = current_setting('seed.now')::timestamptz, refund_key = 'refund:' || charge_key || coalesce(':' || refund_part, '')
  from users u
 where u.id = j.user_id
   and u.email in ('test@example.com', 'second-test@example.com')
   and j.status in ('PENDING', 'PROCESSING');
delete from image_enhancement_jobs j
 using users u
 where u.id = j.user_id
   and u.email in ('test@example.com', 'second-test@example.com');
delete from enhanced_images where id like 'e2e-%';

update mcp_generation_jobs j
   set status = 'CANCELLED', next_attempt_at = null, lease_owner = null, lease_until = null,
       processing_completed_at = current_setting('seed.now')::timestamptz, refund_key = 'refund:' || charge_key
  from users u
 where u.id = j.user_id
   and u.email in ('test@example.com', 'second-test@example.com')
   and j.status in ('PENDING', 'PROCESSING');
delete from mcp_generation_jobs j
 using users u
 where u.id = j.user_id
   and u.email in ('test@example.com', 'second-test@example.com');

-- Their boxes were paid by entries that go.
delete from boxes b
 using users u
 where u.id = b.user_id
   and u.email in ('test@example.com', 'second-test@example.com');

delete from api_keys where id like 'e2e-%';
delete from featured_gallery_items where id like 'e2e-%';

-- The ledger: what is proved by something that stays (a payment, a voucher of the shop, a referral) stays, in order and
-- numbered anew behind the welcome; the last entry makes the balance.
delete from token_transactions t
 using users u
 where u.id = t.user_id
   and u.email in ('test@example.com', 'second-test@example.com')
   and (t.type like 'SPEND_%' or t.type = 'REFUND'
        or t.source in ('welcome', 'e2e', 'seed', 'auto_regeneration', 'admin_adjustment')
        or t.source = 'voucher_redemption' and t.source_id like 'e2e-%');
-- Others who redeemed one keep the tokens.
update token_transactions
   set source = 'e2e', source_id = null
 where source = 'voucher_redemption' and source_id like 'e2e-%';
delete from voucher_redemptions where voucher_id like 'e2e-%';
delete from vouchers where id like 'e2e-%';

-- Twice, because no two entries may have one number in between.
update token_transactions t
   set entry_number = t.entry_number + 1000000000
  from users u
 where u.id = t.user_id
   and u.email in ('test@example.com', 'second-test@example.com');
with kept as (
    select t.user_id, t.entry_number, 1 + row_number() over w as place, 10 + sum(t.amount) over w as balance_after
      from token_transactions t
      join users u on u.id = t.user_id and u.email in ('test@example.com', 'second-test@example.com')
    window w as (partition by t.user_id order by t.entry_number)
)
update token_transactions t
   set entry_number = k.place, balance_after = k.balance_after
  from kept k
 where t.user_id = k.user_id and t.entry_number = k.entry_number;

insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select u.id, 1, 'txn_' || encode(sha256(convert_to(u.id || ':welcome', 'UTF8')), 'hex'), 10, 'EARN_BONUS', 'welcome', 'welcome',
       10, current_setting('seed.now')::timestamptz
  from users u
  join user_token_balances b on b.user_id = u.id
 where u.email in ('test@example.com', 'second-test@example.com');
with sums as (
    select t.user_id, count(*) as entries, sum(t.amount) as balance
      from token_transactions t
      join users u on u.id = t.user_id and u.email = 'test@example.com'
     group by t.user_id
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, entries + 1, 'txn_' || encode(sha256(convert_to(user_id || ':e2e:reset', 'UTF8')), 'hex'), 100 - balance,
       case when balance < 100 then 'EARN_BONUS' else 'EARN_ADMIN_ADJUSTMENT' end, 'e2e', 'e2e:reset', 100, current_setting('seed.now')::timestamptz
  from sums
 where balance <> 100;

with sums as (
    select t.user_id, count(*) as entries, sum(t.amount)::bigint as balance,
           coalesce(sum(t.amount) filter (where t.type in ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS')), 0)::bigint
               as earned,
           coalesce(sum(t.amount) filter (where t.type = 'EARN_ADMIN_ADJUSTMENT'), 0)::bigint as adjusted
      from token_transactions t
      join users u on u.id = t.user_id and u.email in ('test@example.com', 'second-test@example.com')
     group by t.user_id
)
update user_token_balances b
   set balance = s.balance, total_earned = s.earned, total_spent = 0, total_refunded = 0, total_adjusted = s.adjusted,
       transaction_count = s.entries, last_regeneration = current_setting('seed.now')::timestamptz
  from sums s
 where b.user_id = s.user_id;

-- No object was ever stored for these, and the next run of the seed names them again.
delete from object_deletions
 where bucket = 'IMAGES' and (object_key like 'e2e-test/%' or object_key like 'merch/orders/e2e-order-%');
