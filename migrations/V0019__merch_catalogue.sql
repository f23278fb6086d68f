-- Prints and other goods made to order: what there is, where it is sent and for how much, and carts. All money is in minor
-- units of the currency beside it; prices include tax.

create domain pod_provider as text
    constraint pod_provider_known check (value in ('PRODIGI', 'PRINTFUL'));
comment on domain pod_provider is 'Who prints and ships.';

create domain merch_shipping_zone as text
    constraint merch_shipping_zone_known check (value in ('GB', 'EU'));
comment on domain merch_shipping_zone is 'Countries with the same price of shipping.';

create domain country_code as text
    constraint country_code_is_iso_3166 check (value ~ '^[A-Z]{2}$');
comment on domain country_code is 'ISO 3166, two capital letters.';

create domain merch_order_status as text
    constraint merch_order_status_known check (value in (
        'PENDING', 'PAYMENT_PENDING', 'PAID', 'SUBMITTED', 'IN_PRODUCTION', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED'));
comment on domain merch_order_status is
    'PENDING: not paid. PAYMENT_PENDING: the bank has set the money aside. PAID: it was taken. SUBMITTED: the printer has accepted.';

create domain merch_payment_status as text
    constraint merch_payment_status_known check (value in (
        'pending', 'authorized', 'captured', 'cancelled', 'failed', 'refunded'));
comment on domain merch_payment_status is 'State of the payment; clients know these words.';

create domain shipment_status as text
    constraint shipment_status_known check (value in (
        'PENDING', 'PROCESSING', 'SHIPPED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'FAILED'));
comment on domain shipment_status is 'State of a parcel.';

create domain merch_operation_kind as text
    constraint merch_operation_kind_known check (value in (
        'CREATE_INTENT', 'SUBMIT', 'CAPTURE', 'VOID', 'CANCEL_AT_PROVIDER', 'REFUND'));
comment on domain merch_operation_kind is 'What is asked of Stripe or of the printer.';

create domain merch_operation_status as text
    constraint merch_operation_status_known check (value in ('PENDING', 'DONE', 'FAILED'));
comment on domain merch_operation_status is 'PENDING is tried again; FAILED is given up and somebody has to look.';

-- Where things are sent, and for how much.

create table merch_shipping_rates (
    zone merch_shipping_zone primary key,
    amount_minor bigint not null,
    free_from_minor bigint not null,
    currency currency not null,
    constraint merch_shipping_rates_not_negative check (amount_minor >= 0 and free_from_minor >= 0)
);
comment on table merch_shipping_rates is 'Price of shipping per order.';
comment on column merch_shipping_rates.free_from_minor is 'From this subtotal on it costs nothing.';
insert into merch_shipping_rates (zone, amount_minor, free_from_minor, currency) values
    ('GB', 499, 5500, 'gbp'),
    ('EU', 999, 6500, 'gbp');

create table merch_countries (
    code country_code primary key,
    zone merch_shipping_zone not null references merch_shipping_rates (zone),
    vat_basis_points integer not null,
    constraint merch_countries_vat_range check (vat_basis_points between 0 and 5000)
);
comment on table merch_countries is 'Countries that are shipped to; all others are refused.';
comment on column merch_countries.vat_basis_points is 'Standard rate of the destination in hundredths of a percent; part of the prices.';
create index merch_countries_zone_idx on merch_countries (zone);
insert into merch_countries (code, zone, vat_basis_points) values
    ('GB', 'GB', 2000),
    ('AT', 'EU', 2000), ('BE', 'EU', 2100), ('BG', 'EU', 2000), ('CY', 'EU', 1900), ('CZ', 'EU', 2100),
    ('DE', 'EU', 1900), ('DK', 'EU', 2500), ('EE', 'EU', 2400), ('ES', 'EU', 2100), ('FI', 'EU', 2550),
    ('FR', 'EU', 2000), ('GR', 'EU', 2400), ('HR', 'EU', 2500), ('HU', 'EU', 2700), ('IE', 'EU', 2300),
    ('IT', 'EU', 2200), ('LT', 'EU', 2100), ('LU', 'EU', 1700), ('LV', 'EU', 2100), ('MT', 'EU', 1800),
    ('NL', 'EU', 2100), ('PL', 'EU', 2300), ('PT', 'EU', 2300), ('RO', 'EU', 2100), ('SE', 'EU', 2500),
    ('SI', 'EU', 2200), ('SK', 'EU', 2300);

-- The catalogue.

create table merch_categories (
    id text primary key,
    name text not null,
    slug text not null,
    description text,
    icon text,
    sort_order integer not null default 0,
    is_active boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint merch_categories_name_key unique (name),
    constraint merch_categories_slug_key unique (slug),
    constraint merch_categories_name_length check (char_length(name) between 1 and 100),
    constraint merch_categories_slug_shape check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 100),
    constraint merch_categories_text_length check (char_length(description) <= 1000 and char_length(icon) <= 100),
    constraint merch_categories_sort_order_not_negative check (sort_order >= 0)
);
comment on table merch_categories is 'Shelves of the shop.';
create trigger merch_categories_updated_at before update on merch_categories
    for each row execute function set_updated_at();

create table merch_products (
    id text primary key,
    category_id text not null references merch_categories (id) on delete restrict,
    name text not null,
    description text,
    provider pod_provider not null,
    provider_sku text not null,
    base_price_minor bigint not null,
    retail_price_minor bigint not null,
    currency currency not null default 'gbp',
    is_active boolean not null default true,
    min_dpi integer not null default 150,
    min_width integer not null default 1800,
    min_height integer not null default 1800,
    print_area_width integer,
    print_area_height integer,
    mockup_template text,
    sort_order integer not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint merch_products_name_length check (char_length(name) between 1 and 200),
    constraint merch_products_text_length
        check (char_length(description) <= 5000 and char_length(mockup_template) <= 2048),
    constraint merch_products_provider_sku_length check (char_length(provider_sku) between 1 and 100),
    constraint merch_products_price_range
        check (base_price_minor between 1 and 10000000 and retail_price_minor between 1 and 10000000),
    constraint merch_products_pixels_positive
        check (min_dpi > 0 and min_width > 0 and min_height > 0 and print_area_width > 0 and print_area_height > 0),
    constraint merch_products_print_area_is_whole check ((print_area_width is null) = (print_area_height is null)),
    constraint merch_products_sort_order_not_negative check (sort_order >= 0)
);
comment on table merch_products is 'What can be printed on. Taken out of the shop by is_active, never deleted: orders point at it.';
comment on column merch_products.base_price_minor is 'What the printer charges; not for the public, nor is provider_sku.';
comment on column merch_products.min_width is 'Pixels that a picture needs at least; likewise min_height.';
comment on column merch_products.print_area_width is 'Pixels; likewise print_area_height.';
create index merch_products_category_id_idx on merch_products (category_id, sort_order, id);
create trigger merch_products_updated_at before update on merch_products for each row execute function set_updated_at();

create table merch_variants (
    product_id text not null references merch_products (id) on delete cascade,
    id text not null,
    name text not null,
    provider_sku text not null,
    price_delta_minor bigint not null default 0,
    is_active boolean not null default true,
    attributes jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (product_id, id),
    constraint merch_variants_id_key unique (id),
    constraint merch_variants_name_length check (char_length(name) between 1 and 200),
    constraint merch_variants_provider_sku_length check (char_length(provider_sku) between 1 and 100),
    constraint merch_variants_price_delta_range check (price_delta_minor between -10000000 and 10000000),
    constraint merch_variants_attributes_are_small
        check (jsonb_typeof(attributes) = 'object' and pg_column_size(attributes) <= 4096)
);
comment on table merch_variants is 'Sizes and the like of a product.';
comment on column merch_variants.price_delta_minor is 'On top of the product''s retail price, in its currency; the sum stays above zero.';
create trigger merch_variants_updated_at before update on merch_variants for each row execute function set_updated_at();

-- Of both tables, so a check on one can't hold it. The product's row is locked: a price and a delta that change at once
-- are seen one after the other.
create function check_merch_price() returns trigger
language plpgsql
set search_path = public, pg_temp
as $$
declare
    of_product text;
begin
    if tg_table_name = 'merch_products' then
        of_product := new.id;
    else
        of_product := new.product_id;
    end if;
    perform from merch_products p where p.id = of_product for no key update;
    if exists (
        select from merch_variants v
          join merch_products p on p.id = v.product_id
         where v.product_id = of_product and p.retail_price_minor + v.price_delta_minor < 1
    ) then
        raise exception 'a variant of product % would cost nothing', of_product
            using errcode = 'check_violation', constraint = 'merch_variants_price_positive', table = 'merch_variants';
    end if;
    return null;
end
$$;
comment on function check_merch_price() is 'No variant costs nothing or less.';
create trigger merch_products_price after update of retail_price_minor on merch_products
    for each row execute function check_merch_price();
create trigger merch_variants_price after insert or update of price_delta_minor, product_id on merch_variants
    for each row execute function check_merch_price();

-- Carts.

create table merch_prints (
    user_id text not null references users (id) on delete cascade,
    r2_key text not null,
    width integer not null,
    height integer not null,
    size_bytes bigint not null,
    content_type text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (user_id, r2_key),
    constraint merch_prints_own_prefix
        check (starts_with(r2_key, 'merch/prints/' || user_id || '/') and char_length(r2_key) <= 500),
    constraint merch_prints_size_positive check (width > 0 and height > 0 and size_bytes > 0),
    constraint merch_prints_content_type_known check (content_type in ('image/jpeg', 'image/png', 'image/webp')),
    constraint merch_prints_expires_later check (expires_at > created_at)
);
comment on table merch_prints is
    'Pictures that somebody uploaded for printing only, measured. What is not in a cart when it expires goes, with its object.';
create index merch_prints_expires_at_idx on merch_prints (expires_at);
create trigger merch_prints_objects after delete on merch_prints
    for each row execute function queue_object_deletions('IMAGES', 'r2_key');

create table merch_carts (
    user_id text primary key references users (id) on delete cascade,
    id text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint merch_carts_id_key unique (id)
);
comment on table merch_carts is 'Everybody has at most one.';
create trigger merch_carts_updated_at before update on merch_carts for each row execute function set_updated_at();

create table merch_cart_items (
    id text primary key,
    user_id text not null references merch_carts (user_id) on delete cascade,
    product_id text not null references merch_products (id) on delete restrict,
    variant_id text,
    image_id text,
    uploaded_image_r2_key text,
    quantity integer not null default 1,
    custom_text text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint merch_cart_items_variant_of_product
        foreign key (product_id, variant_id) references merch_variants (product_id, id) on delete cascade,
    constraint merch_cart_items_own_image
        foreign key (user_id, image_id) references enhanced_images (user_id, id) on delete cascade,
    constraint merch_cart_items_own_upload
        foreign key (user_id, uploaded_image_r2_key) references merch_prints (user_id, r2_key),
    constraint merch_cart_items_one_image check (num_nonnulls(image_id, uploaded_image_r2_key) = 1),
    constraint merch_cart_items_quantity_range check (quantity between 1 and 100),
    constraint merch_cart_items_custom_text_length check (char_length(custom_text) between 1 and 200)
);
comment on table merch_cart_items is
    'Lines of a cart. The picture is the cart owner''s own, an image or an upload; when an image is deleted its lines go, too.';
comment on column merch_cart_items.user_id is 'Whose cart.';
create unique index merch_cart_items_line_idx on merch_cart_items
    (user_id, product_id, coalesce(variant_id, ''), coalesce(image_id, ''), coalesce(uploaded_image_r2_key, ''));
create index merch_cart_items_product_id_idx on merch_cart_items (product_id, variant_id);
create index merch_cart_items_image_id_idx on merch_cart_items (image_id, user_id) where image_id is not null;
create index merch_cart_items_uploaded_image_idx on merch_cart_items (uploaded_image_r2_key, user_id)
    where uploaded_image_r2_key is not null;
create trigger merch_cart_items_updated_at before update on merch_cart_items
    for each row execute function set_updated_at();

grant select on merch_shipping_rates, merch_countries to spike_app;
grant select, insert, update on merch_categories, merch_products, merch_variants to spike_app;
grant select, insert, update, delete on merch_prints, merch_carts, merch_cart_items to spike_app;
