-- What the refused statements of this folder stand on.
insert into users (id, email, created_at) values ('u1', 'u1@example.com', now()), ('u2', 'u2@example.com', now());
insert into workspaces (id, slug, name, created_at) values ('w1', 'w1', 'W', now());
insert into enhanced_images (id, user_id, name, original_r2_key, original_format, original_width, original_height, original_size_bytes, created_at)
values ('i1', 'u1', 'a.png', 'k1', 'webp', 3000, 3000, 9, now()), ('i2', 'u2', 'b.png', 'k2', 'webp', 3000, 3000, 9, now());

insert into visitors (id, consented_at, created_at) values ('v1', now(), now());
insert into visitor_sessions (id, visitor_id, started_at, last_activity_at, landing_page, exit_page)
values ('s1', 'v1', now(), now(), '/', '/');
insert into campaign_conversions (id, user_id, type, event_key, value_minor, currency, converted_at)
values ('c1', 'u1', 'PURCHASE', 'cs_1', 100, 'gbp', now());
insert into campaign_attributions (conversion_id, attribution_type, touch, session_id, platform, share_minor)
values ('c1', 'FIRST_TOUCH', 1, 's1', 'DIRECT', 100), ('c1', 'LAST_TOUCH', 1, 's1', 'DIRECT', 100),
       ('c1', 'LINEAR', 1, 's1', 'DIRECT', 34), ('c1', 'LINEAR', 2, 's1', 'DIRECT', 33), ('c1', 'LINEAR', 3, 's1', 'DIRECT', 33);
insert into campaign_links (id, utm_campaign, platform, external_campaign_id, created_at)
values ('l1', 'brand', 'GOOGLE_ADS', '1', now());

insert into marketing_accounts (id, user_id, platform, account_id, access_token, token_key_id, created_at)
values ('a1', 'u1', 'FACEBOOK', '1', 'x', 'k', now());
insert into google_ads_campaigns (id, marketing_account_id, campaign_id, name, status, created_at)
values ('g1', 'a1', '1', 'n', 'ACTIVE', now());
insert into marketing_webhook_events (provider, event_id, kind, received_at, payload, next_attempt_at)
values ('FACEBOOK', 'e1', 'leadgen', now(), '{}', now());
insert into marketing_leads (id, platform, external_lead_id, received_at) values ('d1', 'FACEBOOK', '1', now());

insert into merch_categories (id, name, slug, created_at) values ('c', 'C', 'c', now());
insert into merch_products (id, category_id, name, provider, provider_sku, base_price_minor, retail_price_minor, created_at)
values ('p1', 'c', 'P1', 'PRODIGI', 'X', 100, 2499, now()), ('p2', 'c', 'P2', 'PRODIGI', 'Y', 100, 1000, now());
insert into merch_variants (product_id, id, name, provider_sku, price_delta_minor, created_at)
values ('p1', 'p1-a', 'A', 'X-A', -1000, now());
insert into merch_carts (user_id, id, created_at) values ('u1', 'cart1', now());
insert into merch_prints (user_id, r2_key, width, height, size_bytes, content_type, created_at, expires_at)
values ('u2', 'merch/prints/u2/x.png', 10, 10, 10, 'image/png', now(), now() + interval '1 day');
insert into merch_cart_items (id, user_id, product_id, image_id, created_at) values ('ci1', 'u1', 'p1', 'i1', now());
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country,
    shipping_address, customer_email, stripe_payment_intent_id, created_at)
select o.id, 'u1', o.order_number, 2499, 499, 2998, 'GB',
       '{"name": "A", "line1": "B", "city": "C", "postalCode": "D", "countryCode": "GB"}', 'u1@example.com', o.intent, now()
  from (values ('o1', 'SL-20260101-AAAA', 'pi_1'), ('o2', 'SL-20260101-AAAB', 'pi_2')) as o (id, order_number, intent);
insert into merch_order_items (order_id, id, product_id, product_name, provider, provider_sku, image_r2_key, quantity,
    unit_price_minor, total_price_minor, created_at)
select o, 'oi_' || o, 'p1', 'P1', 'PRODIGI', 'X', 'merch/orders/' || o || '/1.png', 1, 2499, 2499, now()
  from unnest(array['o1', 'o2']) as o;
select move_merch_order('o2', 'PAYMENT_PENDING', 'ev_1', 'PAYMENT_AUTHORIZED', '{}', now());
select move_merch_order('o2', 'PAID', 'ev_2', 'PAYMENT_CAPTURED', '{}', now());
insert into merch_shipments (order_id, id, provider, provider_shipment_id, created_at)
values ('o2', 'sh_1', 'PRODIGI', 'shp_1', now());
insert into merch_operations (id, order_id, kind, idempotency_key, amount_minor, next_attempt_at, created_at)
values ('op1', 'o2', 'REFUND', 'refund:o2:1', 2000, now(), now()), ('op2', 'o2', 'CAPTURE', 'capture:o2', 2998, now(), now());
insert into merch_webhook_events (provider, event_id, event_type, received_at, payload, next_attempt_at)
values ('PRODIGI', 'evt_1', 'x', now(), '{}', now());

insert into audit_logs (actor_id, entry_number, id, action, created_at, previous_hash, hash, workspace_id)
values ('u1', 1, 'aud_1', 'USER_LOGIN', now(), '', '', null), ('u1', 1, 'aud_2', 'CONTENT_CREATE', now(), '', '', 'w1');
insert into tracked_urls (id, path, created_at) values ('t1', '/a', now());
insert into email_events (event_id, type, occurred_at, received_at) values ('e1', 'OPENED', now(), now());

insert into backup_runs (id, kind, day, started_at) values ('b1', 'daily', '2026-01-01', now());
insert into backup_runs (id, kind, day, started_at) values ('b2', 'pre-migration', '2026-01-01', now());
insert into alert_states (rule, threshold, since, evaluated_at) values ('connections', 80, now(), now());
insert into alert_events (rule, id, from_state, to_state, threshold, created_at)
values ('connections', 'al_1', 'OK', 'FIRING', 80, now());
insert into alert_outbox (id, rule, event_id, channel, payload, next_attempt_at, created_at)
values ('ob_1', 'connections', 'al_1', 'SNS', '{}', now(), now());
