-- The token economy: what a tier holds, what a person has, and every movement.

create domain subscription_tier as text
    constraint subscription_tier_known check (value in ('FREE', 'BASIC', 'STANDARD', 'PREMIUM'));

create domain token_transaction_type as text
    constraint token_transaction_type_known check (value in (
        'EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS', 'EARN_ADMIN_ADJUSTMENT',
        'SPEND_ENHANCEMENT', 'SPEND_MCP_GENERATION', 'SPEND_BOX_CREATION', 'SPEND_APP_MESSAGE',
        'REFUND'));

create domain currency as text
    constraint currency_is_iso_4217 check (value ~ '^[a-z]{3}$');
comment on domain currency is 'ISO 4217 in lower case, as Stripe writes it.';

create table tiers (
    tier subscription_tier primary key,
    display_name text not null,
    well_capacity bigint not null check (well_capacity > 0),
    price_minor bigint not null check (price_minor >= 0),
    currency currency not null,
    position int not null unique
);
comment on table tiers is 'The four tiers. Regeneration fills a balance up to well_capacity and never beyond.';
comment on column tiers.price_minor is 'Per month, in minor units (pence) of currency.';
insert into tiers (tier, display_name, well_capacity, price_minor, currency, position) values
    ('FREE', 'Free', 10, 0, 'gbp', 0),
    ('BASIC', 'Basic', 20, 500, 'gbp', 1),
    ('STANDARD', 'Standard', 50, 1000, 'gbp', 2),
    ('PREMIUM', 'Premium', 100, 2000, 'gbp', 3);

create table user_token_balances (
    user_id text primary key references users (id) on delete restrict,
    balance bigint not null,
    tier subscription_tier not null default 'FREE' references tiers (tier),
    last_regeneration timestamptz not null,
    total_earned bigint not null default 0 check (total_earned >= 0),
    total_spent bigint not null default 0 check (total_spent >= 0),
    total_refunded bigint not null default 0 check (total_refunded >= 0),
    total_adjusted bigint not null default 0,
    transaction_count bigint not null default 0 check (transaction_count >= 0),
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint user_token_balances_not_negative check (balance >= 0),
    constraint user_token_balances_adds_up
        check (balance = total_earned + total_refunded + total_adjusted - total_spent)
);
comment on table user_token_balances is 'One row per person. Only the ledger''s statements write it, together with an entry.';
comment on column user_token_balances.last_regeneration is 'From when the next token grows; moves by whole intervals.';
comment on column user_token_balances.total_adjusted is 'Net of what administrators gave and took.';
comment on column user_token_balances.transaction_count is 'Number of the newest ledger entry.';
create index user_token_balances_tier_idx on user_token_balances (tier);
create trigger user_token_balances_updated_at before update on user_token_balances
    for each row execute function set_updated_at();

-- Append-only. The key starts with the owner, so that the table can be sharded by person.
create table token_transactions (
    user_id text not null references users (id) on delete restrict,
    entry_number bigint not null check (entry_number > 0),
    id text not null,
    amount bigint not null check (amount <> 0),
    type token_transaction_type not null,
    source text not null,
    source_id text,
    event_key text not null,
    balance_after bigint not null check (balance_after >= 0),
    metadata jsonb,
    created_at timestamptz not null,
    primary key (user_id, entry_number),
    constraint token_transactions_event_key_key unique (user_id, event_key),
    constraint token_transactions_sign_fits_type check (
        case
            when type like 'SPEND_%' then amount < 0
            when type = 'EARN_ADMIN_ADJUSTMENT' then true
            else amount > 0
        end)
);
comment on table token_transactions is 'The ledger: every movement of tokens, in order, never changed.';
comment on column token_transactions.entry_number is '1, 2, 3 … per person without a gap: the order in which the balance changed.';
comment on column token_transactions.event_key is 'What caused the entry, once: a repetition of the same event finds this key and changes nothing.';

grant select on tiers to spike_app;
grant select, insert, update on user_token_balances to spike_app;
grant select, insert on token_transactions to spike_app;
