-- Ad accounts at Meta and Google, their campaigns and what they cost, and the leads that they bring.

create table marketing_oauth_attempts (
    state_hash bytea primary key,
    user_id text not null references users (id) on delete cascade,
    browser_hash bytea not null,
    platform marketing_platform not null,
    code_verifier text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint marketing_oauth_attempts_hashes_are_sha256
        check (octet_length(state_hash) = 32 and octet_length(browser_hash) = 32),
    constraint marketing_oauth_attempts_expiry_follows check (expires_at > created_at)
);
comment on table marketing_oauth_attempts is
    'An administrator on the way to a platform and back. Taken out on return: a state works once, for the same person and browser.';
comment on column marketing_oauth_attempts.state_hash is 'secret: SHA-256 of the state.';
comment on column marketing_oauth_attempts.browser_hash is 'secret: SHA-256 of what the browser''s cookie holds.';
comment on column marketing_oauth_attempts.code_verifier is 'secret: proves that the code is redeemed by who asked for it (PKCE), where the platform offers it.';
create index marketing_oauth_attempts_user_id_idx on marketing_oauth_attempts (user_id);
create index marketing_oauth_attempts_expires_at_idx on marketing_oauth_attempts (expires_at);

create table marketing_accounts (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    platform marketing_platform not null,
    account_id text not null,
    account_name text,
    manager_account_id text,
    currency currency,
    is_active boolean not null default true,
    access_token bytea,
    refresh_token bytea,
    token_key_id text,
    expires_at timestamptz,
    revoke_due_at timestamptz,
    last_sync_at timestamptz,
    next_sync_at timestamptz,
    sync_failures integer not null default 0,
    last_error text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint marketing_accounts_account_key unique (user_id, platform, account_id),
    constraint marketing_accounts_account_id_shape check (account_id = 'pending' or account_id ~ '^[0-9]{1,20}$'),
    constraint marketing_accounts_manager_id_shape check (manager_account_id ~ '^[0-9]{1,20}$'),
    constraint marketing_accounts_name_length check (char_length(account_name) <= 500),
    constraint marketing_accounts_error_length check (char_length(last_error) <= 1000),
    constraint marketing_accounts_failures_not_negative check (sync_failures >= 0),
    constraint marketing_accounts_revoked_when_disconnected check (not is_active or revoke_due_at is null),
    constraint marketing_accounts_tokens_only_while_needed
        check ((access_token is not null) = (is_active or revoke_due_at is not null)
               and (access_token is not null or refresh_token is null)
               and (access_token is not null) = (token_key_id is not null)),
    constraint marketing_accounts_synced_while_active check (is_active or next_sync_at is null)
);
comment on table marketing_accounts is
    'Ad accounts that an administrator has connected. Disconnecting revokes the grant at the platform, then the tokens go; the row stays. Who leaves takes theirs along.';
comment on column marketing_accounts.account_id is 'Of the platform, digits only; "pending" while Google has not told which ones there are.';
comment on column marketing_accounts.manager_account_id is 'Google: the manager account through which it is reached.';
comment on column marketing_accounts.access_token is 'secret: AES-256-GCM, nonce and ciphertext, bound to this row and column.';
comment on column marketing_accounts.refresh_token is 'secret: as access_token. Meta gives none.';
comment on column marketing_accounts.token_key_id is 'Which key both are encrypted with.';
comment on column marketing_accounts.expires_at is 'When the access token ends.';
comment on column marketing_accounts.revoke_due_at is 'Disconnected, and the platform has still to be told: the next attempt.';
comment on column marketing_accounts.sync_failures is 'Attempts in a row that failed; last_error says how.';
create index marketing_accounts_listing_idx on marketing_accounts (user_id, created_at desc, id desc) where is_active;
create index marketing_accounts_next_sync_at_idx on marketing_accounts (next_sync_at) where next_sync_at is not null;
create index marketing_accounts_revoke_due_at_idx on marketing_accounts (revoke_due_at) where revoke_due_at is not null;
create trigger marketing_accounts_updated_at before update on marketing_accounts
    for each row execute function set_updated_at();

create domain ad_campaign_status as text
    constraint ad_campaign_status_known check (value in ('ACTIVE', 'PAUSED', 'DELETED', 'ARCHIVED', 'UNKNOWN'));
comment on domain ad_campaign_status is 'State of a campaign, in one vocabulary for all platforms.';

create table google_ads_campaigns (
    id text primary key,
    marketing_account_id text not null references marketing_accounts (id) on delete cascade,
    campaign_id text not null,
    name text not null,
    status ad_campaign_status not null,
    spend_minor bigint not null default 0,
    currency currency,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint google_ads_campaigns_campaign_id_key unique (marketing_account_id, campaign_id),
    constraint google_ads_campaigns_campaign_id_shape check (campaign_id ~ '^[0-9]{1,20}$'),
    constraint google_ads_campaigns_name_length check (char_length(name) <= 500),
    constraint google_ads_campaigns_spend_not_negative check (spend_minor >= 0),
    constraint google_ads_campaigns_spend_has_a_currency check (spend_minor = 0 or currency is not null)
);
comment on table google_ads_campaigns is 'Campaigns as the platform last listed them, per connected account: two people may connect the same one.';
comment on column google_ads_campaigns.spend_minor is 'Last 30 days, in minor units of currency. Left alone when the platform did not tell.';
create trigger google_ads_campaigns_updated_at before update on google_ads_campaigns
    for each row execute function set_updated_at();

-- No foreign key: the account is the platform's, whoever connects it, and the figures outlast the connection.
create table campaign_spend_daily (
    platform marketing_platform not null,
    account_id text not null,
    campaign_id text not null,
    day date not null,
    impressions bigint not null default 0,
    clicks bigint not null default 0,
    spend_minor bigint not null default 0,
    currency currency not null,
    fetched_at timestamptz not null,
    primary key (platform, account_id, campaign_id, day),
    constraint campaign_spend_daily_ids_are_numbers
        check (account_id ~ '^[0-9]{1,20}$' and campaign_id ~ '^[0-9]{1,20}$'),
    constraint campaign_spend_daily_not_negative check (impressions >= 0 and clicks >= 0 and spend_minor >= 0)
);
comment on table campaign_spend_daily is
    'What a campaign cost on a day of its account, once, however many people have connected that account.';
comment on column campaign_spend_daily.account_id is 'As in marketing_accounts.account_id.';
comment on column campaign_spend_daily.spend_minor is 'In minor units of currency; sums are per currency.';
comment on column campaign_spend_daily.fetched_at is 'An answer that was asked for earlier does not replace a later one.';
create index campaign_spend_daily_campaign_id_idx on campaign_spend_daily (platform, campaign_id, day);

create table marketing_webhook_events (
    provider marketing_platform not null,
    event_id text not null,
    kind text not null,
    object_id text,
    received_at timestamptz not null,
    payload jsonb not null,
    outcome inbox_outcome,
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    processed_at timestamptz,
    last_error text,
    primary key (provider, event_id),
    constraint marketing_webhook_events_id_length check (char_length(event_id) between 1 and 200),
    constraint marketing_webhook_events_kind_length check (char_length(kind) between 1 and 100),
    constraint marketing_webhook_events_payload_is_small check (pg_column_size(payload) <= 65536),
    constraint marketing_webhook_events_attempts_not_negative check (attempts >= 0),
    constraint marketing_webhook_events_error_length check (char_length(last_error) <= 1000),
    constraint marketing_webhook_events_reason_given check (outcome is null or outcome = 'APPLIED' or reason is not null),
    constraint marketing_webhook_events_open_is_due check ((outcome is null) = (next_attempt_at is not null)),
    constraint marketing_webhook_events_done_has_a_time check ((outcome is null) = (processed_at is null))
);
comment on table marketing_webhook_events is 'What the platforms told us, each change once, stored before it is worked on.';
comment on column marketing_webhook_events.event_id is
    'The lead''s id, or where there is none SHA-256 in hex over object, entry, field, value and time.';
comment on column marketing_webhook_events.payload is
    'The change, without shared keys and without what a lead says of a person: that is in marketing_leads, encrypted.';
comment on column marketing_webhook_events.outcome is 'Null while it is still to be worked on.';
create index marketing_webhook_events_due_idx on marketing_webhook_events (next_attempt_at) where next_attempt_at is not null;
create index marketing_webhook_events_received_at_idx on marketing_webhook_events (received_at desc, event_id desc);

create table marketing_leads (
    id text primary key,
    platform marketing_platform not null,
    external_lead_id text not null,
    form_id text,
    page_id text,
    campaign_id text,
    ad_group_id text,
    creative_id text,
    click_id text,
    is_test boolean not null default false,
    fields bytea,
    fields_key_id text,
    fetch_due_at timestamptz,
    fetch_attempts integer not null default 0,
    last_error text,
    submitted_at timestamptz,
    received_at timestamptz not null,
    erased_at timestamptz,
    constraint marketing_leads_external_lead_id_key unique (platform, external_lead_id),
    constraint marketing_leads_id_length
        check (char_length(external_lead_id) between 1 and 200 and char_length(form_id) <= 100
               and char_length(page_id) <= 100 and char_length(campaign_id) <= 100 and char_length(ad_group_id) <= 100
               and char_length(creative_id) <= 100 and char_length(click_id) <= 255),
    constraint marketing_leads_fields_have_a_key check ((fields is null) = (fields_key_id is null)),
    constraint marketing_leads_fetched_once check (fields is null or fetch_due_at is null),
    constraint marketing_leads_erased_are_empty check (erased_at is null or (fields is null and fetch_due_at is null)),
    constraint marketing_leads_attempts_not_negative check (fetch_attempts >= 0),
    constraint marketing_leads_error_length check (char_length(last_error) <= 1000)
);
comment on table marketing_leads is 'People who filled in a form on a platform, each once.';
comment on column marketing_leads.form_id is 'Ids are text: as numbers of JSON the platform''s 64 bits would lose digits.';
comment on column marketing_leads.is_test is 'Sent by the platform''s test button: never counted.';
comment on column marketing_leads.fields is 'secret: AES-256-GCM over the answers as JSON, nonce and ciphertext.';
comment on column marketing_leads.fetch_due_at is 'Meta tells only that there is a lead: when to ask for it next.';
create index marketing_leads_received_at_idx on marketing_leads (received_at desc, id desc);
create index marketing_leads_campaign_id_idx on marketing_leads (platform, campaign_id, received_at) where not is_test;
create index marketing_leads_fetch_due_at_idx on marketing_leads (fetch_due_at) where fetch_due_at is not null;

create table marketing_deletion_requests (
    confirmation_code text primary key,
    platform_user_hash bytea not null,
    received_at timestamptz not null,
    completed_at timestamptz,
    constraint marketing_deletion_requests_user_key unique (platform_user_hash),
    constraint marketing_deletion_requests_hash_is_sha256 check (octet_length(platform_user_hash) = 32),
    constraint marketing_deletion_requests_code_shape check (confirmation_code ~ '^[A-Za-z0-9_-]{8,64}$'),
    constraint marketing_deletion_requests_completed_after check (completed_at >= received_at)
);
comment on table marketing_deletion_requests is
    'People who asked at Meta to be forgotten here. The code lets them look up whether it is done.';
comment on column marketing_deletion_requests.platform_user_hash is 'SHA-256 of the person''s id at Meta: asked again they get the same code.';
create index marketing_deletion_requests_open_idx on marketing_deletion_requests (received_at) where completed_at is null;

grant select, insert, update, delete on marketing_oauth_attempts, marketing_accounts, google_ads_campaigns to spike_app;
grant select, insert, update on campaign_spend_daily, marketing_leads, marketing_deletion_requests to spike_app;
grant select, insert, update, delete on marketing_webhook_events to spike_app;
