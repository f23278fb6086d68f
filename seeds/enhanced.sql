-- A person with one enhanced image, which everybody may see. Run again it adds what is missing and changes nothing.
-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

insert into users (id, email, name, email_verified, created_at)
select 'e2e-test-user', 'e2e-test-user@example.com', 'Enhanced Test User', current_setting('seed.now')::timestamptz,
       current_setting('seed.now')::timestamptz
  from deployment
 where environment is distinct from 'production'
on conflict do nothing;

insert into user_token_balances (user_id, balance, last_regeneration, created_at)
select u.id, 0, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
  from users u
 where u.email in ('e2e-test-user@example.com')
on conflict (user_id) do nothing;

-- Nobody moves these while they are read and written.
select from user_token_balances b
  join users u on u.id = b.user_id
 where u.email in ('e2e-test-user@example.com')
 order by b.user_id
   for update of b;

-- Entries of the ledger that are missing, in order, each carrying on from the one before.
with wanted (user_id, place, event_key, amount, type, source, source_id, metadata) as (
    select u.id, w.*
      from (values
            (1, 'welcome', 10, 'EARN_BONUS', 'welcome', null, null::jsonb),
            (2, 'seed:mock-job-id:grant', 10, 'EARN_BONUS', 'seed', null, null),
            (3, 'seed:mock-job-id', -10, 'SPEND_ENHANCEMENT', 'image_enhancement', 'mock-job-id', null))
        as w (place, event_key, amount, type, source, source_id, metadata), users u
     where u.email = 'e2e-test-user@example.com'
),
missing as (
    select w.*, row_number() over (partition by w.user_id order by w.place) as number,
           sum(w.amount) over (partition by w.user_id order by w.place)::bigint as so_far
      from wanted w
     where w.amount <> 0
       and not exists (
           select from token_transactions t where t.user_id = w.user_id and t.event_key = w.event_key)
),
posted as (
    insert into token_transactions
        (user_id, entry_number, id, amount, type, source, source_id, event_key, balance_after, metadata, created_at)
    select m.user_id, b.transaction_count + m.number,
           'txn_' || encode(sha256(convert_to(m.user_id || ':' || m.event_key, 'UTF8')), 'hex'), m.amount, m.type, m.source,
           m.source_id, m.event_key, b.balance + m.so_far, m.metadata, current_setting('seed.now')::timestamptz
      from missing m
      join user_token_balances b on b.user_id = m.user_id
    returning user_id, amount, type::text
),
sums as (
    select user_id, count(*) as entries, sum(amount)::bigint as net,
           coalesce(sum(amount) filter (where type = 'EARN_BONUS'), 0)::bigint as earned,
           coalesce(-sum(amount) filter (where type like 'SPEND_%'), 0)::bigint as spent,
           coalesce(sum(amount) filter (where type = 'REFUND'), 0)::bigint as refunded
      from posted
     group by user_id
)
update user_token_balances b
   set balance = b.balance + s.net, total_earned = b.total_earned + s.earned, total_spent = b.total_spent + s.spent,
       total_refunded = b.total_refunded + s.refunded, transaction_count = b.transaction_count + s.entries
  from sums s
 where b.user_id = s.user_id;

insert into enhanced_images
    (id, user_id, name, original_r2_key, original_format, original_width, original_height, original_size_bytes, is_public, created_at)
select 'mock-enhanced-image-id', u.id, 'test-image.png', 'mock-original-key', 'png', 1024, 768, 1048576, true,
       current_setting('seed.now')::timestamptz
  from users u
 where u.email = 'e2e-test-user@example.com'
on conflict do nothing;

insert into image_enhancement_jobs
    (id, user_id, image_id, tier, tokens_cost, charge_key, status, attempt, enhanced_r2_key, enhanced_width, enhanced_height,
     enhanced_size_bytes, processing_started_at, processing_completed_at, created_at)
select 'mock-job-id', i.user_id, i.id, 'TIER_4K', 10, 'seed:mock-job-id', 'COMPLETED', 1, 'mock-enhanced-key', 4096, 3072,
       4194304, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz,
       current_setting('seed.now')::timestamptz
  from enhanced_images i
 where i.id = 'mock-enhanced-image-id'
on conflict do nothing;
