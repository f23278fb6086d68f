-- What was asked of models, what people tell us, and what became of mails.

-- What was asked of a model, and what it answered.

create domain ai_decision_status as text
    constraint ai_decision_status_known check (value in ('success', 'error', 'timeout'));
comment on domain ai_decision_status is 'How a request to a model ended; clients know these words.';

create table ai_decision_logs (
    created_at timestamptz not null,
    id text not null,
    workspace_id text references workspaces (id) on delete set null,
    user_id text references users (id) on delete set null,
    request_type text not null,
    model text not null,
    system_prompt text,
    input_prompt text,
    output text,
    tokens_used integer,
    latency_ms integer,
    status ai_decision_status not null,
    error_message text,
    metadata jsonb not null default '{}',
    primary key (created_at, id),
    constraint ai_decision_logs_text_length
        check (char_length(request_type) between 1 and 100 and char_length(model) between 1 and 100
               and char_length(system_prompt) <= 20000 and char_length(input_prompt) <= 50000
               and char_length(output) <= 50000 and char_length(error_message) <= 2000),
    constraint ai_decision_logs_not_negative check (tokens_used >= 0 and latency_ms >= 0),
    constraint ai_decision_logs_error_told check (status <> 'success' or error_message is null),
    constraint ai_decision_logs_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
) partition by range (created_at);
comment on table ai_decision_logs is 'What was asked of a model and what came back. Kept a year; cut by month.';
comment on column ai_decision_logs.input_prompt is 'personal: as the person wrote it.';
comment on column ai_decision_logs.output is 'personal: what the model made of it.';
comment on column ai_decision_logs.tokens_used is 'The model''s tokens, which have nothing to do with a wallet''s.';
create index ai_decision_logs_workspace_id_idx on ai_decision_logs (workspace_id, created_at desc, id desc);
create index ai_decision_logs_user_id_idx on ai_decision_logs (user_id, created_at desc, id desc);
create index ai_decision_logs_failed_idx on ai_decision_logs (created_at desc) where status <> 'success';
select partition_by_month('ai_decision_logs', 'created_at', 12);

-- What is watched, and what people say.

create table tracked_urls (
    id text primary key,
    path text not null,
    label text,
    is_active boolean not null default true,
    created_by_id text references users (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint tracked_urls_path_key unique (path),
    constraint tracked_urls_path_shape check (path ~ '^/([^/].*)?$' and strpos(path, '://') = 0 and char_length(path) <= 500),
    constraint tracked_urls_label_length check (char_length(label) <= 200)
);
comment on table tracked_urls is 'Paths of the site that administrators keep an eye on.';
create index tracked_urls_created_by_id_idx on tracked_urls (created_by_id);
create index tracked_urls_active_idx on tracked_urls (created_at desc, id desc) where is_active;
create trigger tracked_urls_updated_at before update on tracked_urls for each row execute function set_updated_at();

create domain feedback_type as text
    constraint feedback_type_known check (value in ('BUG', 'IDEA', 'OTHER'));
comment on domain feedback_type is 'What somebody has to say.';
create domain feedback_status as text
    constraint feedback_status_known check (value in ('NEW', 'REVIEWED', 'RESOLVED', 'DISMISSED'));
comment on domain feedback_status is 'What became of it.';

create table feedback (
    id text primary key,
    user_id text references users (id) on delete set null,
    email text,
    type feedback_type not null,
    status feedback_status not null default 'NEW',
    message text not null,
    page text,
    user_agent text,
    admin_note text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint feedback_message_length check (char_length(message) between 1 and 5000),
    constraint feedback_text_length
        check (char_length(email) between 3 and 254 and char_length(page) <= 2048 and char_length(user_agent) <= 300
               and char_length(admin_note) <= 5000)
);
comment on table feedback is 'What visitors and members tell us.';
comment on column feedback.email is 'personal: where an answer goes, of somebody who was not signed in.';
create index feedback_user_id_idx on feedback (user_id);
create index feedback_created_at_idx on feedback (created_at desc, id desc);
create index feedback_status_idx on feedback (status, created_at desc, id desc);
create index feedback_type_idx on feedback (type, created_at desc, id desc);
create trigger feedback_updated_at before update on feedback for each row execute function set_updated_at();

-- What became of mails after they left, as the mail provider reports it.

alter table email_logs add column delivered_at timestamptz;
comment on column email_logs.delivered_at is 'The other side has taken it.';

create domain email_event_type as text
    constraint email_event_type_known check (value in ('DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED', 'COMPLAINED', 'DELAYED'));
comment on domain email_event_type is 'What the mail provider reports.';

create table email_events (
    event_id text primary key,
    email_id text references email_logs (id) on delete cascade,
    type email_event_type not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    detail text,
    constraint email_events_event_id_length check (char_length(event_id) between 1 and 200),
    constraint email_events_detail_length check (char_length(detail) <= 500)
);
comment on table email_events is 'Reports of the mail provider, each once, written in the transaction of their effect. Kept 90 days.';
comment on column email_events.email_id is 'Null: of a mail that is not known here.';
create index email_events_email_id_idx on email_events (email_id, occurred_at);
create index email_events_received_at_idx on email_events (received_at);

create table email_suppressions (
    recipient_hash bytea primary key,
    reason email_event_type not null,
    created_at timestamptz not null,
    constraint email_suppressions_hash_is_sha256 check (octet_length(recipient_hash) = 32),
    constraint email_suppressions_reason_fits check (reason in ('BOUNCED', 'COMPLAINED'))
);
comment on table email_suppressions is 'Addresses that no mail is sent to any more.';
comment on column email_suppressions.recipient_hash is 'SHA-256 of the address in lower case, so that it outlasts the person without naming them.';

create table email_days (
    day date primary key,
    sent integer not null,
    constraint email_days_sent_not_negative check (sent >= 0)
);
comment on table email_days is 'Mails handed over per day (UTC): what the daily allowance is counted by, across all functions.';

grant select, insert on ai_decision_logs to spike_app;
grant select, insert, update, delete on tracked_urls, feedback, email_events, email_days to spike_app;
grant select, insert, delete on email_suppressions to spike_app;
