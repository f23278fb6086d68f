-- Everything about getting in: revocable sessions, linked providers, mailed tokens, throttles, and the salt's fingerprint.

alter table users
    add column preferences jsonb not null default '{}',
    add column signed_out_at timestamptz,
    add column deleted_at timestamptz,
    add constraint users_preferences_are_small
        check (jsonb_typeof(preferences) = 'object' and pg_column_size(preferences) <= 8192),
    add constraint users_deleted_are_anonymous
        check (deleted_at is null or (email is null and name is null and image is null and password_hash is null));
comment on column users.password_hash is
    'Argon2id in PHC form, or bcrypt from the system before until the next sign-in; null for a person who signs in by OAuth only.';
comment on column users.preferences is 'What the person chose in the settings; the front ends name the keys.';
comment on column users.signed_out_at is 'Signed out everywhere: a cookie that the front end made before this is not accepted.';
comment on column users.deleted_at is 'The person is gone and the row anonymous; money rows still point at it.';

-- A listing of people, newest first, and the search in it.
create extension if not exists pg_trgm;
create index users_created_at_idx on users (created_at desc, id desc);
create index users_search_idx on users using gin ((coalesce(email, '') || ' ' || coalesce(name, '')) gin_trgm_ops);
create index users_role_idx on users (role) where role <> 'USER';
-- Whether anybody still has a bcrypt hash: then a failing sign-in spends the time of one, too.
create index users_bcrypt_idx on users (id) where password_hash like '$2%';

alter table sessions
    add column network text,
    add column last_seen_at timestamptz,
    add column revoked_at timestamptz;
comment on table sessions is 'One row per signed-in browser or phone. Revoking it signs that one out at once.';
comment on column sessions.token_hash is
    'SHA-256 of the token that the client holds, by itself or inside its cookie; the token itself is stored nowhere. For a cookie that the front end made: SHA-256 of the cookie.';
comment on column sessions.network is 'The address it was opened from, for IPv6 its /64: where the person has been before, strangers'' guesses don''t slow them.';
comment on column sessions.last_seen_at is 'Last request, to the nearest few minutes.';
comment on column sessions.revoked_at is 'Signed out. The row stays until it would have expired: a cookie made elsewhere must not open it again.';
create index sessions_last_seen_at_idx on sessions (last_seen_at);
drop index sessions_user_id_idx;
create index sessions_user_id_idx on sessions (user_id, created_at desc, id desc);

create or replace function caller(kind text, secret_hash bytea, at_time timestamptz)
returns table (user_id text, role text, email text, name text, image text, session_id text, expires_at timestamptz)
language sql stable
as $$
    select u.id, u.role::text, u.email, u.name, u.image, s.id, s.expires_at
      from sessions s
      join users u on u.id = s.user_id
     where kind = 'session'
       and s.token_hash = secret_hash
       and s.expires_at > at_time
       and s.revoked_at is null
       and u.deleted_at is null
    union all
    select u.id, u.role::text, u.email, u.name, u.image, null, null
      from api_keys k
      join users u on u.id = k.user_id
     where kind = 'api_key'
       and k.key_hash = secret_hash
       and k.is_active
       and u.deleted_at is null
$$;

-- The same, but raises when nobody is calling or the role is too low. Put first into a transaction it keeps everything
-- behind it from happening, so that a change for the right caller costs one exchange.
create function require_caller(kind text, secret_hash bytea, at_time timestamptz, needed_role text)
returns table (user_id text, role text, email text, name text, image text, session_id text, expires_at timestamptz)
language plpgsql stable
as $$
begin
    return query select * from caller(kind, secret_hash, at_time);
    if not found then
        if kind = 'api_key' and exists (select from api_keys k where k.key_hash = secret_hash) then
            raise exception 'the API key was revoked' using errcode = 'SL410';
        end if;
        raise exception 'nobody is calling' using errcode = 'SL401';
    end if;
    if needed_role <> 'USER' and not exists (
        select from caller(kind, secret_hash, at_time) c where c.role in (needed_role, 'SUPER_ADMIN')
    ) then
        raise exception 'the role is too low' using errcode = 'SL403';
    end if;
end
$$;
comment on function require_caller(text, bytea, timestamptz, text) is 'As caller(), or an error: SL401 nobody, SL410 revoked key, SL403 lacks the role.';

-- Keys that a person may use are counted under the lock of the person's row: at most ten.
create index api_keys_active_idx on api_keys (user_id) where is_active;

create domain oauth_provider as text
    constraint oauth_provider_known check (value in ('apple', 'facebook', 'github', 'google'));

create table accounts (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    provider oauth_provider not null,
    provider_account_id text not null,
    access_token text,
    refresh_token text,
    id_token text,
    expires_at timestamptz,
    token_type text,
    scope text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint accounts_provider_account_key unique (provider, provider_account_id)
);
comment on table accounts is 'Sign-in providers linked to a person.';
comment on column accounts.access_token is 'AES-256-GCM: key id, nonce and ciphertext; also refresh_token and id_token.';
comment on column accounts.expires_at is 'When the access token ends.';
create index accounts_user_id_idx on accounts (user_id);
create trigger accounts_updated_at before update on accounts for each row execute function set_updated_at();

create table oauth_attempts (
    state_hash bytea primary key check (octet_length(state_hash) = 32),
    browser_hash bytea not null check (octet_length(browser_hash) = 32),
    provider oauth_provider not null,
    code_verifier text not null,
    nonce text not null,
    callback_url text not null,
    referral_code text,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
comment on table oauth_attempts is 'A sign-in on its way to a provider and back. Taken out when it returns: a state works once.';
comment on column oauth_attempts.browser_hash is 'SHA-256 of what the browser''s cookie holds: only the browser that left may come back.';
create index oauth_attempts_expires_at_idx on oauth_attempts (expires_at);

create domain verification_purpose as text
    constraint verification_purpose_known check (value in ('VERIFY_EMAIL', 'RESET_PASSWORD'));

create table verification_tokens (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    purpose verification_purpose not null,
    email text not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint verification_tokens_token_hash_key unique (token_hash),
    constraint verification_tokens_hash_is_sha256 check (octet_length(token_hash) = 32)
);
comment on table verification_tokens is 'Links sent by mail: each works once, until it expires, for the address it was sent to.';
create index verification_tokens_user_id_idx on verification_tokens (user_id, purpose, created_at desc);
create index verification_tokens_expires_at_idx on verification_tokens (expires_at);

-- Not logged to the WAL: losing it in a crash only starts the windows anew.
create unlogged table rate_limits (
    key bytea primary key check (octet_length(key) = 32),
    hits bigint not null,
    window_ends_at timestamptz not null
);
comment on table rate_limits is 'One row per limit and subject: hits in a fixed window that starts with the first.';
comment on column rate_limits.key is 'SHA-256 of the limit''s name and whom it is about, so that no address is kept here.';
create index rate_limits_window_ends_at_idx on rate_limits (window_ends_at);

alter table deployment add column user_id_salt_fingerprint bytea;
comment on column deployment.user_id_salt_fingerprint is
    'Of the salt that user ids here are made with, from the first start on: another salt would give everybody another id.';
grant update (user_id_salt_fingerprint) on deployment to spike_app;

-- Remembers the first salt and refuses every other one.
create function require_user_id_salt(fingerprint bytea) returns void
language plpgsql
as $$
begin
    if exists (select from deployment where user_id_salt_fingerprint = fingerprint) then
        return;
    end if;
    -- Of several first ones at once, those who waited for the row look again.
    update deployment set user_id_salt_fingerprint = fingerprint where user_id_salt_fingerprint is null;
    if not found and not exists (select from deployment where user_id_salt_fingerprint = fingerprint) then
        raise exception 'user ids here were made with another salt' using errcode = 'SL500';
    end if;
end
$$;
comment on function require_user_id_salt(bytea) is 'Raises SL500 when user ids in this database were made with another salt.';

grant select, insert, update, delete on accounts, oauth_attempts, verification_tokens, rate_limits to spike_app;
