-- The sizes of boxes. Run again it adds what is missing and changes nothing, whatever an administrator has made of them.
-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

insert into box_tiers (id, name, description, cpu, ram_mb, storage_gb, price_per_hour, price_per_month, sort_order, created_at)
values ('btr_standard', 'Standard', 'For browsing and light tasks', 2, 4096, 20, 10, 0, 1, current_setting('seed.now')::timestamptz),
       ('btr_pro', 'Pro', 'For development and heavy pages', 4, 8192, 40, 20, 0, 2, current_setting('seed.now')::timestamptz),
       ('btr_ultra', 'Ultra', 'For demanding work', 8, 16384, 80, 40, 0, 3, current_setting('seed.now')::timestamptz)
on conflict do nothing;
