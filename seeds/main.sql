-- The people of a development database, who come as JSON in the setting seed.users, so no credential is in this file; a
-- person without any credential and two apps of theirs; and a personal workspace for everybody. Run again it changes the
-- password, role and key of the given people and adds what is missing: it doubles nothing, takes back no change that
-- somebody made, and touches no balance. In production it only makes the workspaces.

-- The clock of this run: the setting seed.now where a test has fixed it, else the server's.
select set_config('seed.now', coalesce(nullif(current_setting('seed.now', true), ''), now()::text), true);

-- Their ids were made with a salt: it has to be the one of everybody else's.
select require_user_id_salt(decode(current_setting('seed.salt_fingerprint'), 'hex'))
 where coalesce(current_setting('seed.salt_fingerprint', true), '') <> '';

with given as (
    select *
      from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb)
        as u (id text, email text, name text, role text, password_hash text, api_key_hash text, api_key_prefix text)
)
insert into users (id, email, name, role, password_hash, email_verified, created_at)
select id, email, name, role, password_hash, current_setting('seed.now')::timestamptz, current_setting('seed.now')::timestamptz
  from given
on conflict (email) do update
   set password_hash = excluded.password_hash, role = excluded.role;

-- A seeded administrator takes the place that the first sign-up would get.
update deployment
   set first_admin_at = current_setting('seed.now')::timestamptz
 where first_admin_at is null
   and exists (select from users where role in ('ADMIN', 'SUPER_ADMIN'));

with given as (
    select u.id as user_id
      from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb) as g (email text)
      join users u on u.email = g.email
),
opened as (
    insert into user_token_balances (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
    select user_id, 10, current_setting('seed.now')::timestamptz, 10, 1, current_setting('seed.now')::timestamptz
      from given
    on conflict (user_id) do nothing
    returning user_id, balance
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, 1, 'txn_' || encode(sha256(convert_to(user_id || ':welcome', 'UTF8')), 'hex'), balance, 'EARN_BONUS',
       'welcome', 'welcome', balance, current_setting('seed.now')::timestamptz
  from opened;

-- Each person has one seeded key: a new run replaces it.
delete from api_keys k
 using users u, jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb) as g (email text)
 where u.email = g.email and k.user_id = u.id and k.name = 'Seeded key';

insert into api_keys (id, user_id, name, key_hash, key_prefix, created_at)
select 'key_' || left(g.api_key_hash, 32), u.id, 'Seeded key', decode(g.api_key_hash, 'hex'), g.api_key_prefix, current_setting('seed.now')::timestamptz
  from jsonb_to_recordset(coalesce(nullif(current_setting('seed.users', true), ''), '[]')::jsonb)
         as g (email text, api_key_hash text, api_key_prefix text)
  join users u on u.email = g.email
 where g.api_key_hash is not null;

-- From here on without credentials.
insert into users (id, email, name, email_verified, created_at)
select 'test-user-id', 'test@example.com', 'Test User', current_setting('seed.now')::timestamptz,
       current_setting('seed.now')::timestamptz
  from deployment
 where environment is distinct from 'production'
on conflict do nothing;

with opened as (
    insert into user_token_balances (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
    select u.id, 10, current_setting('seed.now')::timestamptz, 10, 1, current_setting('seed.now')::timestamptz
      from users u
     where u.email = 'test@example.com'
    on conflict (user_id) do nothing
    returning user_id, balance
)
insert into token_transactions
    (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
select user_id, 1, 'txn_' || encode(sha256(convert_to(user_id || ':welcome', 'UTF8')), 'hex'), balance, 'EARN_BONUS',
       'welcome', 'welcome', balance, current_setting('seed.now')::timestamptz
  from opened;

insert into workspaces (id, slug, name, personal_user_id, created_at)
select 'wsp_test_user', 'test-user-workspace', 'Test User''s Workspace', u.id, current_setting('seed.now')::timestamptz
  from users u, deployment d
 where u.email = 'test@example.com' and d.environment is distinct from 'production'
on conflict do nothing;

-- A personal workspace for whoever has none: its address is the person's name and the end of their id …
insert into workspaces (id, slug, name, personal_user_id, created_at)
select 'wsp_' || left(encode(sha256(convert_to('personal:' || u.id, 'UTF8')), 'hex'), 32),
       coalesce(nullif(btrim(left(regexp_replace(lower(u.name), '[^a-z0-9]+', '-', 'g'), 60), '-'), ''), 'personal')
           || '-' || btrim(regexp_replace(lower(right(u.id, 8)), '[^a-z0-9]+', '-', 'g'), '-'),
       left(coalesce(nullif(btrim(u.name), ''), 'Personal'), 85) || '''s Workspace', u.id,
       current_setting('seed.now')::timestamptz
  from users u
 where u.deleted_at is null
   and u.id <> 'anonymous-system-user'
   and not exists (select from workspaces w where w.personal_user_id = u.id)
on conflict do nothing;

-- … or, where somebody else has that address, a digest of the id.
insert into workspaces (id, slug, name, personal_user_id, created_at)
select 'wsp_' || left(encode(sha256(convert_to('personal:' || u.id, 'UTF8')), 'hex'), 32),
       'personal-' || left(encode(sha256(convert_to(u.id, 'UTF8')), 'hex'), 32),
       left(coalesce(nullif(btrim(u.name), ''), 'Personal'), 85) || '''s Workspace', u.id,
       current_setting('seed.now')::timestamptz
  from users u
 where u.deleted_at is null
   and u.id <> 'anonymous-system-user'
   and not exists (select from workspaces w where w.personal_user_id = u.id);

insert into workspace_members (workspace_id, user_id, role, created_at)
select w.id, w.personal_user_id, 'OWNER', current_setting('seed.now')::timestamptz
  from workspaces w
 where w.personal_user_id is not null
on conflict do nothing;

-- Two apps. What belongs to them comes with them only, so that a requirement which somebody deleted stays deleted.
with made as (
    insert into apps (id, user_id, name, description, status, created_at)
    select a.id, u.id, a.name, a.description, a.status, current_setting('seed.now')::timestamptz
      from (values
            ('sample-app-1', 'Todo App', 'A simple todo application to manage tasks', 'LIVE'),
            ('sample-app-2', 'Note Taking App', 'An app for taking and organizing notes', 'PROMPTING'))
        as a (id, name, description, status), users u, deployment d
     where u.email = 'test@example.com' and d.environment is distinct from 'production'
    on conflict do nothing
    returning id, status
),
history as (
    insert into app_status_history (app_id, id, status, message, created_at)
    select id, id || '-history-1', status, 'Seeded', current_setting('seed.now')::timestamptz
      from made
),
required as (
    insert into requirements (id, app_id, description, priority, status, created_at)
    select r.id, m.id, r.description, r.priority, r.status, current_setting('seed.now')::timestamptz
      from (values
            ('sample-app-1-requirement-1', 'sample-app-1', 'Users can add new tasks', 'HIGH', 'COMPLETED'),
            ('sample-app-1-requirement-2', 'sample-app-1', 'Users can mark tasks as complete', 'HIGH', 'COMPLETED'),
            ('sample-app-1-requirement-3', 'sample-app-1', 'Users can filter tasks by status', 'MEDIUM', 'IN_PROGRESS'),
            ('sample-app-2-requirement-1', 'sample-app-2', 'Rich text editing for notes', 'CRITICAL', 'IN_PROGRESS'),
            ('sample-app-2-requirement-2', 'sample-app-2', 'Support for Markdown', 'HIGH', 'PENDING'))
        as r (id, app_id, description, priority, status)
      join made m on m.id = r.app_id
)
insert into monetization_models (id, app_id, type, price_minor, currency, subscription_interval, features, created_at)
select s.id, m.id, s.type, s.price_minor, s.currency, s.subscription_interval, s.features,
       current_setting('seed.now')::timestamptz
  from (values
        ('sample-app-1-monetization-1', 'sample-app-1', 'FREE', null::bigint, null, null, array['All features']),
        ('sample-app-2-monetization-1', 'sample-app-2', 'FREEMIUM', null, null, null, array['Basic notes']),
        ('sample-app-2-monetization-2', 'sample-app-2', 'SUBSCRIPTION', 999, 'gbp', 'MONTHLY',
         array['Unlimited notes', 'Rich text', 'Markdown']))
    as s (id, app_id, type, price_minor, currency, subscription_interval, features)
  join made m on m.id = s.app_id;
