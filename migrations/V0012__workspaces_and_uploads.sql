-- Workspaces; and what is uploaded and has to be deleted from the object store. Everything that belongs to one person
-- goes with their row. People are anonymised, not deleted, so such a cascade only ever runs for somebody without a ledger;
-- what it removes still leaves its objects to be deleted.

-- Refuses the change that the trigger's condition describes, under the name of a constraint.
create function refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'new row for relation "%" violates "%"', tg_table_name, tg_argv[0]
        using errcode = 'check_violation', constraint = tg_argv[0], table = tg_table_name;
end
$$;
comment on function refuse_change() is 'For triggers with a condition: a check on the old and the new row together.';

create domain workspace_role as text
    constraint workspace_role_known check (value in ('OWNER', 'ADMIN', 'MEMBER'));
comment on domain workspace_role is 'What somebody may do in a workspace.';

create table workspaces (
    id text primary key,
    slug text not null,
    name text not null,
    personal_user_id text references users (id) on delete cascade,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint workspaces_slug_key unique (slug),
    constraint workspaces_slug_shape check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 100),
    constraint workspaces_name_length check (char_length(name) between 1 and 100),
    constraint workspaces_personal_user_id_key unique (personal_user_id)
);
comment on table workspaces is 'Where people work together, or one person alone.';
comment on column workspaces.personal_user_id is 'Whose personal workspace it is: everybody has at most one. Null for a shared one.';
create index workspaces_created_at_idx on workspaces (created_at desc, id desc);
create trigger workspaces_updated_at before update on workspaces for each row execute function set_updated_at();

create table workspace_members (
    workspace_id text not null references workspaces (id) on delete cascade,
    user_id text not null references users (id) on delete cascade,
    role workspace_role not null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, user_id)
);
comment on table workspace_members is 'Who is in which workspace, as what.';
create unique index workspace_members_one_owner_idx on workspace_members (workspace_id) where role = 'OWNER';
create index workspace_members_user_id_idx on workspace_members (user_id, created_at desc, workspace_id desc);
create trigger workspace_members_updated_at before update on workspace_members
    for each row execute function set_updated_at();

-- The object store. Keys are made by us and never used twice.

create domain object_bucket as text
    constraint object_bucket_known check (value in ('IMAGES', 'AUDIO'));
comment on domain object_bucket is 'Which bucket; its real name is configuration.';

create table object_deletions (
    bucket object_bucket not null,
    object_key text not null,
    queued_at timestamptz not null,
    attempts int not null default 0,
    next_attempt_at timestamptz,
    last_error text,
    primary key (bucket, object_key),
    constraint object_deletions_key_length check (char_length(object_key) between 1 and 1024),
    constraint object_deletions_attempts_not_negative check (attempts >= 0)
);
comment on table object_deletions is 'Objects whose row is gone and which are still to be deleted; a row goes when its object has.';
comment on column object_deletions.next_attempt_at is 'After a failed attempt; null: at once.';
create index object_deletions_due_idx on object_deletions (next_attempt_at nulls first, queued_at);

-- Arguments: the bucket, then the columns that hold keys. Whatever removes a row, a cascade included, queues its objects.
create function queue_object_deletions() returns trigger
language plpgsql
as $$
declare
    before constant jsonb := to_jsonb(old);
    after jsonb := '{}';
    key_column text;
begin
    if tg_op = 'UPDATE' then
        after := to_jsonb(new);
    end if;
    foreach key_column in array tg_argv[1:] loop
        if before ->> key_column is not null and before ->> key_column is distinct from after ->> key_column then
            insert into object_deletions (bucket, object_key, queued_at)
            values (tg_argv[0], before ->> key_column, clock_timestamp())
            on conflict do nothing;
        end if;
    end loop;
    return null;
end
$$;
comment on function queue_object_deletions() is 'After a row is deleted or points at another object, its old objects are to be deleted.';

create domain upload_purpose as text
    constraint upload_purpose_known check (value in (
        'IMAGE', 'BLEND_SOURCE', 'REFERENCE_IMAGE', 'APP_IMAGE', 'AUDIO_TRACK', 'MCP_INPUT', 'MERCH_PRINT'));
comment on domain upload_purpose is 'What an upload is for; decides its bucket and its limits.';
create domain upload_status as text
    constraint upload_status_known check (value in ('PENDING', 'COMPLETED', 'USED'));
comment on domain upload_status is 'PENDING: the client may send. COMPLETED: size and kind were checked. USED: something was made of it.';

create table uploads (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    purpose upload_purpose not null,
    target_id text,
    status upload_status not null default 'PENDING',
    bucket object_bucket not null,
    object_key text not null,
    file_name text not null,
    content_type text not null,
    declared_bytes bigint not null,
    size_bytes bigint,
    multipart_id text,
    result_id text,
    object_adopted boolean not null default false,
    created_at timestamptz not null,
    completed_at timestamptz,
    expires_at timestamptz not null,
    constraint uploads_object_key_key unique (bucket, object_key),
    constraint uploads_file_name_is_safe
        check (char_length(file_name) between 1 and 255 and file_name !~ '^\.|\.\.|[/\\]'),
    constraint uploads_declared_bytes_range check (declared_bytes between 1 and 524288000),
    constraint uploads_size_bytes_range check (size_bytes between 1 and 524288000),
    constraint uploads_completed_is_measured
        check ((status = 'PENDING') = (completed_at is null) and (completed_at is null) = (size_bytes is null)),
    constraint uploads_result_when_used check ((status = 'USED') = (result_id is not null)),
    constraint uploads_adopted_when_used check (not object_adopted or status = 'USED'),
    constraint uploads_bucket_fits_purpose check ((bucket = 'AUDIO') = (purpose = 'AUDIO_TRACK')),
    constraint uploads_expires_later check (expires_at > created_at)
);
comment on table uploads is 'Files on their way: asked for here, sent to the object store by the client, checked, then used. A row that has expired goes, with its object.';
comment on column uploads.target_id is 'The album, pipeline, app or track that it is meant for; whose that is, is checked when it is used.';
comment on column uploads.multipart_id is 'The object store''s id of a file sent in parts, while it is sent.';
comment on column uploads.result_id is 'What was made of it: whoever completes it again is answered with that.';
comment on column uploads.object_adopted is 'The object itself is what was made of it, as with audio, and stays when this row goes.';
create index uploads_user_id_idx on uploads (user_id, created_at desc, id desc);
create index uploads_expires_at_idx on uploads (expires_at);
create trigger uploads_objects after delete on uploads
    for each row when (old.bucket = 'IMAGES' and not old.object_adopted)
    execute function queue_object_deletions('IMAGES', 'object_key');
create trigger uploads_audio_objects after delete on uploads
    for each row when (old.bucket = 'AUDIO' and not old.object_adopted)
    execute function queue_object_deletions('AUDIO', 'object_key');

grant select, insert, update, delete on workspaces, workspace_members, object_deletions, uploads to spike_app;
