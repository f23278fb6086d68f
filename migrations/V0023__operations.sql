-- How the system is run: the write stop, backups and what proves them, alerts, measurements, incidents, changes of the schema.

-- The write stop.

alter table deployment
    add column maintenance_since timestamptz,
    add column maintenance_message text,
    add column maintenance_by text,
    add constraint deployment_maintenance_is_whole
        check (maintenance_since is not null or num_nonnulls(maintenance_message, maintenance_by) = 0),
    add constraint deployment_maintenance_message_length check (char_length(maintenance_message) between 1 and 500);
comment on column deployment.maintenance_since is 'Since when nothing is written: reads and health checks go on, all else is answered 503. Null: all is open.';
comment on column deployment.maintenance_message is 'What those who are turned away are told.';
comment on column deployment.maintenance_by is 'Who switched it: a person''s id, or the command line.';
grant update (maintenance_since, maintenance_message, maintenance_by) on deployment to spike_app;

-- Put first into a transaction it keeps everything behind it from happening.
create function require_writable() returns void
language plpgsql stable
as $$
declare
    stopped record;
begin
    select maintenance_message into stopped from deployment where maintenance_since is not null;
    if found then
        raise exception 'writing is stopped for maintenance'
            using errcode = 'SL503', detail = coalesce(stopped.maintenance_message, '');
    end if;
end
$$;
comment on function require_writable() is 'Raises SL503 while the system is under maintenance.';

-- Backups.

create domain backup_kind as text
    constraint backup_kind_known check (value in ('daily', 'weekly', 'monthly', 'pre-migration'));
comment on domain backup_kind is 'Also the first part of an object''s key. Kept: 30 daily, 12 weekly, 12 monthly ones, those before migrations for ever.';
create domain backup_status as text
    constraint backup_status_known check (value in ('RUNNING', 'SUCCEEDED', 'FAILED'));
comment on domain backup_status is 'SUCCEEDED only once the manifest lies beside the object and agrees with it.';

create table backup_runs (
    id text primary key,
    kind backup_kind not null,
    day date not null,
    status backup_status not null default 'RUNNING',
    object_key text,
    bytes bigint,
    sha256 text,
    migration_version integer,
    table_rows jsonb,
    promoted_from text references backup_runs (id) on delete restrict,
    encrypted_with text,
    started_at timestamptz not null,
    finished_at timestamptz,
    verified_at timestamptz,
    pruned_at timestamptz,
    error text,
    constraint backup_runs_object_key_key unique (object_key),
    constraint backup_runs_object_key_shape check (
        object_key ~ '^(daily|weekly|monthly|pre-migration)/[0-9]{4}/[0-9]{2}/spike_land_[0-9]{8}_[0-9]{6}\.backup\.gz$'
        and starts_with(object_key, kind || '/')),
    constraint backup_runs_sha256_shape check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint backup_runs_bytes_positive check (bytes > 0),
    constraint backup_runs_succeeded_is_whole
        check (status <> 'SUCCEEDED' or num_nulls(object_key, bytes, sha256, migration_version, table_rows) = 0),
    constraint backup_runs_finished_has_a_time check ((status = 'RUNNING') = (finished_at is null)),
    constraint backup_runs_finished_after_start check (finished_at >= started_at),
    constraint backup_runs_failed_says_why check ((status = 'FAILED') = (error is not null)),
    constraint backup_runs_only_good_ones_verified check (verified_at is null or status = 'SUCCEEDED'),
    constraint backup_runs_pre_migration_is_kept check (pruned_at is null or kind <> 'pre-migration'),
    constraint backup_runs_promoted_are_periodic check (promoted_from is null or kind in ('weekly', 'monthly'))
);
comment on table backup_runs is 'Backups, good and bad. The manifest beside each object says the same; it is what counts when this database is lost.';
comment on column backup_runs.day is 'UTC. One per day and kind, unless it failed; any number before migrations.';
comment on column backup_runs.migration_version is 'The newest migration in it.';
comment on column backup_runs.table_rows is 'Rows per table, in the same snapshot as the data.';
comment on column backup_runs.promoted_from is 'The daily one that it is a copy of.';
comment on column backup_runs.encrypted_with is 'Id of the key; null: only as the object store itself encrypts.';
comment on column backup_runs.verified_at is 'When it was last restored and compared.';
comment on column backup_runs.pruned_at is 'When its object was deleted because of its age.';
create unique index backup_runs_one_per_day_idx on backup_runs (kind, day) where status <> 'FAILED' and kind <> 'pre-migration';
create index backup_runs_kind_idx on backup_runs (kind, started_at desc);
create index backup_runs_started_at_idx on backup_runs (started_at desc, id desc);
create index backup_runs_promoted_from_idx on backup_runs (promoted_from) where promoted_from is not null;

create domain restore_purpose as text
    constraint restore_purpose_known check (value in ('VERIFY', 'RESTORE', 'REHEARSAL', 'RECOVERY', 'DRILL'));
comment on domain restore_purpose is 'VERIFY: the monthly proof. RECOVERY: beside the present database, to merge from. DRILL: practice, timed.';
create domain restore_status as text
    constraint restore_status_known check (value in ('RUNNING', 'PASSED', 'FAILED'));
comment on domain restore_status is 'PASSED only when every table has as many rows as the manifest says.';

create table restore_runs (
    id text primary key,
    purpose restore_purpose not null,
    backup_id text references backup_runs (id) on delete restrict,
    object_key text not null,
    target_database text not null,
    status restore_status not null default 'RUNNING',
    table_rows jsonb,
    differences jsonb,
    started_at timestamptz not null,
    finished_at timestamptz,
    target_dropped_at timestamptz,
    error text,
    constraint restore_runs_target_database_shape check (target_database ~ '^[a-z_][a-z0-9_]{0,62}$'),
    constraint restore_runs_object_key_length check (char_length(object_key) between 1 and 1024),
    constraint restore_runs_finished_has_a_time check ((status = 'RUNNING') = (finished_at is null)),
    constraint restore_runs_finished_after_start check (finished_at >= started_at),
    constraint restore_runs_failed_says_why check ((status = 'FAILED') = (error is not null)),
    constraint restore_runs_passed_was_compared check (status <> 'PASSED' or (table_rows is not null and differences is null))
);
comment on table restore_runs is 'Backups that were loaded again, for whatever reason: untested ones don''t count.';
comment on column restore_runs.backup_id is 'Null for an object that this database knows nothing of.';
comment on column restore_runs.table_rows is 'Rows per table as they were after loading.';
comment on column restore_runs.differences is 'Tables whose rows are not those of the manifest: expected and found.';
comment on column restore_runs.target_dropped_at is 'Of a scratch database: that it is gone again.';
create index restore_runs_backup_id_idx on restore_runs (backup_id);
create index restore_runs_started_at_idx on restore_runs (started_at desc, id desc);
-- Scratch databases that a killed run left behind.
create index restore_runs_left_behind_idx on restore_runs (started_at)
    where target_dropped_at is null and purpose in ('VERIFY', 'REHEARSAL', 'DRILL');

-- Alerts.

create domain alert_status as text
    constraint alert_status_known check (value in ('OK', 'FIRING', 'RESOLVED'));
comment on domain alert_status is 'OK: never fired yet.';

create table alert_states (
    rule text primary key,
    state alert_status not null default 'OK',
    since timestamptz not null,
    value double precision,
    threshold double precision not null,
    calm_evaluations integer not null default 0,
    evaluated_at timestamptz not null,
    last_notified_at timestamptz,
    constraint alert_states_rule_shape check (rule ~ '^[a-z][a-z0-9_.:-]{0,99}$'),
    constraint alert_states_calm_not_negative check (calm_evaluations >= 0),
    constraint alert_states_evaluated_since check (evaluated_at >= since)
);
comment on table alert_states is 'How each rule stands. One row per rule; locked while it is evaluated.';
comment on column alert_states.since is 'When it took this state.';
comment on column alert_states.value is 'At the last evaluation; null where it could not be measured.';
comment on column alert_states.calm_evaluations is 'In a row below the threshold while FIRING: only several make it RESOLVED.';

create table alert_events (
    rule text not null references alert_states (rule) on delete restrict,
    id text not null,
    from_state alert_status not null,
    to_state alert_status not null,
    value double precision,
    threshold double precision not null,
    created_at timestamptz not null,
    primary key (rule, id),
    constraint alert_events_is_a_change check (from_state <> to_state),
    constraint alert_events_way check (to_state = 'FIRING' or (from_state = 'FIRING' and to_state = 'RESOLVED'))
);
comment on table alert_events is 'Every change of a rule''s state, and nothing else.';
create index alert_events_created_at_idx on alert_events (created_at desc, id desc);

create domain alert_channel as text
    constraint alert_channel_known check (value in ('SNS', 'WEBHOOK', 'MAIL'));
comment on domain alert_channel is 'How somebody is told.';
create domain outbox_status as text
    constraint outbox_status_known check (value in ('PENDING', 'SENT', 'FAILED'));
comment on domain outbox_status is 'PENDING is tried again; FAILED is given up.';

create table alert_outbox (
    id text primary key,
    rule text not null,
    event_id text not null,
    channel alert_channel not null,
    payload jsonb not null,
    status outbox_status not null default 'PENDING',
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    created_at timestamptz not null,
    sent_at timestamptz,
    last_error text,
    constraint alert_outbox_event_fkey foreign key (rule, event_id) references alert_events (rule, id) on delete cascade,
    constraint alert_outbox_once_per_channel unique (rule, event_id, channel),
    constraint alert_outbox_attempts_not_negative check (attempts >= 0),
    constraint alert_outbox_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint alert_outbox_sent_has_a_time check ((status = 'SENT') = (sent_at is not null)),
    constraint alert_outbox_error_length check (char_length(last_error) <= 1000)
);
comment on table alert_outbox is 'Who has still to be told of which change. Written with the change; once per channel, tried until it arrives.';
comment on column alert_outbox.id is 'Also what the receiver gets, so that it notices one that came twice.';
create index alert_outbox_due_idx on alert_outbox (next_attempt_at) where next_attempt_at is not null;
create index alert_outbox_sent_at_idx on alert_outbox (created_at) where status <> 'PENDING';

-- Measurements: what alerts and reports compare with.

create table metric_samples (
    metric text not null,
    label text not null default '',
    created_at timestamptz not null,
    value double precision not null,
    primary key (metric, label, created_at),
    constraint metric_samples_metric_shape check (metric ~ '^[a-z][a-z0-9_.]{0,99}$'),
    constraint metric_samples_label_length check (char_length(label) <= 200),
    constraint metric_samples_value_is_finite check (value > '-Infinity' and value < 'Infinity')
) partition by range (created_at);
comment on table metric_samples is 'Figures over time: connections, sizes, slow queries, lag. Kept a year; cut by month.';
comment on column metric_samples.label is 'What it was measured of, such as a table; empty: of the whole.';
select partition_by_month('metric_samples', 'created_at', 12);

-- Where the weekly VACUUM is: the next run goes on with the tables that were not reached.
create table table_maintenance (
    table_name text primary key,
    vacuumed_at timestamptz not null,
    duration_ms bigint not null,
    bytes bigint,
    dead_rows bigint,
    error text,
    constraint table_maintenance_not_negative check (duration_ms >= 0 and bytes >= 0 and dead_rows >= 0),
    constraint table_maintenance_error_length check (char_length(error) <= 1000)
);
comment on table table_maintenance is 'When each table was last vacuumed and analysed by us, how long it took and how it was before.';
create index table_maintenance_vacuumed_at_idx on table_maintenance (vacuumed_at);

-- Incidents: what people are told.

create domain incident_status as text
    constraint incident_status_known check (value in ('INVESTIGATING', 'IDENTIFIED', 'MONITORING', 'RESOLVED'));
comment on domain incident_status is 'How far we are with it.';
create domain incident_impact as text
    constraint incident_impact_known check (value in ('NONE', 'MINOR', 'MAJOR', 'CRITICAL'));
comment on domain incident_impact is 'How much people notice.';

create table incidents (
    id text primary key,
    title text not null,
    status incident_status not null default 'INVESTIGATING',
    impact incident_impact not null,
    message text not null,
    started_at timestamptz not null,
    resolved_at timestamptz,
    created_by text references users (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint incidents_title_length check (char_length(title) between 1 and 200),
    constraint incidents_message_length check (char_length(message) between 1 and 2000),
    constraint incidents_resolved_has_a_time check ((status = 'RESOLVED') = (resolved_at is not null)),
    constraint incidents_resolved_after_start check (resolved_at >= started_at)
);
comment on table incidents is 'Troubles that people are told of, with the newest message.';
create index incidents_started_at_idx on incidents (started_at desc, id desc);
create index incidents_open_idx on incidents (started_at desc) where resolved_at is null;
create index incidents_created_by_idx on incidents (created_by);
create trigger incidents_updated_at before update on incidents for each row execute function set_updated_at();

create table incident_updates (
    incident_id text not null references incidents (id) on delete cascade,
    id text not null,
    status incident_status not null,
    message text not null,
    created_at timestamptz not null,
    primary key (incident_id, id),
    constraint incident_updates_message_length check (char_length(message) between 1 and 2000)
);
comment on table incident_updates is 'What people were told of an incident, in order.';

-- Changes of the schema.

create table ddl_log (
    executed_at timestamptz not null default clock_timestamp(),
    id text not null default 'ddl_' || replace(gen_random_uuid()::text, '-', ''),
    command text not null,
    object_type text,
    object_identity text,
    login_role text not null default session_user,
    acting_role text not null,
    client_address text,
    application_name text,
    primary key (executed_at, id)
);
comment on table ddl_log is 'Who created, altered or dropped what, and when. Written by the server itself.';
comment on column ddl_log.login_role is 'Who signed in; acting_role is what they acted as.';

create function log_ddl() returns event_trigger
language plpgsql security definer
set search_path = pg_catalog, public
as $$
declare
    -- What "security definer" hides: the role that was set, if one was.
    acting constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
    application constant text := current_setting('application_name', true);
begin
    if tg_event = 'sql_drop' then
        insert into ddl_log (command, object_type, object_identity, acting_role, client_address, application_name)
        select tg_tag, d.object_type, d.object_identity, acting, inet_client_addr()::text, application
          from pg_event_trigger_dropped_objects() d
         where d.original and not d.is_temporary;
    else
        insert into ddl_log (command, object_type, object_identity, acting_role, client_address, application_name)
        select c.command_tag, c.object_type, c.object_identity, acting, inet_client_addr()::text, application
          from pg_event_trigger_ddl_commands() c
         where c.schema_name is distinct from 'pg_temp';
    end if;
end
$$;
comment on function log_ddl() is 'Writes ddl_log.';

-- A managed server may keep event triggers to itself; then log_statement = 'ddl' of the server is what remains.
do $$
begin
    create event trigger ddl_log_commands on ddl_command_end execute function log_ddl();
    create event trigger ddl_log_drops on sql_drop execute function log_ddl();
exception
    when insufficient_privilege or feature_not_supported then
        raise notice 'no right to create event triggers here: changes of the schema are only in the server''s own log';
end
$$;

grant select, insert, update on backup_runs, restore_runs, alert_states, incidents, table_maintenance to spike_app;
grant select, insert on alert_events, metric_samples, incident_updates to spike_app;
grant select, insert, update, delete on alert_outbox to spike_app;
grant select on ddl_log to spike_app;

-- Vocabularies of the first migrations that nobody had explained.
comment on domain user_role is 'What somebody may do. SUPER_ADMIN may whatever ADMIN may, and make administrators.';
comment on domain oauth_provider is 'Whose sign-in we accept.';
comment on domain verification_purpose is 'What a mailed link is good for.';
comment on domain email_status is 'PENDING is tried again; FAILED was given up. The rest is what the mail provider reports.';
comment on domain referral_status is 'COMPLETED and INVALID are final.';
comment on domain subscription_tier is 'What a person''s well holds, and what it costs a month.';
comment on domain subscription_status is 'As Stripe has it.';
comment on domain token_transaction_type is 'Why tokens moved; the sign of the amount follows from it.';
comment on domain stripe_payment_status is 'What became of a payment.';
comment on domain stripe_operation_kind is 'What is asked of Stripe.';
comment on domain stripe_operation_status is 'PENDING is asked again with the same key.';
comment on domain inbox_outcome is 'What an event changed. FAILED is tried again, at REJECTED somebody has to look.';
comment on domain voucher_type is 'How the tokens of a voucher are worked out.';
comment on domain voucher_status is 'Only an ACTIVE voucher can be redeemed.';
comment on domain job_run_status is 'How a run of a scheduled job stands or ended.';
