-- Who connects, which environment this is, and the helpers that later migrations use.

-- The role of the functions. It has no password here: an operator sets one (README, "Deploy").
-- Roles belong to the whole cluster, so another database of it may have made this one already, or be making it now.
do $$
begin
    create role spike_app login;
exception
    when duplicate_object or unique_violation then null;
end
$$;

-- Time-outs sit on the role because a pooler drops start-up parameters.
-- Statement: shorter than a function waits, so that a function learns how a slow statement ended.
-- Lock: a hot row answers "busy, retry" instead of filling the pool with waiters.
-- Idle in transaction: a function frozen inside a transaction gives its server connection back.
do $$
begin
    if not exists (
        select from pg_roles
         where rolname = 'spike_app'
           and rolconfig @> array['statement_timeout=2s', 'lock_timeout=1s', 'idle_in_transaction_session_timeout=3s']
    ) then
        alter role spike_app set statement_timeout = '2s';
        alter role spike_app set lock_timeout = '1s';
        alter role spike_app set idle_in_transaction_session_timeout = '3s';
    end if;
end
$$;

revoke create on schema public from public;
grant usage on schema public to spike_app;
-- For the readiness check.
grant select on schema_migrations to spike_app;

-- One row: what this database is. `migrate` refuses to treat production as anything else.
create table deployment (
    one_row boolean primary key default true check (one_row),
    environment text check (environment in ('production', 'staging', 'development', 'test')),
    -- When the first sign-up became ADMIN; it happens once in a database's life.
    first_admin_at timestamptz
);
comment on table deployment is 'One row: the environment marker and the first administrator''s claim.';
insert into deployment default values;
grant select, update (first_admin_at) on deployment to spike_app;

create function set_updated_at() returns trigger
language plpgsql
as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;
comment on function set_updated_at() is 'Keeps updated_at right whoever writes the row.';
