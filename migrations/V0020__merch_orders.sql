-- Orders of merch, and what is asked of and told by those who take the money and who print.

create table merch_order_days (
    day date primary key,
    issued integer not null,
    scramble integer not null default floor(random() * 1048576)::integer,
    constraint merch_order_days_issued_range check (issued between 1 and 1048576),
    constraint merch_order_days_scramble_range check (scramble between 0 and 1048575)
);
comment on table merch_order_days is
    'How many order numbers were given out on a day. Rolled back with the order, so there is neither a gap nor a number twice.';
comment on column merch_order_days.scramble is 'Where the day begins, so that a number does not tell how much was sold.';

create function next_merch_order_number(on_day date) returns text
language plpgsql
set search_path = public, pg_temp
as $$
declare
    symbols constant text := 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
    counted merch_order_days;
    code bigint;
begin
    insert into merch_order_days as d (day, issued) values (on_day, 1)
    on conflict (day) do update set issued = d.issued + 1
    returning * into counted;
    -- An odd factor maps the 2^20 numbers of a day one to one onto the 2^20 codes of four symbols.
    code := (counted.issued::bigint * 662917 + counted.scramble) % 1048576;
    return 'SL-' || to_char(on_day, 'YYYYMMDD') || '-'
        || substr(symbols, (code >> 15 & 31)::integer + 1, 1) || substr(symbols, (code >> 10 & 31)::integer + 1, 1)
        || substr(symbols, (code >> 5 & 31)::integer + 1, 1) || substr(symbols, (code & 31)::integer + 1, 1);
end
$$;
comment on function next_merch_order_number(date) is
    'The next order number of a day, SL-YYYYMMDD-XXXX. To be asked for last in a transaction: until its end others wait.';

create table merch_orders (
    id text primary key,
    user_id text not null references users (id) on delete restrict,
    order_number text not null,
    status merch_order_status not null default 'PENDING',
    subtotal_minor bigint not null,
    shipping_minor bigint not null,
    tax_minor bigint not null default 0,
    total_minor bigint not null,
    tax_included_minor bigint not null default 0,
    currency currency not null default 'gbp',
    shipping_country country_code not null references merch_countries (code),
    shipping_address jsonb,
    billing_address jsonb,
    customer_email text,
    customer_phone text,
    notes text,
    stripe_payment_intent_id text,
    stripe_payment_status merch_payment_status not null default 'pending',
    captured_minor bigint not null default 0,
    refunded_minor bigint not null default 0,
    authorized_at timestamptz,
    paid_at timestamptz,
    provider_changed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    anonymized_at timestamptz,
    constraint merch_orders_order_number_key unique (order_number),
    constraint merch_orders_payment_intent_key unique (stripe_payment_intent_id),
    constraint merch_orders_order_number_shape
        check (order_number ~ '^SL-([0-9]{8}-[A-HJ-NP-Z2-9]{4}|E2E-[0-9]{3})$'),
    constraint merch_orders_not_negative
        check (subtotal_minor > 0 and shipping_minor >= 0 and tax_minor >= 0 and tax_included_minor >= 0),
    constraint merch_orders_total_adds_up check (total_minor = subtotal_minor + shipping_minor + tax_minor),
    constraint merch_orders_tax_included_fits check (tax_included_minor <= subtotal_minor + shipping_minor),
    constraint merch_orders_captured_fits check (captured_minor in (0, total_minor)),
    constraint merch_orders_refund_fits check (refunded_minor between 0 and captured_minor),
    constraint merch_orders_paid_at_fits_status check (
        case
            when status in ('PENDING', 'PAYMENT_PENDING') then paid_at is null
            when status = 'CANCELLED' then true
            else paid_at is not null
        end),
    constraint merch_orders_paid_is_captured check ((paid_at is not null) = (captured_minor > 0)),
    constraint merch_orders_authorized_fits_status check (
        case status
            when 'PENDING' then authorized_at is null
            when 'CANCELLED' then true
            else authorized_at is not null
        end),
    constraint merch_orders_refunded_in_full check (status <> 'REFUNDED' or refunded_minor = captured_minor),
    constraint merch_orders_payment_status_fits check (
        case stripe_payment_status
            when 'captured' then paid_at is not null
            when 'refunded' then paid_at is not null and refunded_minor = captured_minor
            when 'authorized' then authorized_at is not null and paid_at is null
            else paid_at is null
        end),
    constraint merch_orders_intent_from_authorization check (authorized_at is null or stripe_payment_intent_id is not null),
    constraint merch_orders_address_until_anonymous
        check ((shipping_address is not null and customer_email is not null) = (anonymized_at is null)),
    constraint merch_orders_anonymous_is_empty
        check (anonymized_at is null
               or num_nonnulls(shipping_address, billing_address, customer_email, customer_phone, notes) = 0),
    constraint merch_orders_address_shape check (
        jsonb_typeof(shipping_address) = 'object' and shipping_address ?& array['name', 'line1', 'city', 'postalCode', 'countryCode']
        and shipping_address ->> 'countryCode' = shipping_country and pg_column_size(shipping_address) <= 4096),
    constraint merch_orders_billing_address_shape
        check (jsonb_typeof(billing_address) = 'object' and pg_column_size(billing_address) <= 4096),
    constraint merch_orders_customer_length
        check (char_length(customer_email) between 3 and 254 and char_length(customer_phone) <= 50 and char_length(notes) <= 1000)
);
comment on table merch_orders is
    'What somebody ordered. Kept for the books; when the person leaves, or asks for it, the order loses name and address.';
comment on column merch_orders.order_number is 'For people; a number of its own kind is only in seeds.';
comment on column merch_orders.subtotal_minor is 'Sum of the items, checked at commit.';
comment on column merch_orders.tax_minor is 'On top of the prices: nothing today.';
comment on column merch_orders.tax_included_minor is 'The tax that is part of subtotal and shipping.';
comment on column merch_orders.shipping_country is 'Stays when the address goes: taxes are reported by country.';
comment on column merch_orders.shipping_address is 'personal: name, line1, line2, city, postalCode, countryCode, phone.';
comment on column merch_orders.billing_address is 'personal: as shipping_address.';
comment on column merch_orders.customer_email is 'personal: where news of this order goes.';
comment on column merch_orders.customer_phone is 'personal: for the carrier.';
comment on column merch_orders.notes is 'personal: what the customer added.';
comment on column merch_orders.provider_changed_at is 'Time of the newest news of the printer that was applied: older ones change nothing.';
create index merch_orders_user_id_idx on merch_orders (user_id, created_at desc, id desc);
create index merch_orders_created_at_idx on merch_orders (created_at desc, id desc);
create index merch_orders_status_idx on merch_orders (status, created_at desc, id desc);
create index merch_orders_shipping_country_idx on merch_orders (shipping_country, created_at);
create index merch_orders_unpaid_idx on merch_orders (created_at) where status in ('PENDING', 'PAYMENT_PENDING');
create trigger merch_orders_updated_at before update on merch_orders for each row execute function set_updated_at();

create function merch_order_may_become(old_status text, new_status text) returns boolean
language sql immutable
as $$
    select case new_status
               when 'PAYMENT_PENDING' then old_status = 'PENDING'
               when 'PAID' then old_status = 'PAYMENT_PENDING'
               when 'SUBMITTED' then old_status = 'PAID'
               when 'IN_PRODUCTION' then old_status = 'SUBMITTED'
               when 'SHIPPED' then old_status in ('SUBMITTED', 'IN_PRODUCTION')
               when 'DELIVERED' then old_status = 'SHIPPED'
               when 'CANCELLED' then old_status in ('PENDING', 'PAYMENT_PENDING', 'PAID', 'SUBMITTED')
               when 'REFUNDED' then old_status in ('PAID', 'SUBMITTED', 'IN_PRODUCTION', 'SHIPPED', 'DELIVERED', 'CANCELLED')
               else false
           end
$$;
comment on function merch_order_may_become(text, text) is 'The way of an order. It never goes back, however late or often it is told something.';
create trigger merch_orders_transition before update of status on merch_orders
    for each row when (old.status <> new.status and not merch_order_may_become(old.status, new.status))
    execute function refuse_change('merch_orders_transition_allowed');
-- What was agreed on stays; a price that changes later changes no order.
create trigger merch_orders_money_is_fixed
    before update of user_id, order_number, subtotal_minor, shipping_minor, tax_minor, total_minor, tax_included_minor,
        currency, shipping_country on merch_orders
    for each row when (
        (old.user_id, old.order_number, old.subtotal_minor, old.shipping_minor, old.tax_minor, old.total_minor,
         old.tax_included_minor, old.currency, old.shipping_country)
        is distinct from
        (new.user_id, new.order_number, new.subtotal_minor, new.shipping_minor, new.tax_minor, new.total_minor,
         new.tax_included_minor, new.currency, new.shipping_country))
    execute function refuse_change('merch_orders_money_is_fixed');
-- Only an order for which nobody was asked to pay may vanish; seeds may be taken out again.
create trigger merch_orders_kept before delete on merch_orders
    for each row when (
        old.order_number not like 'SL-E2E-%'
        and (old.status <> 'PENDING' or old.stripe_payment_intent_id is not null))
    execute function refuse_change('merch_orders_paid_ones_stay');

create table merch_shipments (
    order_id text not null references merch_orders (id) on delete cascade,
    id text not null,
    provider pod_provider not null,
    provider_shipment_id text,
    carrier text,
    tracking_number text,
    tracking_url text,
    status shipment_status not null default 'PENDING',
    shipped_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (order_id, id),
    constraint merch_shipments_provider_shipment_id_key unique (provider, provider_shipment_id),
    constraint merch_shipments_text_length
        check (char_length(provider_shipment_id) between 1 and 100 and char_length(carrier) <= 100
               and char_length(tracking_number) <= 100 and char_length(tracking_url) <= 2048),
    constraint merch_shipments_tracking_url_is_https check (tracking_url ~ '^https?://'),
    constraint merch_shipments_delivered_has_a_time check ((status = 'DELIVERED') = (delivered_at is not null)),
    constraint merch_shipments_delivered_after_shipped check (delivered_at >= shipped_at)
);
comment on table merch_shipments is 'Parcels of an order, one row per parcel of the printer.';
comment on column merch_shipments.provider_shipment_id is 'The printer''s, such as shp_…; null only in seeds.';
create index merch_shipments_tracking_number_idx on merch_shipments (tracking_number) where tracking_number is not null;
create trigger merch_shipments_updated_at before update on merch_shipments for each row execute function set_updated_at();

create table merch_order_items (
    order_id text not null references merch_orders (id) on delete cascade,
    id text not null,
    product_id text not null references merch_products (id) on delete restrict,
    variant_id text,
    product_name text not null,
    variant_name text,
    provider pod_provider not null,
    provider_sku text not null,
    image_r2_key text,
    quantity integer not null,
    unit_price_minor bigint not null,
    total_price_minor bigint not null,
    tax_basis_points integer not null default 0,
    tax_included_minor bigint not null default 0,
    custom_text text,
    pod_order_id text,
    pod_status text,
    shipment_id text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (order_id, id),
    constraint merch_order_items_variant_of_product
        foreign key (product_id, variant_id) references merch_variants (product_id, id),
    constraint merch_order_items_shipment_of_order
        foreign key (order_id, shipment_id) references merch_shipments (order_id, id),
    constraint merch_order_items_quantity_range check (quantity between 1 and 100),
    constraint merch_order_items_unit_price_positive check (unit_price_minor > 0),
    constraint merch_order_items_total_adds_up check (total_price_minor = unit_price_minor * quantity),
    constraint merch_order_items_tax_fits
        check (tax_basis_points between 0 and 5000 and tax_included_minor between 0 and total_price_minor),
    constraint merch_order_items_own_image
        check (starts_with(image_r2_key, 'merch/orders/' || order_id || '/') and char_length(image_r2_key) <= 500),
    constraint merch_order_items_text_length
        check (char_length(product_name) between 1 and 200 and char_length(variant_name) between 1 and 200
               and char_length(provider_sku) between 1 and 100 and char_length(custom_text) between 1 and 200
               and char_length(pod_order_id) between 1 and 100 and char_length(pod_status) <= 100)
);
comment on table merch_order_items is 'Lines of an order, with name and price as they were when it was made.';
comment on column merch_order_items.provider_sku is 'What the printer makes: the variant''s, else the product''s.';
comment on column merch_order_items.image_r2_key is
    'The order''s own copy of the picture, so that it can be printed whatever becomes of the image; null once it is not needed any more.';
comment on column merch_order_items.tax_included_minor is 'Of total_price_minor, at tax_basis_points (hundredths of a percent).';
comment on column merch_order_items.pod_order_id is 'The printer''s order.';
create index merch_order_items_product_id_idx on merch_order_items (product_id, variant_id);
create index merch_order_items_shipment_id_idx on merch_order_items (order_id, shipment_id) where shipment_id is not null;
create index merch_order_items_pod_order_id_idx on merch_order_items (provider, pod_order_id) where pod_order_id is not null;
create trigger merch_order_items_updated_at before update on merch_order_items
    for each row execute function set_updated_at();
create trigger merch_order_items_objects after delete or update of image_r2_key on merch_order_items
    for each row execute function queue_object_deletions('IMAGES', 'image_r2_key');
create trigger merch_order_items_money_is_fixed
    before update of order_id, quantity, unit_price_minor, total_price_minor, tax_basis_points, tax_included_minor
        on merch_order_items
    for each row when (
        (old.order_id, old.quantity, old.unit_price_minor, old.total_price_minor, old.tax_basis_points, old.tax_included_minor)
        is distinct from
        (new.order_id, new.quantity, new.unit_price_minor, new.total_price_minor, new.tax_basis_points, new.tax_included_minor))
    execute function refuse_change('merch_order_items_money_is_fixed');

-- At commit, because the items come in after the order.
create function check_merch_subtotal() returns trigger
language plpgsql
set search_path = public, pg_temp
as $$
declare
    of_order text;
begin
    if tg_op = 'DELETE' then
        of_order := old.order_id;
    elsif tg_table_name = 'merch_orders' then
        of_order := new.id;
    else
        of_order := new.order_id;
    end if;
    if exists (
        select from merch_orders o
         where o.id = of_order
           and o.subtotal_minor is distinct from
               (select sum(i.total_price_minor) from merch_order_items i where i.order_id = o.id)
    ) then
        raise exception 'the items of order % do not add up to its subtotal', of_order
            using errcode = 'check_violation', constraint = 'merch_orders_subtotal_is_sum_of_items', table = 'merch_orders';
    end if;
    return null;
end
$$;
comment on function check_merch_subtotal() is 'An order''s subtotal is the sum of its items.';
create constraint trigger merch_orders_subtotal after insert on merch_orders
    deferrable initially deferred for each row execute function check_merch_subtotal();
create constraint trigger merch_order_items_subtotal after insert or delete on merch_order_items
    deferrable initially deferred for each row execute function check_merch_subtotal();

create table merch_order_events (
    order_id text not null references merch_orders (id) on delete cascade,
    id text not null,
    type text not null,
    to_status merch_order_status,
    data jsonb not null default '{}',
    created_at timestamptz not null,
    primary key (order_id, id),
    constraint merch_order_events_type_shape check (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    constraint merch_order_events_data_is_small
        check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 16384)
);
comment on table merch_order_events is 'What happened to an order, in the order of the ids. Never changed; without personal data.';
comment on column merch_order_events.to_status is 'Of a step: the status that the order has from then on. Each is reached once.';
create unique index merch_order_events_step_idx on merch_order_events (order_id, to_status) where to_status is not null;

-- The only way from one status to the next: the change and its event, or nothing.
create function move_merch_order(
    of_order text, new_status text, event_id text, event_type text, event_data jsonb, at_time timestamptz
) returns text
language plpgsql
set search_path = public, pg_temp
as $$
declare
    moved text;
begin
    update merch_orders o
       set status = new_status,
           authorized_at = case when new_status = 'PAYMENT_PENDING' then at_time else o.authorized_at end,
           paid_at = case when new_status = 'PAID' then at_time else o.paid_at end,
           captured_minor = case when new_status = 'PAID' then o.total_minor else o.captured_minor end,
           refunded_minor = case when new_status = 'REFUNDED' then o.captured_minor else o.refunded_minor end,
           stripe_payment_status = case new_status
               when 'PAYMENT_PENDING' then 'authorized'
               when 'PAID' then 'captured'
               when 'REFUNDED' then 'refunded'
               when 'CANCELLED' then case when o.paid_at is null then 'cancelled' else o.stripe_payment_status::text end
               else o.stripe_payment_status::text
           end
     where o.id = of_order and merch_order_may_become(o.status, new_status)
       and (new_status <> 'REFUNDED' or o.paid_at is not null)
    returning o.id into moved;
    if moved is not null then
        insert into merch_order_events (order_id, id, type, to_status, data, created_at)
        values (of_order, event_id, event_type, new_status, event_data, at_time);
    end if;
    return moved;
end
$$;
comment on function move_merch_order(text, text, text, text, jsonb, timestamptz) is
    'Takes an order a step on and writes the event; answers its id, or null and changes nothing where the step is not allowed (any more).';

create table merch_operations (
    id text primary key,
    order_id text not null references merch_orders (id) on delete cascade,
    kind merch_operation_kind not null,
    idempotency_key text not null,
    amount_minor bigint,
    status merch_operation_status not null default 'PENDING',
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    result jsonb,
    last_error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint merch_operations_idempotency_key_key unique (idempotency_key),
    constraint merch_operations_idempotency_key_length check (char_length(idempotency_key) between 1 and 200),
    constraint merch_operations_amount_fits_kind
        check ((kind in ('CREATE_INTENT', 'CAPTURE', 'REFUND')) = (amount_minor is not null) and amount_minor > 0),
    constraint merch_operations_attempts_not_negative check (attempts >= 0),
    constraint merch_operations_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint merch_operations_finished_has_a_time check ((status = 'PENDING') = (finished_at is null)),
    constraint merch_operations_error_length check (char_length(last_error) <= 1000)
);
comment on table merch_operations is
    'What is asked of Stripe and of the printer: written with what causes it, asked for after that is committed, and again with the same key until it is answered.';
comment on column merch_operations.idempotency_key is 'Kind and order, such as capture:<order>; what the other side gets, so that nothing happens twice.';
comment on column merch_operations.amount_minor is 'In the order''s currency.';
create index merch_operations_order_id_idx on merch_operations (order_id, created_at);
create unique index merch_operations_once_idx on merch_operations (order_id, kind) where kind <> 'REFUND';
create index merch_operations_due_idx on merch_operations (next_attempt_at) where next_attempt_at is not null;
create index merch_operations_failed_idx on merch_operations (finished_at desc) where status = 'FAILED';

create function check_merch_operation() returns trigger
language plpgsql
set search_path = public, pg_temp
as $$
declare
    of_order merch_orders;
    refunds bigint;
begin
    -- Locked, so that refunds at once are counted one after the other.
    select * into of_order from merch_orders o where o.id = new.order_id for no key update;
    if new.kind in ('CAPTURE', 'SUBMIT') and of_order.authorized_at is null then
        raise exception 'order % is not authorised', new.order_id
            using errcode = 'check_violation', constraint = 'merch_operations_after_authorization', table = 'merch_operations';
    end if;
    if new.kind in ('CREATE_INTENT', 'CAPTURE') and new.amount_minor <> of_order.total_minor then
        raise exception 'order % costs another amount', new.order_id
            using errcode = 'check_violation', constraint = 'merch_operations_amount_is_total', table = 'merch_operations';
    end if;
    if new.kind = 'REFUND' then
        select coalesce(sum(r.amount_minor), 0) into refunds
          from merch_operations r
         where r.order_id = new.order_id and r.kind = 'REFUND' and r.status <> 'FAILED' and r.id <> new.id;
        if refunds + new.amount_minor > of_order.captured_minor then
            raise exception 'order % would be refunded more than was paid', new.order_id
                using errcode = 'check_violation', constraint = 'merch_operations_refund_fits', table = 'merch_operations';
        end if;
    end if;
    return new;
end
$$;
comment on function check_merch_operation() is 'Nothing is captured or printed before the bank has agreed, and never more is given back than was taken.';
create trigger merch_operations_fit_order before insert or update of order_id, kind, amount_minor on merch_operations
    for each row execute function check_merch_operation();

create table merch_webhook_events (
    provider pod_provider not null,
    event_id text not null,
    event_type text not null,
    pod_order_id text,
    occurred_at timestamptz,
    received_at timestamptz not null,
    payload jsonb not null,
    outcome inbox_outcome,
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    processed_at timestamptz,
    last_error text,
    primary key (provider, event_id),
    constraint merch_webhook_events_id_length check (char_length(event_id) between 1 and 200),
    constraint merch_webhook_events_type_length check (char_length(event_type) between 1 and 200),
    constraint merch_webhook_events_payload_is_small check (pg_column_size(payload) <= 262144),
    constraint merch_webhook_events_attempts_not_negative check (attempts >= 0),
    constraint merch_webhook_events_error_length check (char_length(last_error) <= 1000),
    constraint merch_webhook_events_reason_given check (outcome is null or outcome = 'APPLIED' or reason is not null),
    constraint merch_webhook_events_open_is_due check ((outcome is null) = (next_attempt_at is not null)),
    constraint merch_webhook_events_done_has_a_time check ((outcome is null) = (processed_at is null))
);
comment on table merch_webhook_events is
    'What the printer told us, once each. The order is asked for again before anything follows from it. Stripe''s events are in stripe_events.';
comment on column merch_webhook_events.payload is 'personal: the printer sends the recipient along. Kept 30 days.';
comment on column merch_webhook_events.outcome is 'Null while it is still to be worked on.';
create index merch_webhook_events_pod_order_id_idx on merch_webhook_events (provider, pod_order_id) where pod_order_id is not null;
create index merch_webhook_events_received_at_idx on merch_webhook_events (received_at desc, event_id desc);
create index merch_webhook_events_due_idx on merch_webhook_events (next_attempt_at) where next_attempt_at is not null;

grant select, insert, update on merch_shipments, merch_order_days, merch_order_items, merch_operations to spike_app;
grant select, insert, update, delete on merch_orders, merch_webhook_events to spike_app;
grant select, insert on merch_order_events to spike_app;
