-- The people of a development database. Comes as JSON in the setting seed.users, so no credential is in this file.
-- Run again it changes their password, role and key, and neither doubles a person nor touches a balance.

-- Their ids were made with a salt: it has to be the one of everybody else's.
select require_user_id_salt(decode(current_setting('seed.salt_fingerprint'), 'hex'))
 where coalesce(current_setting('seed.salt_fingerprint', true), '') <> '';

with given as (
    select *
      from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb)
        as u (id text, email text, name text, role text, password_hash text, api_key_hash text, api_key_prefix text)
)
insert into users (id, email, name, role, password_hash, email_verified, created_at)
select id, email, name, role, password_hash, now(), now()
  from given
on conflict (email) do update
   set password_hash = excluded.password_hash, role = excluded.role;

-- A seeded administrator takes the place that the first sign-up would get.
update deployment
   set first_admin_at = now()
 where first_admin_at is null
   and exists (select from users where role in ('ADMIN', 'SUPER_ADMIN'));

with given as (
    select u.id as user_id
      from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb) as g (email text)
      join users u on u.email = g.email
),
opened as (
    insert into user_token_balances (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
    select user_id, 10, now(), 10, 1, now()
      from given
    on conflict (user_id) do nothing
    returning user_id, balance
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, 1, 'txn_' || encode(sha256(convert_to(user_id || ':welcome', 'UTF8')), 'hex'), balance, 'EARN_BONUS',
       'welcome', 'welcome', balance, now()
  from opened;

-- Each person has one seeded key: a new run replaces it.
delete from api_keys k
 using users u, jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb) as g (email text)
 where u.email = g.email and k.user_id = u.id and k.name = 'Seeded key';

insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
select 'key_' || left(g.api_key_hash, 32), u.id, 'Seeded key', decode(g.api_key_hash, 'hex'), g.api_key_prefix, now()
  from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb)
         as g (email text, api_key_hash text, api_key_prefix text)
  join users u on u.email = g.email
 where g.api_key_hash is not null;
