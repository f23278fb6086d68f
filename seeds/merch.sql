-- The shop's catalogue: 4 categories, 8 products, 10 variants. Run again it adds what is missing and changes nothing: no price
-- that an administrator has set, and nothing that they took out of the shop. Prices are in pence.
-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

insert into merch_categories (id, name, slug, description, sort_order, created_at, updated_at)
values ('prints', 'Prints', 'prints', 'Prints on fine art and photo paper', 1, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('canvas', 'Canvas', 'canvas', 'Canvas prints, stretched or framed', 2, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('apparel', 'Apparel', 'apparel', 'T-shirts and hoodies with your picture', 3, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz),
       ('home-decor', 'Home Decor', 'home-decor', 'Cushions, mugs and more for the home', 4, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz)
on conflict do nothing;

insert into merch_products
    (id, category_id, name, description, provider, provider_sku, base_price_minor, retail_price_minor, currency,
     min_dpi, min_width, min_height, print_area_width, print_area_height, sort_order, created_at, updated_at)
select p.id, c.id, p.name, p.description, 'PRODIGI', p.sku, p.cost, p.retail, 'gbp',
       150, p.width, p.height, p.area_width, p.area_height, p.sort_order, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
  from (values
        ('print-premium-lustre', 'prints', 1, 'Premium Lustre Print', 'Lustre photo paper with rich colours',
         'GLOBAL-FAP-A4', 899, 2499, 2400, 3300, null::integer, null::integer),
        ('print-matte', 'prints', 2, 'Matte Print', 'Matte photo paper without reflections',
         'GLOBAL-PHO-A4', 699, 1999, 2400, 3300, null, null),
        ('canvas-stretched', 'canvas', 1, 'Stretched Canvas', 'Canvas on a wooden frame, ready to hang',
         'GLOBAL-CAN-12x16', 1899, 4999, 1800, 2400, null, null),
        ('canvas-framed', 'canvas', 2, 'Framed Canvas', 'Canvas in a floating frame',
         'GLOBAL-CAN-FRAMED-12x16', 3299, 7999, 1800, 2400, null, null),
        ('tshirt-classic', 'apparel', 1, 'Classic T-Shirt', 'Cotton T-shirt, printed on the front',
         'GLOBAL-APP-TSH', 1299, 2999, 3000, 3000, 3000, 3000),
        ('hoodie-premium', 'apparel', 2, 'Premium Hoodie', 'Warm hoodie, printed on the front',
         'GLOBAL-APP-HOD', 2899, 6499, 3600, 4000, 3600, 4000),
        ('cushion-square', 'home-decor', 1, 'Square Cushion', 'Cushion of 18 inches with a soft filling',
         'GLOBAL-HOM-CUS-18', 1499, 3499, 2700, 2700, null, null),
        ('mug-ceramic', 'home-decor', 2, 'Ceramic Mug', 'Mug of 11 ounces, safe in the dishwasher',
         'GLOBAL-HOM-MUG-11', 599, 1699, 2100, 900, null, null))
    as p (id, category, sort_order, name, description, sku, cost, retail, width, height, area_width, area_height)
  join merch_categories c on c.slug = p.category
on conflict do nothing;

insert into merch_variants (product_id, id, name, provider_sku, price_delta_minor, attributes, created_at, updated_at)
select v.product_id, v.product_id || '-' || v.suffix, v.name, v.sku, v.delta, v.attributes::jsonb, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
  from (values
        ('print-premium-lustre', 'a4', 'A4', 'GLOBAL-FAP-A4', 0, '{"size": "A4", "width": 210, "height": 297}'),
        ('print-premium-lustre', 'a3', 'A3', 'GLOBAL-FAP-A3', 1200, '{"size": "A3", "width": 297, "height": 420}'),
        ('print-premium-lustre', 'a2', 'A2', 'GLOBAL-FAP-A2', 2500, '{"size": "A2", "width": 420, "height": 594}'),
        ('tshirt-classic', 's', 'Small', 'GLOBAL-APP-TSH-S', 0, '{"size": "S", "chest": "34-36"}'),
        ('tshirt-classic', 'm', 'Medium', 'GLOBAL-APP-TSH-M', 0, '{"size": "M", "chest": "38-40"}'),
        ('tshirt-classic', 'l', 'Large', 'GLOBAL-APP-TSH-L', 0, '{"size": "L", "chest": "42-44"}'),
        ('tshirt-classic', 'xl', 'Extra Large', 'GLOBAL-APP-TSH-XL', 200, '{"size": "XL", "chest": "46-48"}'),
        ('canvas-stretched', '12x16', '12" x 16"', 'GLOBAL-CAN-12x16', 0, '{"size": "12x16"}'),
        ('canvas-stretched', '16x20', '16" x 20"', 'GLOBAL-CAN-16x20', 1500, '{"size": "16x20"}'),
        ('canvas-stretched', '24x36', '24" x 36"', 'GLOBAL-CAN-24x36', 4000, '{"size": "24x36"}'))
    as v (product_id, suffix, name, sku, delta, attributes)
  join merch_products p on p.id = v.product_id
on conflict do nothing;
