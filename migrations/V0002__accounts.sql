-- People, their sessions and their API keys.

create domain user_role as text
    constraint user_role_known check (value in ('USER', 'ADMIN', 'SUPER_ADMIN'));

create table users (
    id text primary key,
    email text,
    name text,
    image text,
    email_verified timestamptz,
    role user_role not null default 'USER',
    password_hash text,
    stripe_customer_id text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint users_email_key unique (email),
    constraint users_email_normalised check (email = lower(btrim(email))),
    constraint users_stripe_customer_id_key unique (stripe_customer_id)
);
comment on table users is 'One row per person. Only sign-up, OAuth, seeds and import make one.';
comment on column users.id is '"user_" and 32 hex digits derived from the e-mail at sign-up; never recomputed afterwards.';
comment on column users.email is 'Trimmed, lower case; null for an OAuth account without one.';
comment on column users.password_hash is 'Argon2id in PHC form; null for a person who signs in by OAuth only.';
create trigger users_updated_at before update on users for each row execute function set_updated_at();

create table sessions (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    token_hash bytea not null,
    user_agent text,
    ip_address text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint sessions_token_hash_key unique (token_hash),
    constraint sessions_token_hash_is_sha256 check (octet_length(token_hash) = 32)
);
comment on table sessions is 'One row per signed-in browser or phone. Deleting it signs that one out at once.';
comment on column sessions.token_hash is 'SHA-256 of the token that the client holds; the token itself is stored nowhere.';
create index sessions_user_id_idx on sessions (user_id, created_at desc);
create index sessions_expires_at_idx on sessions (expires_at);

create table api_keys (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    key_hash bytea not null,
    key_prefix text not null,
    is_active boolean not null default true,
    last_used_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_key_hash_is_sha256 check (octet_length(key_hash) = 32),
    constraint api_keys_name_length check (char_length(name) between 1 and 50)
);
comment on table api_keys is 'Keys for programs. The key is shown once, when it is made.';
comment on column api_keys.key_prefix is 'What a list shows: sk_live_ or sk_test_ and the last four characters.';
create index api_keys_user_id_idx on api_keys (user_id, created_at desc);
create trigger api_keys_updated_at before update on api_keys for each row execute function set_updated_at();

-- Who is calling: at most one row. Inlined by the planner, so a statement that starts with it costs no extra trip.
create function caller(kind text, secret_hash bytea, at_time timestamptz)
returns table (user_id text, role text, email text, name text, image text, session_id text, expires_at timestamptz)
language sql stable
as $$
    select u.id, u.role::text, u.email, u.name, u.image, s.id, s.expires_at
      from sessions s
      join users u on u.id = s.user_id
     where kind = 'session'
       and s.token_hash = secret_hash
       and s.expires_at > at_time
    union all
    select u.id, u.role::text, u.email, u.name, u.image, null, null
      from api_keys k
      join users u on u.id = k.user_id
     where kind = 'api_key'
       and k.key_hash = secret_hash
       and k.is_active
$$;
comment on function caller(text, bytea, timestamptz) is 'The person behind a session token or an API key, if it is still good.';

grant select, insert, update, delete on users, sessions, api_keys to spike_app;
