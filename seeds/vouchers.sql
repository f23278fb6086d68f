-- The vouchers of the launch. Run again it adds what is missing and changes nothing: neither one that an administrator has
-- changed or deleted, nor how often one was used.
insert into vouchers (id, code, type, value, max_uses, created_at)
values ('vch_launch100', 'LAUNCH100', 'FIXED_TOKENS', 100, 1000, now()),
       ('vch_welcome50', 'WELCOME50', 'FIXED_TOKENS', 50, null, now()),
       ('vch_beta25', 'BETA25', 'FIXED_TOKENS', 25, 500, now())
on conflict (code) do nothing;
