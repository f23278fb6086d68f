-- Codes that are worth tokens.

create domain voucher_type as text
    constraint voucher_type_known check (value in ('FIXED_TOKENS', 'PERCENTAGE_BONUS', 'SUBSCRIPTION_TRIAL'));
create domain voucher_status as text
    constraint voucher_status_known check (value in ('ACTIVE', 'INACTIVE', 'EXPIRED', 'DEPLETED'));

create table vouchers (
    id text primary key,
    code text not null,
    type voucher_type not null,
    value bigint not null,
    max_uses bigint,
    current_uses bigint not null default 0,
    expires_at timestamptz,
    status voucher_status not null default 'ACTIVE',
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz,
    constraint vouchers_code_key unique (code),
    constraint vouchers_code_shape check (code ~ '^[A-Z0-9-]{1,50}$'),
    constraint vouchers_value_fits check (value > 0 and value <= 1000000 and (type <> 'PERCENTAGE_BONUS' or value <= 1000)),
    constraint vouchers_max_uses_positive check (max_uses > 0),
    constraint vouchers_uses_fit check (current_uses >= 0 and (max_uses is null or current_uses <= max_uses))
);
comment on table vouchers is 'Codes for tokens. A deleted one stays, so that its code cannot be made and redeemed again.';
comment on column vouchers.code is 'Upper case; letters and digits (a hyphen only in seeds).';
comment on column vouchers.value is 'Tokens, or percent of the balance.';
comment on column vouchers.max_uses is 'Null: any number.';
create index vouchers_created_at_idx on vouchers (created_at desc, id desc) where deleted_at is null;
create index vouchers_status_idx on vouchers (status, expires_at);
create trigger vouchers_updated_at before update on vouchers for each row execute function set_updated_at();

create table voucher_redemptions (
    user_id text not null references users (id) on delete restrict,
    voucher_id text not null references vouchers (id) on delete restrict,
    id text not null,
    tokens_granted bigint not null check (tokens_granted > 0),
    redeemed_at timestamptz not null,
    primary key (user_id, voucher_id),
    constraint voucher_redemptions_id_key unique (id)
);
comment on table voucher_redemptions is 'Who redeemed what: each person each voucher once.';
create index voucher_redemptions_voucher_id_idx on voucher_redemptions (voucher_id, redeemed_at desc);

grant select, insert, update on vouchers, voucher_redemptions to spike_app;
