-- What went wrong; who decided what, and how long that is kept.


-- What administrators do with what came since.
alter domain audit_action drop constraint audit_action_known;
alter domain audit_action
    add constraint audit_action_known check (value in (
        'ROLE_CHANGE', 'TOKEN_ADJUSTMENT', 'VOUCHER_CREATE', 'VOUCHER_UPDATE', 'VOUCHER_DELETE', 'USER_DELETE',
        'USER_CREATE', 'PASSWORD_SET', 'ADMIN_LOGIN', 'USER_LOGIN', 'USER_LOGOUT', 'LOGIN_FAILED', 'SESSION_REFRESH',
        'WORKSPACE_CREATE', 'WORKSPACE_UPDATE', 'WORKSPACE_DELETE', 'WORKSPACE_MEMBER_ADD', 'WORKSPACE_MEMBER_REMOVE',
        'WORKSPACE_SETTINGS_CHANGE', 'CONTENT_CREATE', 'CONTENT_UPDATE', 'CONTENT_DELETE', 'CONTENT_PUBLISH',
        'CONTENT_UNPUBLISH', 'CONTENT_SCHEDULE', 'AI_GENERATION_REQUEST', 'AI_GENERATION_COMPLETE', 'AI_APPROVAL',
        'AI_REJECTION', 'AI_FEEDBACK', 'INTEGRATION_CONNECT', 'INTEGRATION_DISCONNECT', 'INTEGRATION_SYNC',
        'DATA_EXPORT', 'DATA_IMPORT', 'DATA_RECOVER', 'RELAY_DRAFT_CREATE', 'RELAY_DRAFT_APPROVE', 'RELAY_DRAFT_REJECT',
        'RELAY_DRAFT_EDIT', 'RELAY_DRAFT_SEND',
        'CAMPAIGN_LINK_CHANGE', 'PRODUCT_CREATE', 'PRODUCT_UPDATE', 'ORDER_CANCEL', 'ORDER_REFUND', 'ORDER_RESUBMIT',
        'ERROR_LOG_CLEAR', 'TRACKED_URL_CHANGE', 'MAIL_TEST', 'EVENT_REPLAY', 'JOB_CLEANUP', 'QUERY_CANCEL',
        'MAINTENANCE_CHANGE', 'INCIDENT_CHANGE', 'BACKUP_START', 'BACKUP_RESTORE'));
comment on domain audit_action is 'What an audit entry is about.';

-- Errors.

create domain error_environment as text
    constraint error_environment_known check (value in ('FRONTEND', 'BACKEND'));
comment on domain error_environment is 'Where an error happened.';

create table error_logs (
    created_at timestamptz not null,
    id text not null,
    environment error_environment not null,
    message text not null,
    stack text,
    source_file text,
    source_line integer,
    source_column integer,
    caller_name text,
    user_id text,
    route text,
    error_type text,
    error_code text,
    metadata jsonb not null default '{}',
    primary key (created_at, id),
    constraint error_logs_message_length check (char_length(message) between 1 and 10000),
    constraint error_logs_stack_length check (char_length(stack) <= 50000),
    constraint error_logs_text_length
        check (char_length(source_file) <= 500 and char_length(route) <= 500 and char_length(caller_name) <= 200
               and char_length(error_type) <= 100 and char_length(error_code) <= 100 and char_length(user_id) <= 100),
    constraint error_logs_place_not_negative check (source_line >= 0 and source_column >= 0),
    constraint error_logs_metadata_is_small check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 8192)
) partition by range (created_at);
comment on table error_logs is 'Errors of the front end and of the functions. Kept 30 days; cut by month.';
comment on column error_logs.created_at is 'When it arrived here, by our clock.';
comment on column error_logs.environment is 'By who reported it, not by what they said.';
comment on column error_logs.user_id is 'Who was signed in, as their session proved. No foreign key: a log refuses nothing.';
comment on column error_logs.metadata is 'Without what looks like a secret.';
create index error_logs_source_file_idx on error_logs (source_file, created_at desc, id desc);
create index error_logs_error_type_idx on error_logs (error_type, created_at desc, id desc);
-- Two months and the present one: 30 days may reach over the whole of February.
select partition_by_month('error_logs', 'created_at', 2);

-- The audit trail: one for all. An entry of a workspace names it.

alter table audit_logs
    add column workspace_id text,
    add constraint audit_logs_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536) not valid;
comment on column audit_logs.workspace_id is 'In whose workspace it was done, if in one. What was changed from what to what is in the metadata.';
create index audit_logs_workspace_id_idx on audit_logs (workspace_id, created_at desc, id desc) where workspace_id is not null;

-- As before; a workspace is part of the sum where there is one, so the sums of older entries stay right.
create or replace function audit_entry_hash(entry audit_logs) returns bytea
language sql stable
as $$
    select sha256(entry.previous_hash || convert_to(jsonb_build_array(
        entry.actor_id, entry.entry_number, entry.id, entry.actor_role, entry.action, entry.target_type, entry.target_id,
        entry.metadata, entry.ip_address, entry.user_agent, entry.session_id,
        extract(epoch from entry.created_at))::text || coalesce(to_jsonb(entry.workspace_id)::text, ''), 'UTF8'))
$$;
comment on function audit_entry_hash(audit_logs) is 'SHA-256 over the hash of the entry before and all of this one.';
comment on function chain_audit_entry() is 'Numbers an entry and chains it to its actor''s entry before.';

create table audit_retention_policies (
    id text primary key,
    workspace_id text references workspaces (id) on delete cascade,
    name text not null,
    retention_days integer not null default 365,
    archive_after_days integer,
    delete_after_days integer,
    action_types text[] not null default '{}',
    is_active boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint audit_retention_policies_name_length check (char_length(name) between 1 and 100),
    -- No policy makes what was just done disappear.
    constraint audit_retention_policies_days_range
        check (retention_days between 90 and 36500 and archive_after_days between 30 and 36500 and delete_after_days <= 36500),
    constraint audit_retention_policies_deleted_from_archive
        check (delete_after_days is null
               or (archive_after_days is not null and delete_after_days > archive_after_days and delete_after_days >= retention_days))
);
comment on table audit_retention_policies is
    'How long audit entries are kept: a workspace''s own policy before the general ones, one for certain actions before one for all.';
comment on column audit_retention_policies.retention_days is 'At least so long they are kept.';
comment on column audit_retention_policies.archive_after_days is 'Then they move to archived_audit_logs; null: never.';
comment on column audit_retention_policies.delete_after_days is 'Then they go for good; null: never.';
comment on column audit_retention_policies.action_types is 'Empty: all.';
create unique index audit_retention_policies_name_idx on audit_retention_policies (coalesce(workspace_id, ''), name);
create index audit_retention_policies_workspace_id_idx on audit_retention_policies (workspace_id)
    where workspace_id is not null;
create trigger audit_retention_policies_updated_at before update on audit_retention_policies
    for each row execute function set_updated_at();
insert into audit_retention_policies
    (id, name, retention_days, archive_after_days, delete_after_days, created_at)
values ('arp_system_default', 'System Default', 365, 90, 730, now());

create table archived_audit_logs (
    actor_id text not null,
    entry_number bigint not null,
    id text not null,
    actor_role user_role,
    action audit_action not null,
    target_type text,
    target_id text,
    metadata jsonb not null,
    ip_address text,
    user_agent text,
    session_id text,
    created_at timestamptz not null,
    previous_hash bytea not null,
    hash bytea not null,
    workspace_id text,
    archived_at timestamptz not null,
    retention_policy_id text,
    primary key (actor_id, entry_number),
    constraint archived_audit_logs_id_key unique (id)
);
comment on table archived_audit_logs is
    'Audit entries that have aged, whole and with their hashes. Nobody but archive_audit_logs() and delete_archived_audit_logs() writes here.';
create index archived_audit_logs_created_at_idx on archived_audit_logs (created_at desc, id desc);
create index archived_audit_logs_target_id_idx on archived_audit_logs (target_id, created_at desc);
create index archived_audit_logs_workspace_id_idx on archived_audit_logs (workspace_id, created_at desc, id desc)
    where workspace_id is not null;

create view audit_entries as
    select actor_id, entry_number, id, actor_role::text as actor_role, action::text as action, target_type, target_id, metadata,
           ip_address, user_agent, session_id, created_at, previous_hash, hash, workspace_id, false as archived
      from audit_logs
    union all
    select actor_id, entry_number, id, actor_role::text, action::text, target_type, target_id, metadata,
           ip_address, user_agent, session_id, created_at, previous_hash, hash, workspace_id, true
      from archived_audit_logs;
comment on view audit_entries is 'The audit trail, archive included.';

alter table audit_chains
    add column removed_entries bigint not null default 0,
    add column removed_hash bytea not null default '',
    add constraint audit_chains_removed_fits check (removed_entries between 0 and entry_number);
comment on column audit_chains.removed_entries is 'How many entries, from the first on, are gone for good because of their age; the chain begins after them.';
comment on column audit_chains.removed_hash is 'Hash of the last of them, which the next one follows.';

create or replace function audit_faults() returns table (actor_id text, entry_number bigint, fault text)
language sql stable security definer
set search_path = pg_catalog, public
as $$
    select a.actor_id, a.entry_number, 'changed'
      from audit_entries a
     where a.hash <> audit_entry_hash(row(
               a.actor_id, a.entry_number, a.id, a.actor_role, a.action, a.target_type, a.target_id, a.metadata,
               a.ip_address, a.user_agent, a.session_id, a.created_at, a.previous_hash, a.hash, a.workspace_id)::audit_logs)
    union all
    select a.actor_id, a.entry_number, 'does not follow the entry before'
      from (select l.actor_id, l.entry_number, l.previous_hash,
                   lag(l.hash, 1, coalesce(c.removed_hash, ''::bytea)) over w as before,
                   row_number() over w + coalesce(c.removed_entries, 0) as place
              from audit_entries l
              left join audit_chains c on c.actor_id = l.actor_id
            window w as (partition by l.actor_id order by l.entry_number)) a
     where a.previous_hash <> a.before or a.entry_number <> a.place
    union all
    select c.actor_id, c.entry_number, 'the newest entry is missing'
      from audit_chains c
     where c.entry_number > c.removed_entries
       and not exists (select from audit_entries a
                        where a.actor_id = c.actor_id and a.entry_number = c.entry_number and a.hash = c.hash)
$$;

create function audit_policy(of_workspace text, of_action text) returns audit_retention_policies
language sql stable
set search_path = pg_catalog, public
as $$
    select p
      from audit_retention_policies p
     where p.is_active
       and (p.workspace_id is null or p.workspace_id = of_workspace)
       and (p.action_types = '{}' or of_action = any (p.action_types))
     order by p.workspace_id nulls last, p.action_types = '{}', p.id
     limit 1
$$;
comment on function audit_policy(text, text) is 'The policy for an action, in a workspace or (null) in none.';

-- For the schedule, whose role can neither change nor delete an entry. What it may move or delete stands in
-- audit_retention_policies, which that role can't write.
create function archive_audit_logs(at_time timestamptz, batch integer) returns bigint
language plpgsql security definer
set search_path = pg_catalog, public
as $$
declare
    archived bigint;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: nothing is archived'
            using errcode = 'invalid_parameter_value';
    end if;
    with due as (
        select a.actor_id, a.entry_number, p.id as policy_id
          from audit_logs a
         cross join lateral audit_policy(a.workspace_id, a.action) p
         where a.created_at < at_time - make_interval(days => (
                   select min(s.archive_after_days) from audit_retention_policies s where s.is_active))
           and a.created_at < at_time - make_interval(days => p.archive_after_days)
         order by a.created_at, a.id
         limit batch
           for update of a skip locked
    ),
    gone as (
        delete from audit_logs a
         using due d
         where a.actor_id = d.actor_id and a.entry_number = d.entry_number
        returning a.*, d.policy_id
    )
    insert into archived_audit_logs
        (actor_id, entry_number, id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id,
         created_at, previous_hash, hash, workspace_id, archived_at, retention_policy_id)
    select actor_id, entry_number, id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id,
           created_at, previous_hash, hash, workspace_id, at_time, policy_id
      from gone;
    get diagnostics archived = row_count;
    return archived;
end
$$;
comment on function archive_audit_logs(timestamptz, integer) is
    'Moves audit entries that are old enough into the archive, at most so many; answers how many. Two at once share the work.';

create function delete_archived_audit_logs(at_time timestamptz, batch integer) returns bigint
language plpgsql security definer
set search_path = pg_catalog, public
as $$
declare
    chain audit_chains;
    kept_from bigint;
    last_gone archived_audit_logs;
    deleted bigint := 0;
    of_chain bigint;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: nothing is deleted'
            using errcode = 'invalid_parameter_value';
    end if;
    for chain in
        select c.*
          from audit_chains c
         where exists (
               select from archived_audit_logs a
                cross join lateral audit_policy(a.workspace_id, a.action) p
                where a.actor_id = c.actor_id and a.entry_number = c.removed_entries + 1
                  and a.created_at < at_time - make_interval(days => p.delete_after_days))
         order by c.actor_id
           for update of c skip locked
    loop
        exit when deleted >= batch;
        -- From the oldest on and without a hole, so that what stays is still a chain.
        select min(e.entry_number) into kept_from
          from audit_entries e
         cross join lateral audit_policy(e.workspace_id, e.action) p
         where e.actor_id = chain.actor_id
           and (not e.archived or p.delete_after_days is null
                or e.created_at >= at_time - make_interval(days => p.delete_after_days));
        kept_from := least(coalesce(kept_from, chain.entry_number + 1), chain.removed_entries + 1 + batch - deleted);
        select a.* into last_gone
          from archived_audit_logs a
         where a.actor_id = chain.actor_id and a.entry_number = kept_from - 1;
        continue when not found;
        delete from archived_audit_logs a where a.actor_id = chain.actor_id and a.entry_number < kept_from;
        get diagnostics of_chain = row_count;
        deleted := deleted + of_chain;
        update audit_chains c
           set removed_entries = last_gone.entry_number, removed_hash = last_gone.hash
         where c.actor_id = chain.actor_id;
    end loop;
    return deleted;
end
$$;
comment on function delete_archived_audit_logs(timestamptz, integer) is
    'Deletes archived audit entries whose time is up, about so many; answers how many. Each actor''s from the oldest on.';
-- With the owner's rights, so only for whom it is meant.
revoke execute on function audit_faults(), archive_audit_logs(timestamptz, integer), delete_archived_audit_logs(timestamptz, integer)
    from public;

grant select, insert, delete on error_logs to spike_app;
grant select on audit_retention_policies, archived_audit_logs, audit_entries to spike_app;
grant execute on function audit_faults(), archive_audit_logs(timestamptz, integer), delete_archived_audit_logs(timestamptz, integer)
    to spike_app;
