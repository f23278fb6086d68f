-- refused: merch_products_price_range
update merch_products set retail_price_minor = 0 where id = 'p1';
-- refused: merch_products_print_area_is_whole
update merch_products set print_area_width = 5 where id = 'p1';
-- refused: merch_variants_price_positive
update merch_variants set price_delta_minor = -2499 where id = 'p1-a';
-- refused: merch_variants_price_positive
update merch_products set retail_price_minor = 1000 where id = 'p1';
-- refused: merch_countries_zone_fkey
delete from merch_shipping_rates where zone = 'EU';
-- refused: merch_cart_items_line_idx
insert into merch_cart_items (id, user_id, product_id, image_id, created_at) values ('ci2', 'u1', 'p1', 'i1', now());
-- refused: merch_cart_items_own_image
insert into merch_cart_items (id, user_id, product_id, image_id, created_at) values ('ci2', 'u1', 'p1', 'i2', now());
-- refused: merch_cart_items_own_upload
insert into merch_cart_items (id, user_id, product_id, uploaded_image_r2_key, created_at) values ('ci2', 'u1', 'p1', 'merch/prints/u2/x.png', now());
-- refused: merch_prints_own_prefix
insert into merch_prints (user_id, r2_key, width, height, size_bytes, content_type, created_at, expires_at) values ('u1', 'merch/prints/u2/x.png', 10, 10, 10, 'image/png', now(), now() + interval '1 day');
-- refused: merch_cart_items_one_image
insert into merch_cart_items (id, user_id, product_id, created_at) values ('ci2', 'u1', 'p1', now());
-- refused: merch_cart_items_variant_of_product
insert into merch_cart_items (id, user_id, product_id, variant_id, image_id, created_at) values ('ci2', 'u1', 'p2', 'p1-a', 'i1', now());
-- refused: merch_cart_items_quantity_range
update merch_cart_items set quantity = 101 where id = 'ci1';
-- refused: merch_cart_items_quantity_range
update merch_cart_items set quantity = 0 where id = 'ci1';
-- refused: merch_orders_order_number_key
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, created_at) select 'o3', user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, now() from merch_orders where id = 'o1';
-- refused: merch_orders_order_number_shape
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, created_at) select 'o3', user_id, 'X', subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, now() from merch_orders where id = 'o1';
-- refused: merch_orders_total_adds_up
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, created_at) select 'o3', user_id, 'SL-20260101-AAAC', subtotal_minor, shipping_minor, total_minor + 1, shipping_country, shipping_address, customer_email, now() from merch_orders where id = 'o1';
-- refused: merch_orders_subtotal_is_sum_of_items
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, created_at) select 'o3', user_id, 'SL-20260101-AAAC', subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, now() from merch_orders where id = 'o1';
-- refused: merch_orders_shipping_country_fkey
insert into merch_orders (id, user_id, order_number, subtotal_minor, shipping_minor, total_minor, shipping_country, shipping_address, customer_email, created_at) select 'o3', user_id, 'SL-20260101-AAAC', subtotal_minor, shipping_minor, total_minor, 'US', shipping_address || '{"countryCode": "US"}', customer_email, now() from merch_orders where id = 'o1';
-- refused: merch_orders_address_shape
update merch_orders set shipping_address = shipping_address - 'city' where id = 'o1';
-- refused: merch_orders_address_shape
update merch_orders set shipping_address = shipping_address || '{"countryCode": "DE"}' where id = 'o1';
-- refused: merch_orders_address_until_anonymous
update merch_orders set shipping_address = null where id = 'o1';
-- refused: merch_orders_anonymous_is_empty
update merch_orders set shipping_address = null, customer_email = null, customer_phone = '1', anonymized_at = now() where id = 'o1';
-- refused: merch_orders_payment_intent_key
update merch_orders set stripe_payment_intent_id = 'pi_2' where id = 'o1';
-- refused: merch_orders_transition_allowed
update merch_orders set status = 'PAID', paid_at = now(), authorized_at = now(), captured_minor = 2998 where id = 'o1';
-- refused: merch_orders_transition_allowed
update merch_orders set status = 'PAYMENT_PENDING', paid_at = null, captured_minor = 0 where id = 'o2';
-- refused: merch_orders_authorized_fits_status
update merch_orders set status = 'PAYMENT_PENDING' where id = 'o1';
-- refused: merch_orders_paid_at_fits_status
update merch_orders set paid_at = null, captured_minor = 0, stripe_payment_status = 'pending' where id = 'o2';
-- refused: merch_orders_captured_fits
update merch_orders set captured_minor = 2997 where id = 'o2';
-- refused: merch_orders_refund_fits
update merch_orders set refunded_minor = 2999 where id = 'o2';
-- refused: merch_orders_refunded_in_full
update merch_orders set status = 'REFUNDED', refunded_minor = 1 where id = 'o2';
-- refused: merch_orders_payment_status_fits
update merch_orders set stripe_payment_status = 'authorized' where id = 'o2';
-- refused: merch_orders_money_is_fixed
update merch_orders set subtotal_minor = 2500, total_minor = 2999 where id = 'o1';
-- refused: merch_orders_paid_ones_stay
delete from merch_orders where id = 'o2';
-- refused: merch_order_items_total_adds_up
insert into merch_order_items (order_id, id, product_id, product_name, provider, provider_sku, quantity, unit_price_minor, total_price_minor, created_at) values ('o1', 'oi2', 'p1', 'P', 'PRODIGI', 'X', 2, 100, 199, now());
-- refused: merch_orders_subtotal_is_sum_of_items
insert into merch_order_items (order_id, id, product_id, product_name, provider, provider_sku, quantity, unit_price_minor, total_price_minor, created_at) values ('o1', 'oi2', 'p1', 'P', 'PRODIGI', 'X', 2, 100, 200, now());
-- refused: merch_orders_subtotal_is_sum_of_items
delete from merch_order_items where order_id = 'o1';
-- refused: merch_order_items_own_image
update merch_order_items set image_r2_key = 'images/u2/secret.png' where order_id = 'o1';
-- refused: merch_order_items_money_is_fixed
update merch_order_items set unit_price_minor = 1, total_price_minor = 1 where order_id = 'o1';
-- refused: merch_order_items_shipment_of_order
update merch_order_items set shipment_id = 'sh_1' where order_id = 'o1';
-- refused: merch_cart_items_product_id_fkey
delete from merch_products where id = 'p1';
-- refused: merch_shipments_provider_shipment_id_key
insert into merch_shipments (order_id, id, provider, provider_shipment_id, created_at) values ('o1', 'sh_2', 'PRODIGI', 'shp_1', now());
-- refused: merch_shipments_delivered_has_a_time
update merch_shipments set status = 'DELIVERED' where id = 'sh_1';
-- refused: merch_order_events_step_idx
insert into merch_order_events (order_id, id, type, to_status, created_at) values ('o2', 'ev_3', 'PAYMENT_CAPTURED', 'PAID', now());
-- refused: merch_operations_once_idx
insert into merch_operations (id, order_id, kind, idempotency_key, amount_minor, next_attempt_at, created_at) values ('op3', 'o2', 'CAPTURE', 'capture:o2:again', 2998, now(), now());
-- refused: merch_operations_after_authorization
insert into merch_operations (id, order_id, kind, idempotency_key, amount_minor, next_attempt_at, created_at) values ('op3', 'o1', 'CAPTURE', 'capture:o1', 2998, now(), now());
-- refused: merch_operations_after_authorization
insert into merch_operations (id, order_id, kind, idempotency_key, next_attempt_at, created_at) values ('op3', 'o1', 'SUBMIT', 'submit:o1', now(), now());
-- refused: merch_operations_amount_is_total
insert into merch_operations (id, order_id, kind, idempotency_key, amount_minor, next_attempt_at, created_at) values ('op3', 'o1', 'CREATE_INTENT', 'intent:o1', 1, now(), now());
-- refused: merch_operations_refund_fits
insert into merch_operations (id, order_id, kind, idempotency_key, amount_minor, next_attempt_at, created_at) values ('op3', 'o2', 'REFUND', 'refund:o2:2', 999, now(), now());
-- refused: merch_operations_amount_fits_kind
insert into merch_operations (id, order_id, kind, idempotency_key, next_attempt_at, created_at) values ('op3', 'o2', 'REFUND', 'refund:o2:2', now(), now());
-- refused: merch_webhook_events_pkey
insert into merch_webhook_events (provider, event_id, event_type, received_at, payload, next_attempt_at) values ('PRODIGI', 'evt_1', 'x', now(), '{}', now());
-- refused: merch_order_days_issued_range
insert into merch_order_days (day, issued) values ('2026-01-01', 1048577);
