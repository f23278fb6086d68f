-- The vouchers of the launch. Run again it adds what is missing and changes nothing: neither one that an administrator has
-- changed or deleted, nor how often one was used.
-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

insert into vouchers (id, code, type, value, max_uses, created_at)
values ('vch_launch100', 'LAUNCH100', 'FIXED_TOKENS', 100, 1000, current_setting('seed.now')::timestamptz),
       ('vch_welcome50', 'WELCOME50', 'FIXED_TOKENS', 50, null, current_setting('seed.now')::timestamptz),
       ('vch_beta25', 'BETA25', 'FIXED_TOKENS', 25, 500, current_setting('seed.now')::timestamptz)
on conflict (code) do nothing;
