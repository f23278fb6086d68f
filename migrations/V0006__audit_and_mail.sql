-- What administrators did, and every mail.

create domain audit_action as text
    constraint audit_action_known check (value in (
        'ROLE_CHANGE', 'TOKEN_ADJUSTMENT', 'VOUCHER_CREATE', 'VOUCHER_UPDATE', 'VOUCHER_DELETE', 'USER_DELETE',
        'USER_CREATE', 'PASSWORD_SET', 'ADMIN_LOGIN', 'USER_LOGIN', 'USER_LOGOUT', 'SESSION_REFRESH',
        'WORKSPACE_CREATE', 'WORKSPACE_UPDATE', 'WORKSPACE_DELETE', 'WORKSPACE_MEMBER_ADD', 'WORKSPACE_MEMBER_REMOVE',
        'WORKSPACE_SETTINGS_CHANGE', 'CONTENT_CREATE', 'CONTENT_UPDATE', 'CONTENT_DELETE', 'CONTENT_PUBLISH',
        'CONTENT_UNPUBLISH', 'CONTENT_SCHEDULE', 'AI_GENERATION_REQUEST', 'AI_GENERATION_COMPLETE', 'AI_APPROVAL',
        'AI_REJECTION', 'AI_FEEDBACK', 'INTEGRATION_CONNECT', 'INTEGRATION_DISCONNECT', 'INTEGRATION_SYNC',
        'DATA_EXPORT', 'DATA_IMPORT', 'RELAY_DRAFT_CREATE', 'RELAY_DRAFT_APPROVE', 'RELAY_DRAFT_REJECT',
        'RELAY_DRAFT_EDIT', 'RELAY_DRAFT_SEND'));

-- The newest entry of each actor's chain; nobody but the trigger reads or writes it.
create table audit_chains (
    actor_id text primary key,
    entry_number bigint not null,
    hash bytea not null
);
comment on table audit_chains is 'The head of each actor''s chain of audit entries, so that a cut-off end is noticed, too.';

create table audit_logs (
    actor_id text not null,
    entry_number bigint not null check (entry_number > 0),
    id text not null,
    actor_role user_role,
    action audit_action not null,
    target_type text,
    target_id text,
    metadata jsonb not null default '{}',
    ip_address text,
    user_agent text,
    session_id text,
    created_at timestamptz not null,
    previous_hash bytea not null,
    hash bytea not null,
    primary key (actor_id, entry_number),
    constraint audit_logs_id_key unique (id)
);
comment on table audit_logs is 'Who did what, written in the transaction that did it. Inserted only; rows outlive the actor, so there is no foreign key.';
comment on column audit_logs.hash is 'SHA-256 over the previous entry''s hash and this entry: a changed or missing row breaks the actor''s chain.';
create index audit_logs_created_at_idx on audit_logs (created_at desc, id desc);
create index audit_logs_target_idx on audit_logs (target_id, created_at desc);
create index audit_logs_action_idx on audit_logs (action, created_at desc);

create function audit_entry_hash(entry audit_logs) returns bytea
language sql stable
as $$
    select sha256(entry.previous_hash || convert_to(jsonb_build_array(
        entry.actor_id, entry.entry_number, entry.id, entry.actor_role, entry.action, entry.target_type, entry.target_id,
        entry.metadata, entry.ip_address, entry.user_agent, entry.session_id,
        extract(epoch from entry.created_at))::text, 'UTF8'))
$$;

-- Runs as the owner: the functions may insert entries, and touch nothing else of this.
create function chain_audit_entry() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public
as $$
declare
    head audit_chains;
begin
    insert into audit_chains (actor_id, entry_number, hash) values (new.actor_id, 0, '')
    on conflict (actor_id) do nothing;
    select * into strict head from audit_chains where actor_id = new.actor_id for update;
    new.entry_number := head.entry_number + 1;
    new.previous_hash := head.hash;
    new.hash := audit_entry_hash(new);
    update audit_chains set entry_number = new.entry_number, hash = new.hash where actor_id = new.actor_id;
    return new;
end
$$;
create trigger audit_logs_chain before insert on audit_logs for each row execute function chain_audit_entry();

create function audit_faults() returns table (actor_id text, entry_number bigint, fault text)
language sql stable security definer
set search_path = pg_catalog, public
as $$
    select a.actor_id, a.entry_number, 'changed'
      from audit_logs a
     where a.hash <> audit_entry_hash(a)
    union all
    select a.actor_id, a.entry_number, 'does not follow the entry before'
      from (select *, lag(l.hash, 1, ''::bytea) over w as before, row_number() over w as place
              from audit_logs l window w as (partition by l.actor_id order by l.entry_number)) a
     where a.previous_hash <> a.before or a.entry_number <> a.place
    union all
    select c.actor_id, c.entry_number, 'the newest entry is missing'
      from audit_chains c
      left join audit_logs a on a.actor_id = c.actor_id and a.entry_number = c.entry_number and a.hash = c.hash
     where a.actor_id is null and c.entry_number > 0
$$;
comment on function audit_faults() is 'Audit entries that were changed, removed or slipped in. Empty when all is well.';

create domain email_status as text
    constraint email_status_known check (value in (
        'PENDING', 'SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED', 'FAILED'));

create table email_logs (
    id text primary key,
    user_id text references users (id) on delete set null,
    recipient text not null,
    template text not null,
    subject text not null,
    status email_status not null default 'PENDING',
    verification_id text references verification_tokens (id) on delete set null,
    metadata jsonb not null default '{}',
    attempts int not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz,
    last_error text,
    provider_message_id text,
    created_at timestamptz not null,
    sent_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    bounced_at timestamptz,
    constraint email_logs_provider_message_id_key unique (provider_message_id),
    constraint email_logs_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null))
);
comment on table email_logs is 'Every mail: written with what caused it, sent after that is committed, tried again until it is delivered or given up.';
comment on column email_logs.verification_id is 'The token in the link of the mail; the link itself is not kept.';
comment on column email_logs.metadata is 'What the template needs besides; no secret.';
create index email_logs_user_id_idx on email_logs (user_id);
create index email_logs_verification_id_idx on email_logs (verification_id);
create index email_logs_created_at_idx on email_logs (created_at desc, id desc);
create index email_logs_search_idx on email_logs using gin ((recipient || ' ' || subject) gin_trgm_ops);
create index email_logs_status_idx on email_logs (status, created_at desc);
create index email_logs_template_idx on email_logs (template, created_at desc);
create index email_logs_due_idx on email_logs (next_attempt_at) where status = 'PENDING';

grant select, insert on audit_logs to spike_app;
grant select, insert, update on email_logs to spike_app;
