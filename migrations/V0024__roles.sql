-- Who owns, who reads, who watches. The functions' own role came with V0001.
--
-- spike_owner     owns everything, signs in nowhere; who migrates is a member of it
-- spike_app       the functions: rows only, and only those that its grants name
-- spike_readonly  reports and browsing: read-only transactions, and no column that holds a secret
-- spike_monitor   the server's own figures, not a single row

-- Roles belong to the whole cluster, so another database of it may have made them already, or be making them now.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
          from (values ('spike_owner', 'nologin'), ('spike_readonly', 'login'), ('spike_monitor', 'login'))
            as role (name, attribute)
    loop
        begin
            execute format('create role %I %s', wanted.name, wanted.attribute);
        exception
            when duplicate_object or unique_violation then null;
        end;
    end loop;
    -- Through pg_has_role a superuser is a member of everything, but what they make would still be theirs.
    if not exists (
        select from pg_auth_members
         where roleid = 'spike_owner'::regrole and member = current_user::regrole
    ) then
        execute format('grant spike_owner to %I', current_user);
    end if;
end
$$;

-- Time-outs sit on the roles because a pooler drops start-up parameters. A report may take half a minute, a look at the
-- server's figures must not become what it is looking for.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
          from (values ('spike_readonly', 'default_transaction_read_only', 'on'),
                       ('spike_readonly', 'statement_timeout', '30s'),
                       ('spike_readonly', 'lock_timeout', '1s'),
                       ('spike_readonly', 'idle_in_transaction_session_timeout', '60s'),
                       ('spike_monitor', 'default_transaction_read_only', 'on'),
                       ('spike_monitor', 'statement_timeout', '5s'),
                       ('spike_monitor', 'lock_timeout', '1s'),
                       ('spike_monitor', 'idle_in_transaction_session_timeout', '5s'))
            as setting (role_name, name, value)
    loop
        if not exists (
            select from pg_roles
             where rolname = wanted.role_name and rolconfig @> array[wanted.name || '=' || wanted.value]
        ) then
            execute format('alter role %I set %I = %L', wanted.role_name, wanted.name, wanted.value);
        end if;
    end loop;
end
$$;

-- A managed server may keep this right to itself; `cargo db doctor` then says what is missing.
do $$
begin
    if not pg_has_role('spike_monitor', 'pg_monitor', 'member') then
        grant pg_monitor to spike_monitor;
    end if;
exception
    when insufficient_privilege then
        raise notice 'spike_monitor is no member of pg_monitor: let an administrator run "grant pg_monitor to spike_monitor"';
end
$$;

grant usage, create on schema public to spike_owner;
grant usage on schema public to spike_readonly, spike_monitor;

-- What spike_readonly may not see, and what a table browser masks, says its comment.
comment on column users.password_hash is
    'secret: Argon2id in PHC form, or bcrypt from the system before until the next sign-in; null for a person who signs in by OAuth only.';
comment on column sessions.token_hash is
    'secret: SHA-256 of the token that the client holds, by itself or inside its cookie; the token itself is stored nowhere. For a cookie that the front end made: SHA-256 of the cookie.';
comment on column api_keys.key_hash is 'secret: SHA-256 of the key, which is shown once and stored nowhere.';
comment on column accounts.access_token is 'secret: AES-256-GCM: key id, nonce and ciphertext.';
comment on column accounts.refresh_token is 'secret: AES-256-GCM: key id, nonce and ciphertext.';
comment on column accounts.id_token is 'secret: AES-256-GCM: key id, nonce and ciphertext.';
comment on column oauth_attempts.state_hash is 'secret: SHA-256 of the state.';
comment on column oauth_attempts.browser_hash is
    'secret: SHA-256 of what the browser''s cookie holds: only the browser that left may come back.';
comment on column oauth_attempts.code_verifier is 'secret: of PKCE.';
comment on column oauth_attempts.nonce is 'secret: the id token has to repeat it.';
comment on column verification_tokens.token_hash is 'secret: SHA-256 of the token in the link.';
comment on column idempotency_keys.answer is 'secret: what the client was told, which may hold a link to pay by.';
comment on column deployment.user_id_salt_fingerprint is
    'secret: of the salt that user ids here are made with, from the first start on: another salt would give everybody another id.';

-- Gives whatever was made since to the owner, and opens to spike_readonly what is no secret. `migrate` calls it at the end
-- of each deploy, so that no migration has to think of it. Changes only what is not so yet.
create function settle_ownership() returns void
language plpgsql
set search_path = public, pg_temp
as $$
declare
    found record;
begin
    for found in
        select case
                   when c.relkind in ('r', 'p') then 'table'
                   when c.relkind = 'v' then 'view'
                   when c.relkind = 'm' then 'materialized view'
                   else 'sequence'
               end as kind,
               format('%I', c.relname) as name
          from pg_class c
         where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p', 'v', 'm', 'S')
           and c.relowner <> 'spike_owner'::regrole
           -- A column's own sequence goes with its table.
           and not exists (
               select
                 from pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid
                  and (d.deptype = 'e' or c.relkind = 'S' and d.deptype in ('a', 'i')))
        union all
        select 'domain', format('%I', t.typname)
          from pg_type t
         where t.typnamespace = 'public'::regnamespace
           and t.typtype = 'd'
           and t.typowner <> 'spike_owner'::regrole
           and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
        union all
        select 'routine', p.oid::regprocedure::text
          from pg_proc p
         where p.pronamespace = 'public'::regnamespace
           and p.proowner <> 'spike_owner'::regrole
           and p.prorettype <> 'event_trigger'::regtype
           and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    loop
        execute format('alter %s %s owner to spike_owner', found.kind, found.name);
    end loop;

    for found in
        select format('%I', c.relname) as name,
               string_agg(format('%I', a.attname), ', ' order by a.attnum)
                   filter (where col_description(c.oid, a.attnum) not like 'secret:%' or col_description(c.oid, a.attnum) is null) as shown,
               bool_or(coalesce(col_description(c.oid, a.attnum) like 'secret:%', false)) as has_secret,
               bool_and(has_column_privilege('spike_readonly', c.oid, a.attnum, 'select')
                        = (col_description(c.oid, a.attnum) not like 'secret:%' or col_description(c.oid, a.attnum) is null)) as settled
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p', 'v', 'm')
           -- The months of a table are read through it.
           and not c.relispartition
           and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         group by c.oid, c.relname
    loop
        continue when found.settled;
        execute format('revoke select on %s from spike_readonly', found.name);
        if not found.has_secret then
            execute format('grant select on %s to spike_readonly', found.name);
        elsif found.shown is not null then
            execute format('grant select (%s) on %s to spike_readonly', found.shown, found.name);
        end if;
    end loop;
end
$$;
comment on function settle_ownership() is
    'Gives every object to spike_owner and every column that is no secret to spike_readonly; changes only what is not so yet.';
revoke execute on function settle_ownership() from public;
