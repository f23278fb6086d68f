-- Subscriptions, what is asked of Stripe, and what is remembered so that nothing is done twice.

create table subscription_plans (
    code text primary key,
    name text not null,
    tokens_per_month bigint not null check (tokens_per_month > 0),
    amount_minor bigint not null check (amount_minor > 0),
    currency currency not null,
    max_rollover bigint not null check (max_rollover >= 0),
    priority boolean not null default false,
    api_access boolean not null default false,
    active boolean not null default true,
    position int not null unique
);
comment on table subscription_plans is 'Monthly plans from before the tiers. What a renewal grants is read here.';
comment on column subscription_plans.amount_minor is 'Per month, in minor units (pence) of currency.';
comment on column subscription_plans.max_rollover is 'Monthly tokens that are kept into the next month; 0 keeps all. Bought tokens are never cut.';
insert into subscription_plans (code, name, tokens_per_month, amount_minor, currency, max_rollover, priority, api_access, position) values
    ('hobby', 'Hobby', 30, 499, 'gbp', 30, false, false, 0),
    ('creator', 'Creator', 100, 1299, 'gbp', 100, true, false, 1),
    ('studio', 'Studio', 300, 2999, 'gbp', 0, true, true, 2);

create domain subscription_status as text
    constraint subscription_status_known check (value in ('ACTIVE', 'CANCELED', 'PAST_DUE', 'UNPAID', 'TRIALING'));

create table subscriptions (
    user_id text primary key references users (id) on delete restrict,
    stripe_subscription_id text not null,
    stripe_item_id text,
    status subscription_status not null,
    tier subscription_tier references tiers (tier),
    plan_code text references subscription_plans (code) on delete restrict,
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean not null default false,
    downgrade_to subscription_tier references tiers (tier),
    plan_pool bigint not null default 0 check (plan_pool >= 0),
    spent_before bigint not null default 0 check (spent_before >= 0),
    changed_at timestamptz not null,
    changed_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
    constraint subscriptions_tier_or_plan check ((tier is null) <> (plan_code is null)),
    constraint subscriptions_downgrade_of_a_tier check (downgrade_to is null or tier is not null)
);
comment on table subscriptions is 'One row per person: the subscription that counts, the last one of theirs.';
comment on column subscriptions.changed_at is 'When Stripe made the newest event that was applied, and its id: an older one changes nothing.';
comment on column subscriptions.plan_pool is 'Tokens that the plan had granted and that were left at the last renewal, that month''s included.';
comment on column subscriptions.spent_before is 'What the person had spent in all at the last renewal: plan tokens are spent before bought ones.';
comment on column subscriptions.downgrade_to is 'The tier from the end of the period on.';
create index subscriptions_tier_idx on subscriptions (tier);
create index subscriptions_plan_code_idx on subscriptions (plan_code);
create index subscriptions_status_idx on subscriptions (status, current_period_end);
create index subscriptions_downgrade_to_idx on subscriptions (downgrade_to) where downgrade_to is not null;
create trigger subscriptions_updated_at before update on subscriptions
    for each row execute function set_updated_at();

create domain stripe_operation_kind as text
    constraint stripe_operation_kind_known check (value in (
        'CHECKOUT_PACKAGE', 'CHECKOUT_PLAN', 'CHECKOUT_TIER', 'CHANGE_TIER', 'SCHEDULE_DOWNGRADE', 'UNDO_DOWNGRADE',
        'CANCEL_AT_PERIOD_END', 'RESUME', 'CANCEL_NOW'));
create domain stripe_operation_status as text
    constraint stripe_operation_status_known check (value in ('PENDING', 'DONE', 'FAILED'));

create table stripe_operations (
    id text primary key,
    user_id text not null references users (id) on delete restrict,
    kind stripe_operation_kind not null,
    item text,
    amount_minor bigint,
    currency currency,
    status stripe_operation_status not null default 'PENDING',
    stripe_object_id text,
    url text,
    attempts int not null default 0,
    next_attempt_at timestamptz,
    last_error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint stripe_operations_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint stripe_operations_stripe_object_id_key unique (kind, stripe_object_id)
);
comment on table stripe_operations is 'What is asked of Stripe: written and committed before the request, settled after the answer, asked again with the same key when the answer was lost.';
comment on column stripe_operations.id is 'Also the Idempotency-Key that Stripe gets.';
comment on column stripe_operations.item is 'The package, plan or tier.';
create index stripe_operations_user_id_idx on stripe_operations (user_id, created_at desc);
create index stripe_operations_due_idx on stripe_operations (next_attempt_at) where status = 'PENDING';

create table idempotency_keys (
    user_id text not null references users (id) on delete restrict,
    key text not null check (char_length(key) between 1 and 200),
    request_hash bytea not null check (octet_length(request_hash) = 32),
    status int,
    answer jsonb,
    created_at timestamptz not null,
    primary key (user_id, key)
);
comment on table idempotency_keys is 'Answers to requests that spend or buy, kept 30 days: the same key and request get the same answer and do nothing again.';
comment on column idempotency_keys.answer is 'Null while the request is under way.';
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);

-- Money that went back, or is in question.
alter domain stripe_payment_status drop constraint stripe_payment_status_known;
alter domain stripe_payment_status
    add constraint stripe_payment_status_known check (value in ('PENDING', 'SUCCEEDED', 'FAILED', 'REFUNDED', 'DISPUTED'));
alter table stripe_payments
    add column stripe_charge_id text,
    add column refunded_minor bigint not null default 0,
    add column tokens_taken_back bigint not null default 0,
    add constraint stripe_payments_stripe_charge_id_key unique (stripe_charge_id),
    add constraint stripe_payments_refund_fits check (refunded_minor between 0 and amount_minor),
    add constraint stripe_payments_taken_back_fits check (tokens_taken_back between 0 and tokens_granted);
comment on column stripe_payments.tokens_taken_back is 'Of tokens_granted, by refunds and lost disputes; what the wallet did not have is in token_debts.';

create table stripe_disputes (
    id text primary key,
    payment_id text references stripe_payments (id) on delete restrict,
    stripe_charge_id text,
    status text not null,
    amount_minor bigint not null,
    currency currency not null,
    changed_at timestamptz not null,
    created_at timestamptz not null
);
comment on table stripe_disputes is 'Payments that a bank asks back. A lost one takes the tokens back like a refund.';
create index stripe_disputes_payment_id_idx on stripe_disputes (payment_id);
create index stripe_disputes_created_at_idx on stripe_disputes (created_at desc);

create table token_debts (
    id text primary key,
    user_id text not null references users (id) on delete restrict,
    payment_id text references stripe_payments (id) on delete restrict,
    cause text not null,
    tokens bigint not null check (tokens > 0),
    created_at timestamptz not null,
    settled_at timestamptz,
    constraint token_debts_cause_key unique (user_id, cause)
);
comment on table token_debts is 'Tokens that should have been taken back and were spent already. Nobody''s balance goes below zero.';
create index token_debts_payment_id_idx on token_debts (payment_id);
create index token_debts_open_idx on token_debts (user_id) where settled_at is null;

-- An event that could not be applied yet is kept with the reason; Stripe sends it again, and an administrator can.
alter domain inbox_outcome drop constraint inbox_outcome_known;
alter domain inbox_outcome
    add constraint inbox_outcome_known check (value in ('APPLIED', 'IGNORED', 'REJECTED', 'FAILED'));
alter table stripe_events
    add column attempts int not null default 1 check (attempts > 0),
    add column settled_at timestamptz;
comment on column stripe_events.reason is 'Why an event changed nothing (IGNORED), could not be honoured (REJECTED: someone has to look) or was not applied yet (FAILED).';
comment on column stripe_events.attempts is 'Times that it came or was replayed and was worked on.';
create index stripe_events_listing_idx on stripe_events (received_at desc, event_id desc);
drop index stripe_events_received_at_idx;
create index stripe_events_type_idx on stripe_events (type, received_at desc);
create index stripe_events_failed_idx on stripe_events (received_at desc) where outcome = 'FAILED';

grant select on subscription_plans to spike_app;
grant select, insert, update on subscriptions, stripe_operations, stripe_disputes, token_debts to spike_app;
grant select, insert, update, delete on idempotency_keys to spike_app;
