-- What runs by the clock, and what it needs.

create domain job_run_status as text
    constraint job_run_status_known check (value in ('RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED'));

create table job_runs (
    id text primary key,
    job text not null,
    started_at timestamptz not null,
    ends_by timestamptz not null,
    finished_at timestamptz,
    status job_run_status not null default 'RUNNING',
    result jsonb,
    error text,
    constraint job_runs_finished_has_a_time check ((status = 'RUNNING') = (finished_at is null)),
    constraint job_runs_failed_has_an_error check ((status = 'FAILED') = (error is not null)),
    constraint job_runs_ends_after_it_starts check (ends_by > started_at)
);
comment on table job_runs is 'Each run of a scheduled job, kept 30 days.';
comment on column job_runs.ends_by is 'A run that has not ended by then was killed: the next one marks it FAILED and takes its place.';
comment on column job_runs.result is 'What it did, as counts.';
comment on column job_runs.error is 'Why it failed; no values of rows, no secrets.';
create index job_runs_job_idx on job_runs (job, started_at desc);
create index job_runs_started_at_idx on job_runs (started_at);
-- At most one at a time.
create unique index job_runs_running_key on job_runs (job) where status = 'RUNNING';

grant select, insert, update, delete on job_runs to spike_app;

-- People who left lately, to see whether something of theirs is still billed.
create index users_deleted_at_idx on users (deleted_at) where deleted_at is not null;

comment on column subscriptions.changed_at is
    'When Stripe made the newest event about it; changed_by is that event''s id. What holds is worked out from all events in the inbox, whatever their order.';
comment on column stripe_operations.item is 'The package, plan or tier; of CANCEL_NOW the subscription.';

-- A debt is collected in parts, as its wallet has tokens again.
alter table token_debts
    add column collected bigint not null default 0,
    add constraint token_debts_collected_fits check (collected between 0 and tokens),
    add constraint token_debts_settled_is_collected check (settled_at is null or collected = tokens);
comment on column token_debts.collected is 'Of tokens, taken from the wallet since; each part is an entry of the ledger.';
comment on column token_debts.settled_at is 'When the last of it was collected.';
