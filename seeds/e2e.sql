-- What the end-to-end tests of the web front end know by name. Run again it adds what is missing and changes nothing;
-- `cleanup-e2e` takes most of it away again.
-- What anybody can look up must not open a real door.
do $$
begin
    if coalesce((select environment from deployment), 'production') = 'production' then
        raise exception 'SAFETY: this seed holds known credentials, and this database is marked production or not at all; nothing was done';
    end if;
end
$$;

-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

insert into users (id, email, name, role, email_verified, created_at)
values ('test-user-id', 'test@example.com', 'Test User', 'USER', current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('admin-user-id', 'admin@example.com', 'Admin User', 'ADMIN', current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('e2e-second-user-id', 'second-test@example.com', 'Second Test User', 'USER', current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz)
on conflict do nothing;

-- A seeded administrator takes the place that the first sign-up would get.
update deployment
   set first_admin_at = current_setting('seed.now')::timestamptz
 where first_admin_at is null
   and exists (select from users where role in ('ADMIN', 'SUPER_ADMIN'));

-- Somebody may have signed up with one of these addresses before: then they are that person.
select set_config('seed.test_user', (select id from users where email = 'test@example.com'), true),
       set_config('seed.admin', (select id from users where email = 'admin@example.com'), true),
       set_config('seed.second_user', (select id from users where email = 'second-test@example.com'), true);

insert into workspaces (id, slug, name, created_at)
values ('orbit-test-workspace', 'orbit-test-workspace', 'Orbit Test Workspace', current_setting('seed.now')::timestamptz)
on conflict do nothing;
insert into workspace_members (workspace_id, user_id, role, created_at)
select w.id, m.user_id, m.role, current_setting('seed.now')::timestamptz
  from workspaces w,
       (values (current_setting('seed.admin'), 'ADMIN'), (current_setting('seed.test_user'), 'MEMBER')) as m (user_id, role)
 where w.slug = 'orbit-test-workspace'
on conflict do nothing;

insert into user_token_balances (user_id, balance, last_regeneration, created_at)
select u.id, 0, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
  from users u
 where u.email in ('test@example.com', 'admin@example.com', 'second-test@example.com')
on conflict (user_id) do nothing;

-- Nobody moves these while they are read and written.
select from user_token_balances b
  join users u on u.id = b.user_id
 where u.email in ('test@example.com', 'admin@example.com', 'second-test@example.com')
 order by b.user_id
   for update of b;

-- Entries of the ledger that are missing, in order, each carrying on from the one before.
with wanted (user_id, place, event_key, amount, type, source, source_id, metadata) as (
    select u.id, 0, 'welcome', 10, 'EARN_BONUS', 'welcome', null, null::jsonb
      from users u
     where u.email in ('test@example.com', 'admin@example.com', 'second-test@example.com')
    union all
    -- As much as makes the balance 100 when the jobs are paid.
    select b.user_id, 1, 'e2e:grant',
           greatest(0, 117 - b.balance - case when b.transaction_count = 0 then 10 else 0 end), 'EARN_BONUS', 'e2e', null, null
      from user_token_balances b
     where b.user_id = current_setting('seed.test_user')
    union all
    select current_setting('seed.test_user'), w.*
      from (values
            (2, 'e2e:e2e-job-pending', -2, 'SPEND_ENHANCEMENT', 'image_enhancement', 'e2e-job-pending', null::jsonb),
            (3, 'e2e:e2e-job-processing', -5, 'SPEND_ENHANCEMENT', 'image_enhancement', 'e2e-job-processing', null),
            (4, 'e2e:e2e-job-completed', -10, 'SPEND_ENHANCEMENT', 'image_enhancement', 'e2e-job-completed', null),
            (5, 'e2e:e2e-job-failed', -2, 'SPEND_ENHANCEMENT', 'image_enhancement', 'e2e-job-failed', null),
            (6, 'refund:e2e:e2e-job-failed', 2, 'REFUND', 'enhancement_failed', 'e2e-job-failed',
             '{"refundOf": "e2e:e2e-job-failed", "reason": "seeded"}'))
        as w (place, event_key, amount, type, source, source_id, metadata)
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
    (id, user_id, name, original_r2_key, original_format, original_width, original_height, original_size_bytes, share_token, created_at)
select 'e2e-test-image-' || n, current_setting('seed.test_user'), 'E2E Test Image ' || n || '.jpg', 'e2e-test/image-' || n || '.jpg',
       'jpeg', 800, 600, 50000, case n when 1 then 'e2e-share-token-123' end, current_setting('seed.now')::timestamptz - make_interval(mins => n)
  from generate_series(1, 5) n
on conflict do nothing;

insert into albums (id, user_id, name, description, privacy, share_token, sort_order, created_at)
values ('e2e-unlisted-album', current_setting('seed.test_user'), 'E2E Test Album', 'Shared by its link', 'UNLISTED',
        'e2e-album-share-token-456', 0, current_setting('seed.now')::timestamptz),
       ('e2e-private-album', current_setting('seed.test_user'), 'E2E Private Album', 'Seen by its owner alone', 'PRIVATE',
        null, 1, current_setting('seed.now')::timestamptz)
on conflict do nothing;
insert into album_images (id, user_id, album_id, image_id, sort_order, added_at)
select a.id || '-image-' || n, a.user_id, a.id, i.id, n - 1, current_setting('seed.now')::timestamptz
  from (values ('e2e-unlisted-album', 5), ('e2e-private-album', 2)) as w (album_id, images)
 cross join lateral generate_series(1, w.images) n
  join albums a on a.id = w.album_id
  join enhanced_images i on i.id = 'e2e-test-image-' || n and i.user_id = a.user_id
on conflict do nothing;

-- The active ones stay as they are for a year: no worker takes them.
insert into image_enhancement_jobs
    (id, user_id, image_id, tier, tokens_cost, charge_key, refund_key, status, current_stage, attempt, next_attempt_at,
     lease_owner, lease_until, enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes, error_code, error_message,
     processing_started_at, processing_completed_at, created_at)
select j.id, i.user_id, i.id, j.tier, j.cost, 'e2e:' || j.id, case j.status when 'FAILED' then 'refund:e2e:' || j.id end,
       j.status, case j.status when 'PROCESSING' then 'GENERATING' end, case j.status when 'PENDING' then 0 else 1 end,
       case j.status when 'PENDING' then current_setting('seed.now')::timestamptz + interval '1 year' end,
       case j.status when 'PROCESSING' then 'e2e' end,
       case j.status when 'PROCESSING' then current_setting('seed.now')::timestamptz + interval '1 year' end,
       case j.status when 'COMPLETED' then 'e2e-test/enhanced-1.jpg' end,
       case j.status when 'COMPLETED' then 2048 end, case j.status when 'COMPLETED' then 1536 end,
       case j.status when 'COMPLETED' then 200000 end,
       case j.status when 'FAILED' then 'UNKNOWN' end, case j.status when 'FAILED' then 'E2E test failure message' end,
       case when j.status <> 'PENDING' then current_setting('seed.now')::timestamptz end,
       case when j.status in ('COMPLETED', 'FAILED') then current_setting('seed.now')::timestamptz end, current_setting('seed.now')::timestamptz
  from (values
        ('e2e-job-pending', 'TIER_1K', 2, 'PENDING'),
        ('e2e-job-processing', 'TIER_2K', 5, 'PROCESSING'),
        ('e2e-job-completed', 'TIER_4K', 10, 'COMPLETED'),
        ('e2e-job-failed', 'TIER_1K', 2, 'FAILED'))
    as j (id, tier, cost, status), enhanced_images i
 where i.id = 'e2e-test-image-1'
on conflict do nothing;

insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
values ('e2e-api-key-1', current_setting('seed.test_user'), 'E2E Test Key',
        sha256(convert_to('e2e-test-api-key-12345', 'UTF8')), 'e2e-test', current_setting('seed.now')::timestamptz)
on conflict do nothing;

insert into vouchers (id, code, type, value, max_uses, expires_at, status, created_at)
values ('e2e-voucher-active', 'E2E-ACTIVE-100', 'FIXED_TOKENS', 100, 10, current_setting('seed.now')::timestamptz + interval '1 year', 'ACTIVE', current_setting('seed.now')::timestamptz),
       ('e2e-voucher-expired', 'E2E-EXPIRED-50', 'FIXED_TOKENS', 50, 5, current_setting('seed.now')::timestamptz - interval '30 days', 'EXPIRED', current_setting('seed.now')::timestamptz),
       ('e2e-voucher-bonus', 'E2E-BONUS-20', 'PERCENTAGE_BONUS', 20, null, null, 'ACTIVE', current_setting('seed.now')::timestamptz)
on conflict do nothing;

insert into featured_gallery_items
    (id, title, description, category, original_url, enhanced_url, width, height, sort_order, created_by, created_at)
values ('e2e-gallery-item-1', 'E2E Portrait', 'A portrait for the tests', 'PORTRAIT', '/e2e/portrait-original.jpg',
        '/e2e/portrait-enhanced.jpg', 2, 3, 0, current_setting('seed.admin'), current_setting('seed.now')::timestamptz),
       ('e2e-gallery-item-2', 'E2E Landscape', 'A landscape for the tests', 'LANDSCAPE', '/e2e/landscape-original.jpg',
        '/e2e/landscape-enhanced.jpg', 3, 2, 1, current_setting('seed.admin'), current_setting('seed.now')::timestamptz)
on conflict do nothing;

insert into external_agent_sessions
    (id, external_id, provider, name, description, status, source_repo, starting_branch, plan_summary, plan_approved_at,
     plan_approved_by, created_by, last_activity_at, created_at)
values ('e2e-agent-session-awaiting', 'sessions/e2e-awaiting-123', 'JULES', 'E2E session awaiting approval', 'Add a test',
        'AWAITING_PLAN_APPROVAL', 'sources/github/example/e2e', 'main', '1. Write the test. 2. Run it.', null, null,
        current_setting('seed.admin'), current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('e2e-agent-session-progress', 'sessions/e2e-progress-456', 'JULES', 'E2E session in progress', 'Mend a test',
        'IN_PROGRESS', 'sources/github/example/e2e', 'main', '1. Find the fault. 2. Mend it.', current_setting('seed.now')::timestamptz,
        current_setting('seed.admin'), current_setting('seed.admin'), current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz)
on conflict do nothing;
insert into agent_session_activities (session_id, id, type, content, created_at)
select s.id, 'e2e-agent-activity-1', 'code_committed', 'Committed the first half', current_setting('seed.now')::timestamptz
  from external_agent_sessions s
 where s.id = 'e2e-agent-session-progress'
on conflict do nothing;

insert into feedback (id, user_id, type, status, message, page, created_at)
select f.id, current_setting('seed.test_user'), f.type, f.status, f.message, '/enhance', current_setting('seed.now')::timestamptz - make_interval(mins => f.n)
  from (values
        (1, 'e2e-feedback-1', 'BUG', 'NEW', 'E2E: the button does nothing'),
        (2, 'e2e-feedback-2', 'IDEA', 'REVIEWED', 'E2E: a dark theme would be good'),
        (3, 'e2e-feedback-3', 'OTHER', 'RESOLVED', 'E2E: thank you'),
        (4, 'e2e-feedback-4', 'BUG', 'DISMISSED', 'E2E: it is slow at the moment'),
        (5, 'e2e-feedback-5', 'IDEA', 'NEW', 'E2E: more colours'))
    as f (n, id, type, status, message)
on conflict do nothing;

-- The part of the shop's catalogue that the orders need, word for word as in the seed merch.
insert into merch_categories (id, name, slug, description, sort_order, created_at)
values ('prints', 'Prints', 'prints', 'Prints on fine art and photo paper', 1, current_setting('seed.now')::timestamptz),
       ('apparel', 'Apparel', 'apparel', 'T-shirts and hoodies with your picture', 3, current_setting('seed.now')::timestamptz)
on conflict do nothing;
insert into merch_products
    (id, category_id, name, description, provider, provider_sku, base_price_minor, retail_price_minor, currency,
     min_dpi, min_width, min_height, print_area_width, print_area_height, sort_order, created_at)
select p.id, c.id, p.name, p.description, 'PRODIGI', p.sku, p.cost, p.retail, 'gbp',
       150, p.width, p.height, p.area_width, p.area_height, p.sort_order, current_setting('seed.now')::timestamptz
  from (values
        ('print-premium-lustre', 'prints', 1, 'Premium Lustre Print', 'Lustre photo paper with rich colours',
         'GLOBAL-FAP-A4', 899, 2499, 2400, 3300, null::integer, null::integer),
        ('tshirt-classic', 'apparel', 1, 'Classic T-Shirt', 'Cotton T-shirt, printed on the front',
         'GLOBAL-APP-TSH', 1299, 2999, 3000, 3000, 3000, 3000))
    as p (id, category, sort_order, name, description, sku, cost, retail, width, height, area_width, area_height)
  join merch_categories c on c.slug = p.category
on conflict do nothing;
insert into merch_variants (product_id, id, name, provider_sku, price_delta_minor, attributes, created_at)
select v.product_id, v.product_id || '-' || v.suffix, v.name, v.sku, v.delta, v.attributes::jsonb, current_setting('seed.now')::timestamptz
  from (values
        ('print-premium-lustre', 'a4', 'A4', 'GLOBAL-FAP-A4', 0, '{"size": "A4", "width": 210, "height": 297}'),
        ('print-premium-lustre', 'a3', 'A3', 'GLOBAL-FAP-A3', 1200, '{"size": "A3", "width": 297, "height": 420}'),
        ('tshirt-classic', 's', 'Small', 'GLOBAL-APP-TSH-S', 0, '{"size": "S", "chest": "34-36"}'),
        ('tshirt-classic', 'm', 'Medium', 'GLOBAL-APP-TSH-M', 0, '{"size": "M", "chest": "38-40"}'),
        ('tshirt-classic', 'l', 'Large', 'GLOBAL-APP-TSH-L', 0, '{"size": "L", "chest": "42-44"}'))
    as v (product_id, suffix, name, sku, delta, attributes)
  join merch_products p on p.id = v.product_id
on conflict do nothing;

-- Orders whose sums are those of their items, in the catalogue's prices of today, sent within the United Kingdom.
with wanted (id, order_number, status, subtotal, tax_included) as (
    values ('e2e-order-pending', 'SL-E2E-001', 'PENDING', 2999, 583),
           ('e2e-order-paid', 'SL-E2E-002', 'PAID', 5498, 1000),
           ('e2e-order-shipped', 'SL-E2E-003', 'SHIPPED', 2999, 583)
),
made as (
    insert into merch_orders
        (id, user_id, order_number, status, subtotal_minor, shipping_minor, total_minor, tax_included_minor, shipping_country,
         shipping_address, customer_email, stripe_payment_intent_id, stripe_payment_status, captured_minor, authorized_at,
         paid_at, created_at)
    select w.id, current_setting('seed.test_user'), w.order_number, w.status, w.subtotal, 499, w.subtotal + 499, w.tax_included,
           'GB',
           '{"name": "Test User", "line1": "1 Test Street", "city": "London", "postalCode": "E2 0ZE", "countryCode": "GB"}',
           'test@example.com', case when w.status <> 'PENDING' then 'pi_' || w.id end,
           case when w.status = 'PENDING' then 'pending' else 'captured' end,
           case when w.status = 'PENDING' then 0 else w.subtotal + 499 end,
           case when w.status <> 'PENDING' then current_setting('seed.now')::timestamptz end, case when w.status <> 'PENDING' then current_setting('seed.now')::timestamptz end, current_setting('seed.now')::timestamptz
      from wanted w
    on conflict do nothing
    returning id, status::text
),
shipped as (
    insert into merch_shipments (order_id, id, provider, carrier, tracking_number, status, shipped_at, created_at)
    select id, 'e2e-shipment-1', 'PRODIGI', 'Royal Mail', 'RM123456789GB', 'IN_TRANSIT', current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
      from made
     where id = 'e2e-order-shipped'
),
told as (
    insert into merch_order_events (order_id, id, type, to_status, created_at)
    select m.id, m.id || '-event-' || e.n, e.type, e.to_status, current_setting('seed.now')::timestamptz
      from made m
      join (values
            (1, 'ORDER_CREATED', 'PENDING', 0), (2, 'PAYMENT_AUTHORIZED', 'PAYMENT_PENDING', 1),
            (3, 'PAYMENT_CAPTURED', 'PAID', 1), (4, 'SUBMITTED_TO_POD', 'SUBMITTED', 2),
            (5, 'POD_STATUS_INPRODUCTION', 'IN_PRODUCTION', 2), (6, 'POD_STATUS_SHIPPED', 'SHIPPED', 2))
        as e (n, type, to_status, from_step)
        on e.from_step <= case m.status when 'PENDING' then 0 when 'PAID' then 1 else 2 end
)
insert into merch_order_items
    (order_id, id, product_id, variant_id, product_name, variant_name, provider, provider_sku, image_r2_key, quantity,
     unit_price_minor, total_price_minor, tax_basis_points, tax_included_minor, shipment_id, created_at)
select m.id, i.id, i.product_id, i.variant_id, i.product_name, i.variant_name, 'PRODIGI', i.sku,
       'merch/orders/' || m.id || '/' || i.id || '.jpg', 1, i.price, i.price, 2000, i.tax_included,
       case when m.id = 'e2e-order-shipped' then 'e2e-shipment-1' end, current_setting('seed.now')::timestamptz
  from (values
        ('e2e-order-pending', 'e2e-order-item-1', 'tshirt-classic', 'tshirt-classic-m', 'Classic T-Shirt', 'Medium',
         'GLOBAL-APP-TSH-M', 2999, 500),
        ('e2e-order-paid', 'e2e-order-item-2', 'print-premium-lustre', 'print-premium-lustre-a4', 'Premium Lustre Print', 'A4',
         'GLOBAL-FAP-A4', 2499, 417),
        ('e2e-order-paid', 'e2e-order-item-3', 'tshirt-classic', 'tshirt-classic-l', 'Classic T-Shirt', 'Large',
         'GLOBAL-APP-TSH-L', 2999, 500),
        ('e2e-order-shipped', 'e2e-order-item-4', 'tshirt-classic', 'tshirt-classic-m', 'Classic T-Shirt', 'Medium',
         'GLOBAL-APP-TSH-M', 2999, 500))
    as i (order_id, id, product_id, variant_id, product_name, variant_name, sku, price, tax_included)
  join made m on m.id = i.order_id;
