-- People who bring people.

alter table users
    add column referral_code text,
    add column referred_by_id text references users (id) on delete set null,
    add column referral_count int not null default 0 check (referral_count >= 0),
    add constraint users_referral_code_key unique (referral_code),
    add constraint users_referral_code_shape check (referral_code ~ '^[A-HJ-NP-Z2-9]{8}$'),
    add constraint users_not_referred_by_themselves check (referred_by_id <> id);
comment on column users.referral_code is 'Eight letters and digits without 0, O, I and 1; permanent once set.';
comment on column users.referral_count is 'Referrals of this person that were rewarded.';
create index users_referred_by_id_idx on users (referred_by_id) where referred_by_id is not null;

create domain referral_status as text
    constraint referral_status_known check (value in ('PENDING', 'COMPLETED', 'INVALID'));

create table referrals (
    id text primary key,
    referrer_id text not null references users (id) on delete cascade,
    referee_id text not null references users (id) on delete cascade,
    status referral_status not null default 'PENDING',
    tokens_granted bigint not null default 0 check (tokens_granted >= 0),
    ip_address text,
    invalid_reason text,
    created_at timestamptz not null,
    completed_at timestamptz,
    constraint referrals_referee_id_key unique (referee_id),
    constraint referrals_not_of_oneself check (referrer_id <> referee_id),
    constraint referrals_invalid_has_a_reason check ((status = 'INVALID') = (invalid_reason is not null)),
    constraint referrals_completed_has_a_time check ((status = 'COMPLETED') = (completed_at is not null)),
    constraint referrals_tokens_when_completed check (status = 'COMPLETED' or tokens_granted = 0)
);
comment on table referrals is 'Who brought whom. A newcomer is brought once; COMPLETED and INVALID are final.';
comment on column referrals.tokens_granted is 'To both sides together.';
comment on column referrals.ip_address is 'Where the newcomer signed up from.';
create index referrals_referrer_id_idx on referrals (referrer_id, created_at desc, id desc);
create index referrals_completed_idx on referrals (referrer_id, completed_at) where status = 'COMPLETED';
create index referrals_pending_idx on referrals (created_at) where status = 'PENDING';
create index referrals_ip_idx on referrals (referrer_id, ip_address, created_at);

grant select, insert, update on referrals to spike_app;
