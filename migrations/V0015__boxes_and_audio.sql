-- Boxes (rented browsers that agents drive) and the audio mixer.

create domain box_status as text
    constraint box_status_known check (value in (
        'CREATING', 'STARTING', 'RUNNING', 'PAUSED', 'STOPPING', 'STOPPED', 'TERMINATED', 'ERROR'));
comment on domain box_status is 'What a box does. TERMINATED is final.';
create domain box_action_kind as text
    constraint box_action_kind_known check (value in ('CREATE', 'START', 'STOP', 'RESTART', 'DELETE', 'CLONE'));
comment on domain box_action_kind is 'What was asked of a box.';

create function box_status_may_become(old_status text, new_status text) returns boolean
language sql immutable
as $$
    select case old_status
               when 'CREATING' then new_status in ('RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'STARTING' then new_status in ('RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'RUNNING' then new_status in ('STARTING', 'PAUSED', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'PAUSED' then new_status in ('STARTING', 'RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'STOPPING' then new_status in ('STOPPED', 'ERROR', 'TERMINATED')
               when 'STOPPED' then new_status in ('STARTING', 'ERROR', 'TERMINATED')
               when 'ERROR' then new_status in ('STARTING', 'STOPPING', 'TERMINATED')
               else false
           end
$$;
comment on function box_status_may_become(text, text) is 'Which status of a box may follow which. A restart is RUNNING to STARTING.';

create table box_tiers (
    id text primary key,
    name text not null,
    description text,
    cpu int not null,
    ram_mb int not null,
    storage_gb int not null,
    price_per_hour bigint not null,
    price_per_month bigint not null default 0,
    is_active boolean not null default true,
    sort_order int not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint box_tiers_name_key unique (name),
    constraint box_tiers_name_length check (char_length(name) between 1 and 50),
    constraint box_tiers_size_positive check (cpu > 0 and ram_mb > 0 and storage_gb > 0),
    constraint box_tiers_price_not_negative check (price_per_hour >= 0 and price_per_month >= 0)
);
comment on table box_tiers is 'Sizes of boxes. One that is no longer offered is inactive; boxes of it go on.';
comment on column box_tiers.cpu is 'Virtual processors.';
comment on column box_tiers.price_per_hour is 'In tokens; price_per_month, too.';
create trigger box_tiers_updated_at before update on box_tiers for each row execute function set_updated_at();

create table boxes (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    description text,
    tier_id text not null references box_tiers (id) on delete restrict,
    cloned_from text references boxes (id) on delete set null,
    status box_status not null default 'CREATING',
    connection_url text,
    storage_volume_id text,
    paid_hours int not null default 0,
    billed_until timestamptz,
    last_heartbeat_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz,
    constraint boxes_owner_key unique (user_id, id),
    constraint boxes_name_length check (char_length(name) between 1 and 60),
    constraint boxes_not_cloned_from_itself check (cloned_from <> id),
    constraint boxes_terminated_is_deleted check ((status = 'TERMINATED') = (deleted_at is not null)),
    constraint boxes_paid_hours_not_negative check (paid_hours >= 0),
    constraint boxes_billed_when_paid check ((paid_hours > 0) = (billed_until is not null)),
    constraint boxes_terminated_has_no_address check (status <> 'TERMINATED' or connection_url is null)
);
comment on table boxes is 'One row per box. A deleted one stays as TERMINATED: its actions and the ledger speak of it.';
comment on column boxes.name is 'Up to 50 characters as asked for; a clone''s own begins with "Clone of ".';
comment on column boxes.cloned_from is 'A clone has the tier of its source and a storage of its own, which is empty.';
comment on column boxes.storage_volume_id is 'The provider''s name of its disk; null until it has one.';
comment on column boxes.paid_hours is 'Started hours that were charged; the number names the next charge in the ledger, so that no hour is charged twice.';
comment on column boxes.billed_until is 'Until when it may run for what was paid: restarting within that time is free.';
create index boxes_user_id_idx on boxes (user_id, created_at desc, id desc) where deleted_at is null;
create index boxes_tier_id_idx on boxes (tier_id);
create index boxes_cloned_from_idx on boxes (cloned_from) where cloned_from is not null;
create index boxes_status_idx on boxes (status, created_at desc, id desc);
create index boxes_billed_until_idx on boxes (billed_until) where status in ('STARTING', 'RUNNING', 'PAUSED');
create index boxes_heartbeat_idx on boxes (last_heartbeat_at) where status = 'RUNNING';
create trigger boxes_updated_at before update on boxes for each row execute function set_updated_at();
create trigger boxes_transition before update of status on boxes
    for each row when (old.status <> new.status and not box_status_may_become(old.status, new.status))
    execute function refuse_change('boxes_transition_allowed');

create table box_actions (
    id text primary key,
    user_id text not null,
    box_id text not null,
    action box_action_kind not null,
    tokens_cost bigint not null default 0,
    charge_key text,
    refund_key text,
    status job_status not null default 'PENDING',
    attempt int not null default 0,
    max_attempts int not null default 3,
    next_attempt_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    metadata jsonb,
    error_message text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    completed_at timestamptz,
    constraint box_actions_own_box
        foreign key (user_id, box_id) references boxes (user_id, id) on delete cascade,
    constraint box_actions_charge_in_ledger
        foreign key (user_id, charge_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint box_actions_refund_in_ledger
        foreign key (user_id, refund_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint box_actions_cost_not_negative check (tokens_cost >= 0),
    constraint box_actions_paid_is_charged check ((tokens_cost > 0) = (charge_key is not null)),
    constraint box_actions_refund_of_its_charge check (refund_key = 'refund:' || charge_key),
    constraint box_actions_refunded_unless_done check (
        (refund_key is not null)
        = (charge_key is not null and status in ('FAILED', 'REFUNDED', 'CANCELLED'))),
    constraint box_actions_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint box_actions_processing_is_leased check (
        (status = 'PROCESSING') = (lease_until is not null) and (lease_until is null) = (lease_owner is null)),
    constraint box_actions_ended_has_a_time
        check ((status in ('PENDING', 'PROCESSING')) = (completed_at is null)),
    constraint box_actions_failed_says_why
        check (status not in ('FAILED', 'REFUNDED') or error_message is not null),
    constraint box_actions_attempts_fit
        check (attempt >= 0 and max_attempts between 1 and 10 and attempt <= max_attempts),
    constraint box_actions_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table box_actions is 'What was asked of a box and what came of it; also the place in the queue of what a provider has to do.';
comment on column box_actions.user_id is 'The box''s owner, who pays.';
comment on column box_actions.charge_key is 'Event key of the ledger''s entry that paid it; refund_key: that gave it back. Both are seen to at commit.';
comment on column box_actions.attempt is 'Times it was taken from the queue. A worker writes only while the number is the one it took.';
comment on column box_actions.metadata is 'Of a clone: the box on the other side.';
create index box_actions_box_id_idx on box_actions (box_id, user_id, created_at desc, id desc);
create unique index box_actions_one_open_idx on box_actions (box_id) where status in ('PENDING', 'PROCESSING');
create index box_actions_due_idx on box_actions (next_attempt_at, id) where status = 'PENDING';
create index box_actions_leases_idx on box_actions (lease_until) where status = 'PROCESSING';
create unique index box_actions_charge_idx on box_actions (user_id, charge_key) where charge_key is not null;
create unique index box_actions_refund_idx on box_actions (user_id, refund_key) where refund_key is not null;
create trigger box_actions_updated_at before update on box_actions for each row execute function set_updated_at();
create trigger box_actions_transition before update of status on box_actions
    for each row when (old.status <> new.status and not job_status_may_become(old.status, new.status))
    execute function refuse_change('box_actions_transition_allowed');

create table agent_tasks (
    id text primary key,
    box_id text not null references boxes (id) on delete cascade,
    type text not null,
    payload jsonb,
    status job_status not null default 'PENDING',
    attempt int not null default 0,
    max_attempts int not null default 3,
    lease_owner text,
    lease_until timestamptz,
    result jsonb,
    error text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    completed_at timestamptz,
    constraint agent_tasks_type_shape check (type ~ '^[A-Z][A-Z0-9_]{0,49}$'),
    constraint agent_tasks_never_refunded check (status <> 'REFUNDED'),
    constraint agent_tasks_payload_is_small check (pg_column_size(payload) <= 65536),
    constraint agent_tasks_result_is_small check (pg_column_size(result) <= 1048576),
    constraint agent_tasks_error_length check (char_length(error) <= 10000),
    constraint agent_tasks_processing_is_leased check (
        (status = 'PROCESSING') = (lease_until is not null) and (lease_until is null) = (lease_owner is null)),
    constraint agent_tasks_ended_has_a_time
        check ((status in ('PENDING', 'PROCESSING')) = (completed_at is null)),
    constraint agent_tasks_attempts_fit
        check (attempt >= 0 and max_attempts between 1 and 10 and attempt <= max_attempts)
);
comment on table agent_tasks is 'What the agent in a box is to do: fetched by it, each by one.';
comment on column agent_tasks.type is 'NAVIGATE, CLICK, TYPE …: the agents name them.';
comment on column agent_tasks.lease_owner is 'Who fetched it; after lease_until another may.';
create index agent_tasks_box_id_idx on agent_tasks (box_id, created_at desc, id desc);
create index agent_tasks_due_idx on agent_tasks (box_id, created_at, id) where status = 'PENDING';
create index agent_tasks_leases_idx on agent_tasks (lease_until) where status = 'PROCESSING';
create trigger agent_tasks_updated_at before update on agent_tasks for each row execute function set_updated_at();
create trigger agent_tasks_transition before update of status on agent_tasks
    for each row when (old.status <> new.status and not job_status_may_become(old.status, new.status))
    execute function refuse_change('agent_tasks_transition_allowed');

create table box_messages (
    box_id text not null references boxes (id) on delete cascade,
    id text not null,
    role message_role not null,
    content text not null,
    created_at timestamptz not null,
    primary key (box_id, id),
    constraint box_messages_content_length check (char_length(content) between 1 and 10000)
);
comment on table box_messages is 'The talk with the agent of a box.';
create index box_messages_created_at_idx on box_messages (box_id, created_at desc, id desc);

-- Audio.

create domain audio_format as text
    constraint audio_format_known check (value in ('wav', 'mp3', 'webm', 'ogg', 'flac', 'aac', 'm4a'));
comment on domain audio_format is 'What a track is stored as; also the ending of its key.';
create domain audio_storage as text
    constraint audio_storage_known check (value in ('R2', 'OPFS'));
comment on domain audio_storage is 'R2: the object store. OPFS: kept in the browser, and never here.';

create table audio_mixer_projects (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    description text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint audio_mixer_projects_name_length check (char_length(name) between 1 and 100),
    constraint audio_mixer_projects_description_length check (char_length(description) <= 1000)
);
comment on table audio_mixer_projects is 'Somebody''s mix.';
create index audio_mixer_projects_user_id_idx on audio_mixer_projects (user_id, created_at desc, id desc);
create trigger audio_mixer_projects_updated_at before update on audio_mixer_projects
    for each row execute function set_updated_at();

create table audio_tracks (
    id text primary key,
    project_id text not null references audio_mixer_projects (id) on delete cascade,
    upload_id text references uploads (id) on delete set null,
    name text not null,
    storage_type audio_storage not null default 'R2',
    file_format audio_format not null,
    file_r2_key text,
    file_size_bytes bigint not null default 0,
    duration_seconds double precision not null default 0,
    volume double precision not null default 1,
    muted boolean not null default false,
    solo boolean not null default false,
    sort_order int not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint audio_tracks_file_r2_key_key unique (file_r2_key),
    constraint audio_tracks_name_length check (char_length(name) between 1 and 255),
    constraint audio_tracks_key_is_its_own check (
        split_part(file_r2_key, '/', 1) = 'users'
        and split_part(file_r2_key, '/', 3) = 'audio-projects' and split_part(file_r2_key, '/', 4) = project_id
        and split_part(file_r2_key, '/', 5) = 'tracks' and split_part(file_r2_key, '/', 6) = id || '.' || file_format),
    constraint audio_tracks_browser_has_no_key
        check (storage_type = 'R2' or (file_r2_key is null and upload_id is null)),
    constraint audio_tracks_stored_has_a_size check (file_r2_key is null or file_size_bytes > 0),
    constraint audio_tracks_size_range check (file_size_bytes between 0 and 524288000),
    constraint audio_tracks_duration_range check (duration_seconds between 0 and 604800),
    constraint audio_tracks_volume_range check (volume between 0 and 2),
    constraint audio_tracks_sort_order_not_negative check (sort_order >= 0)
);
comment on table audio_tracks is 'The tracks of a mix.';
comment on column audio_tracks.upload_id is 'The upload that it waits for, or came by.';
comment on column audio_tracks.file_r2_key is 'users/PERSON/audio-projects/PROJECT/tracks/TRACK.FORMAT; null until the file has arrived, and for ever when the browser keeps it.';
create index audio_tracks_project_id_idx on audio_tracks (project_id, sort_order, id);
create index audio_tracks_upload_id_idx on audio_tracks (upload_id) where upload_id is not null;
create trigger audio_tracks_updated_at before update on audio_tracks for each row execute function set_updated_at();
create trigger audio_tracks_objects after delete or update of file_r2_key on audio_tracks
    for each row execute function queue_object_deletions('AUDIO', 'file_r2_key');

grant select on box_tiers to spike_app;
grant select, insert, update on boxes, box_actions to spike_app;
grant select, insert, update, delete on agent_tasks, box_messages, audio_mixer_projects, audio_tracks to spike_app;
