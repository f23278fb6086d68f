-- Agents: those of other providers that work for us, images that agents ask for, and how agents of our own prove who they are.

create domain agent_provider as text
    constraint agent_provider_known check (value in ('JULES', 'CODEX', 'OTHER'));
comment on domain agent_provider is 'Who runs an external agent.';
create domain agent_session_status as text
    constraint agent_session_status_known check (value in (
        'CREATING', 'QUEUED', 'PLANNING', 'AWAITING_PLAN_APPROVAL', 'AWAITING_USER_FEEDBACK', 'IN_PROGRESS', 'PAUSED',
        'FAILED', 'COMPLETED'));
comment on domain agent_session_status is 'CREATING: the provider has not answered yet. The others are the provider''s.';

create table external_agent_sessions (
    id text primary key,
    external_id text,
    provider agent_provider not null default 'JULES',
    name text not null,
    description text,
    status agent_session_status not null default 'CREATING',
    source_repo text,
    starting_branch text,
    output_branch text,
    pull_request_url text,
    plan_summary text,
    plan_approved_at timestamptz,
    plan_approved_by text references users (id) on delete set null,
    error_message text,
    metadata jsonb,
    created_by text references users (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    last_activity_at timestamptz,
    last_synced_at timestamptz,
    constraint external_agent_sessions_external_id_key unique (external_id),
    constraint external_agent_sessions_external_id_shape check (external_id ~ '^(sessions/)?[A-Za-z0-9_-]{1,200}$'),
    constraint external_agent_sessions_known_to_the_provider
        check (external_id is not null or status in ('CREATING', 'FAILED')),
    constraint external_agent_sessions_name_length check (char_length(name) between 1 and 200),
    constraint external_agent_sessions_description_length check (char_length(description) <= 4000),
    constraint external_agent_sessions_branch_shape check (
        starting_branch ~ '^[^[:space:]~^:?*\[\\]{1,255}$' and output_branch ~ '^[^[:space:]~^:?*\[\\]{1,255}$'),
    constraint external_agent_sessions_pull_request_is_https check (pull_request_url ~ '^https://'),
    constraint external_agent_sessions_approved_by_somebody_at_a_time
        check (plan_approved_by is null or plan_approved_at is not null),
    constraint external_agent_sessions_failed_says_why check (status <> 'FAILED' or error_message is not null)
);
comment on table external_agent_sessions is 'Work that an agent of another provider does for us. Written before the provider is asked, so that no agent runs unseen.';
comment on column external_agent_sessions.id is 'Also the key under which the provider is asked, again when its answer was lost.';
comment on column external_agent_sessions.external_id is 'The provider''s; null until it has answered.';
comment on column external_agent_sessions.description is 'The task.';
comment on column external_agent_sessions.plan_approved_at is 'Claimed before the provider is told: of two approvals one tells it.';
comment on column external_agent_sessions.last_synced_at is 'When the provider was last asked how it stands.';
create index external_agent_sessions_updated_at_idx on external_agent_sessions (updated_at desc, id desc);
create index external_agent_sessions_status_idx on external_agent_sessions (status, updated_at desc, id desc);
create index external_agent_sessions_provider_idx on external_agent_sessions (provider, updated_at desc, id desc);
create index external_agent_sessions_open_idx on external_agent_sessions (last_synced_at nulls first)
    where status not in ('FAILED', 'COMPLETED');
create index external_agent_sessions_created_by_idx on external_agent_sessions (created_by);
create index external_agent_sessions_plan_approved_by_idx on external_agent_sessions (plan_approved_by);
create trigger external_agent_sessions_updated_at before update on external_agent_sessions
    for each row execute function set_updated_at();
create trigger external_agent_sessions_transition before update of status on external_agent_sessions
    for each row when (new.status = 'CREATING' and old.status <> 'CREATING'
        or old.status in ('FAILED', 'COMPLETED') and new.status <> old.status)
    execute function refuse_change('external_agent_sessions_transition_allowed');

create domain agent_delivery as text
    constraint agent_delivery_known check (value in ('PENDING', 'SENT', 'FAILED'));
comment on domain agent_delivery is 'Whether what we say to an external agent has reached its provider.';

create table agent_session_activities (
    session_id text not null references external_agent_sessions (id) on delete cascade,
    id text not null,
    external_id text,
    type text not null,
    content text,
    metadata jsonb,
    created_by text references users (id) on delete set null,
    delivery agent_delivery,
    created_at timestamptz not null,
    primary key (session_id, id),
    constraint agent_session_activities_type_shape check (type ~ '^[a-z][a-z0-9_]{0,49}$'),
    constraint agent_session_activities_content_length check (char_length(content) <= 100000),
    constraint agent_session_activities_delivered_is_ours check (delivery is null or external_id is null or delivery = 'SENT')
);
comment on table agent_session_activities is 'What happened in a session: what we said, and what the provider reports.';
comment on column agent_session_activities.external_id is 'The provider''s; seen again it is the same activity.';
comment on column agent_session_activities.delivery is 'Of what we say, written before it is sent; null of what the provider reports.';
create unique index agent_session_activities_external_id_idx on agent_session_activities (session_id, external_id)
    where external_id is not null;
create index agent_session_activities_created_at_idx
    on agent_session_activities (session_id, created_at desc, id desc);
create index agent_session_activities_undelivered_idx on agent_session_activities (created_at)
    where delivery = 'PENDING';
create index agent_session_activities_created_by_idx on agent_session_activities (created_by)
    where created_by is not null;

-- Images that people's agents ask for over the API.

create domain mcp_job_type as text
    constraint mcp_job_type_known check (value in ('GENERATE', 'MODIFY'));
comment on domain mcp_job_type is 'A new image, or a changed one.';

create table mcp_generation_jobs (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    api_key_id text references api_keys (id) on delete set null,
    type mcp_job_type not null,
    tier enhancement_tier not null,
    tokens_cost bigint not null,
    charge_key text not null,
    refund_key text,
    status job_status not null default 'PENDING',
    attempt int not null default 0,
    max_attempts int not null default 3,
    next_attempt_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    prompt text not null,
    params jsonb not null default '{}',
    input_r2_key text,
    input_format image_format,
    output_r2_key text,
    output_width int,
    output_height int,
    output_size_bytes bigint,
    model text,
    error_code text,
    error_message text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    processing_started_at timestamptz,
    processing_completed_at timestamptz,
    constraint mcp_generation_jobs_charge_in_ledger
        foreign key (user_id, charge_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint mcp_generation_jobs_refund_in_ledger
        foreign key (user_id, refund_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint mcp_generation_jobs_input_r2_key_key unique (input_r2_key),
    constraint mcp_generation_jobs_output_r2_key_key unique (output_r2_key),
    constraint mcp_generation_jobs_tier_is_paid check (tier <> 'FREE'),
    constraint mcp_generation_jobs_cost_positive check (tokens_cost > 0),
    constraint mcp_generation_jobs_refund_of_its_charge check (refund_key = 'refund:' || charge_key),
    constraint mcp_generation_jobs_refunded_unless_done
        check ((refund_key is not null) = (status in ('FAILED', 'REFUNDED', 'CANCELLED'))),
    constraint mcp_generation_jobs_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint mcp_generation_jobs_processing_is_leased check (
        (status = 'PROCESSING') = (lease_until is not null) and (lease_until is null) = (lease_owner is null)),
    constraint mcp_generation_jobs_started_has_a_time check (status <> 'PROCESSING' or processing_started_at is not null),
    constraint mcp_generation_jobs_ended_has_a_time
        check ((status in ('PENDING', 'PROCESSING')) = (processing_completed_at is null)),
    constraint mcp_generation_jobs_completed_has_a_result check (
        case status
            when 'COMPLETED' then num_nulls(output_r2_key, output_width, output_height, output_size_bytes) = 0
            else num_nonnulls(output_r2_key, output_width, output_height, output_size_bytes) = 0
        end),
    constraint mcp_generation_jobs_failed_says_why
        check (status not in ('FAILED', 'REFUNDED') or error_message is not null),
    constraint mcp_generation_jobs_attempts_fit
        check (attempt >= 0 and max_attempts between 1 and 10 and attempt <= max_attempts),
    constraint mcp_generation_jobs_input_of_a_change
        check ((type = 'MODIFY') = (input_r2_key is not null) and (input_r2_key is null) = (input_format is null)),
    constraint mcp_generation_jobs_prompt_length check (char_length(prompt) between 1 and 4000),
    constraint mcp_generation_jobs_negative_prompt_length check (char_length(params ->> 'negativePrompt') <= 4000),
    constraint mcp_generation_jobs_aspect_ratio_known check (
        params ->> 'aspectRatio' in ('1:1', '3:2', '2:3', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9')),
    constraint mcp_generation_jobs_params_are_small
        check (jsonb_typeof(params) = 'object' and pg_column_size(params) <= 32768),
    constraint mcp_generation_jobs_size_positive
        check (output_width > 0 and output_height > 0 and output_size_bytes > 0)
);
comment on table mcp_generation_jobs is 'One image that was asked for over the API; also its place in the queue. All are paid, one charge each.';
comment on column mcp_generation_jobs.api_key_id is 'The key that asked; null for a browser, and after the key was deleted.';
comment on column mcp_generation_jobs.tokens_cost is 'The price when it was made.';
comment on column mcp_generation_jobs.charge_key is 'Event key of the ledger''s entry that paid it; refund_key: that gave it back. Both are seen to at commit.';
comment on column mcp_generation_jobs.attempt is 'Times it was taken from the queue. A worker writes only while the number is the one it took.';
comment on column mcp_generation_jobs.next_attempt_at is 'From when it may be taken from the queue.';
comment on column mcp_generation_jobs.lease_owner is 'The worker that has it, until lease_until: after that another may take it.';
comment on column mcp_generation_jobs.params is 'negativePrompt and aspectRatio as asked for, so that it can be asked for again.';
comment on column mcp_generation_jobs.input_r2_key is 'The image to change: fetched or received before the job is made. A job that repeats another has its own copy.';
comment on column mcp_generation_jobs.error_message is 'A sentence for the person; what really happened is in the log.';
comment on column mcp_generation_jobs.processing_completed_at is 'When it ended, however.';
create index mcp_generation_jobs_user_id_idx on mcp_generation_jobs (user_id, created_at desc, id desc);
create index mcp_generation_jobs_active_idx on mcp_generation_jobs (user_id) where status in ('PENDING', 'PROCESSING');
create index mcp_generation_jobs_api_key_id_idx on mcp_generation_jobs (api_key_id) where api_key_id is not null;
create index mcp_generation_jobs_created_at_idx on mcp_generation_jobs (created_at desc, id desc);
create index mcp_generation_jobs_status_idx on mcp_generation_jobs (status, created_at desc, id desc);
create index mcp_generation_jobs_due_idx on mcp_generation_jobs (next_attempt_at, id) where status = 'PENDING';
create index mcp_generation_jobs_leases_idx on mcp_generation_jobs (lease_until) where status = 'PROCESSING';
create unique index mcp_generation_jobs_charge_idx on mcp_generation_jobs (user_id, charge_key);
create unique index mcp_generation_jobs_refund_idx on mcp_generation_jobs (user_id, refund_key)
    where refund_key is not null;
create trigger mcp_generation_jobs_updated_at before update on mcp_generation_jobs
    for each row execute function set_updated_at();
create trigger mcp_generation_jobs_transition before update of status on mcp_generation_jobs
    for each row when (old.status <> new.status and not job_status_may_become(old.status, new.status))
    execute function refuse_change('mcp_generation_jobs_transition_allowed');
create trigger mcp_generation_jobs_refunded_first before delete on mcp_generation_jobs
    for each row when (old.status in ('PENDING', 'PROCESSING'))
    execute function refuse_change('mcp_generation_jobs_cancelled_before_deleted');
create trigger mcp_generation_jobs_objects after delete or update of input_r2_key, output_r2_key on mcp_generation_jobs
    for each row execute function queue_object_deletions('IMAGES', 'input_r2_key', 'output_r2_key');

-- Agents of our own.

create domain agent_scope as text
    constraint agent_scope_known check (value in ('APPS', 'BOX'));
comment on domain agent_scope is 'APPS: builds everybody''s apps. BOX: runs in one box and speaks for it.';

create table agent_credentials (
    id text primary key,
    name text not null,
    scope agent_scope not null,
    box_id text references boxes (id) on delete cascade,
    key_hash bytea not null,
    key_prefix text not null,
    created_by text references users (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint agent_credentials_key_hash_key unique (key_hash),
    constraint agent_credentials_key_hash_is_sha256 check (octet_length(key_hash) = 32),
    constraint agent_credentials_name_length check (char_length(name) between 1 and 50),
    constraint agent_credentials_box_with_its_scope check ((scope = 'BOX') = (box_id is not null)),
    constraint agent_credentials_expires_later check (expires_at > created_at)
);
comment on table agent_credentials is 'Keys of agents of our own, beside the one in the configuration. A key is shown once, when it is made; revoking it is final.';
comment on column agent_credentials.key_hash is 'secret: SHA-256 of the key; the key itself is stored nowhere.';
comment on column agent_credentials.key_prefix is 'What a list shows.';
comment on column agent_credentials.box_id is 'The one box that it may speak for.';
create index agent_credentials_created_at_idx on agent_credentials (created_at desc, id desc);
create unique index agent_credentials_one_per_box_idx on agent_credentials (box_id)
    where box_id is not null and revoked_at is null;
create index agent_credentials_box_id_idx on agent_credentials (box_id) where box_id is not null;
create index agent_credentials_created_by_idx on agent_credentials (created_by);
create trigger agent_credentials_updated_at before update on agent_credentials
    for each row execute function set_updated_at();
create trigger agent_credentials_revoked_stays before update of revoked_at on agent_credentials
    for each row when (old.revoked_at is not null and new.revoked_at is null)
    execute function refuse_change('agent_credentials_revoked_for_ever');

grant select, insert, update, delete on
    external_agent_sessions, agent_session_activities, mcp_generation_jobs, agent_credentials
    to spike_app;
