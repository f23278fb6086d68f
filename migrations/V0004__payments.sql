-- What can be bought, what was paid, and the inbox of Stripe's events.

create table tokens_packages (
    code text primary key,
    name text not null,
    tokens bigint not null check (tokens > 0),
    amount_minor bigint not null check (amount_minor > 0),
    currency currency not null,
    active boolean not null default true,
    position int not null unique
);
comment on table tokens_packages is 'Token packages. What a payment grants is read here, never from the payment.';
comment on column tokens_packages.amount_minor is 'In minor units (pence) of currency.';
insert into tokens_packages (code, name, tokens, amount_minor, currency, position) values
    ('starter', 'Starter Pack', 10, 299, 'gbp', 0),
    ('basic', 'Basic Pack', 50, 999, 'gbp', 1),
    ('pro', 'Pro Pack', 150, 2499, 'gbp', 2),
    ('power', 'Power Pack', 500, 6999, 'gbp', 3);

create domain stripe_payment_status as text
    constraint stripe_payment_status_known check (value in ('PENDING', 'SUCCEEDED', 'FAILED', 'REFUNDED'));

create table stripe_payments (
    id text primary key,
    user_id text not null references users (id) on delete restrict,
    package_code text not null references tokens_packages (code) on delete restrict,
    tokens_granted bigint not null check (tokens_granted > 0),
    amount_minor bigint not null check (amount_minor >= 0),
    currency currency not null,
    status stripe_payment_status not null,
    stripe_checkout_session_id text not null,
    stripe_payment_intent_id text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint stripe_payments_checkout_session_key unique (stripe_checkout_session_id),
    constraint stripe_payments_payment_intent_key unique (stripe_payment_intent_id)
);
comment on table stripe_payments is 'One row per paid checkout; the tokens it granted are in the ledger under the same session.';
create index stripe_payments_user_id_idx on stripe_payments (user_id, created_at desc);
create index stripe_payments_package_code_idx on stripe_payments (package_code);
create trigger stripe_payments_updated_at before update on stripe_payments
    for each row execute function set_updated_at();

create domain inbox_outcome as text
    constraint inbox_outcome_known check (value in ('APPLIED', 'IGNORED', 'REJECTED'));

create table stripe_events (
    event_id text primary key,
    type text not null,
    object_id text,
    stripe_created timestamptz not null,
    received_at timestamptz not null,
    outcome inbox_outcome not null,
    reason text,
    payload json not null,
    constraint stripe_events_reason_given check (outcome = 'APPLIED' or reason is not null)
);
comment on table stripe_events is 'Every verified event, once, written in the transaction of its effect.';
comment on column stripe_events.reason is 'Why an event changed nothing (IGNORED) or could not be honoured (REJECTED: someone has to look).';
comment on column stripe_events.payload is 'The bytes that were signed; json, not jsonb, so that they stay as they came.';
create index stripe_events_received_at_idx on stripe_events (received_at desc);
create index stripe_events_object_id_idx on stripe_events (object_id);
create index stripe_events_rejected_idx on stripe_events (received_at desc) where outcome = 'REJECTED';

grant select on tokens_packages to spike_app;
grant select, insert, update on stripe_payments to spike_app;
grant select, insert, update on stripe_events to spike_app;
