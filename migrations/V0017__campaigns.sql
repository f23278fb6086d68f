-- Who visits, what they look at, and which campaign a sign-up or a purchase is owed to.

create domain marketing_platform as text
    constraint marketing_platform_known check (value in ('FACEBOOK', 'GOOGLE_ADS'));
comment on domain marketing_platform is 'Where campaigns are bought.';

create domain traffic_platform as text
    constraint traffic_platform_known check (value in ('GOOGLE_ADS', 'FACEBOOK', 'ORGANIC', 'DIRECT', 'OTHER'));
comment on domain traffic_platform is 'Where a visit came from.';

create domain attribution_type as text
    constraint attribution_type_known check (value in ('FIRST_TOUCH', 'LAST_TOUCH', 'LINEAR'));
comment on domain attribution_type is 'How a conversion is shared out among the visits before it.';

create domain conversion_type as text
    constraint conversion_type_known check (value in ('SIGNUP', 'ENHANCEMENT', 'PURCHASE'));
comment on domain conversion_type is 'What a visit can lead to.';

-- One place for the rule, so that visits and conversions are counted under the same name. First match decides.
create function visit_platform(gclid text, fbclid text, utm_source text, referrer text) returns text
language sql immutable parallel safe
as $$
    select case
        when gclid <> '' then 'GOOGLE_ADS'
        when fbclid <> '' then 'FACEBOOK'
        when utm_source ~* '(google|gads)' then 'GOOGLE_ADS'
        when utm_source ~* '(facebook|fb|instagram|meta)' then 'FACEBOOK'
        when utm_source <> '' then 'OTHER'
        when referrer ~* '^https?://([^/?#@\\]*@)?([a-z0-9-]+\.)*(google|bing|duckduckgo)\.com\.?(:[0-9]*)?([/?#]|$)' then 'ORGANIC'
        when referrer <> '' then 'OTHER'
        else 'DIRECT'
    end
$$;
comment on function visit_platform(text, text, text, text) is
    'Where a visit came from, by its click ids, its utm_source and its referrer.';

create table visitors (
    id text primary key,
    consented_at timestamptz not null,
    current_session_id text,
    created_at timestamptz not null,
    constraint visitors_id_length check (char_length(id) between 1 and 128)
);
comment on table visitors is
    'One row per browser that consented. Locked while a session of it is opened, so that requests at once open one. Deleting it erases all that is known of the browser.';
comment on column visitors.id is 'The random id that the browser made for itself.';
comment on column visitors.consented_at is 'When the browser last said that it may be counted: without that nothing is stored.';
comment on column visitors.current_session_id is 'The session that the next request may resume.';

create table visitor_sessions (
    id text primary key,
    visitor_id text not null references visitors (id) on delete cascade,
    user_id text references users (id) on delete set null,
    started_at timestamptz not null,
    last_activity_at timestamptz not null,
    ended_at timestamptz,
    device_type text,
    browser text,
    os text,
    ip_country text,
    referrer text,
    landing_page text not null,
    exit_page text not null,
    page_view_count integer not null default 1,
    utm_source text,
    utm_medium text,
    utm_campaign text,
    utm_term text,
    utm_content text,
    gclid text,
    fbclid text,
    platform traffic_platform not null generated always as (visit_platform(gclid, fbclid, utm_source, referrer)) stored,
    constraint visitor_sessions_activity_follows_start check (last_activity_at >= started_at),
    constraint visitor_sessions_end_follows_start check (ended_at >= started_at),
    constraint visitor_sessions_page_views_not_negative check (page_view_count >= 0),
    constraint visitor_sessions_ip_country_is_iso_3166 check (ip_country ~ '^[A-Z]{2}$'),
    constraint visitor_sessions_device_length
        check (char_length(device_type) <= 50 and char_length(browser) <= 100 and char_length(os) <= 100),
    constraint visitor_sessions_page_length
        check (char_length(landing_page) between 1 and 2048 and char_length(exit_page) between 1 and 2048
               and char_length(referrer) <= 2048),
    constraint visitor_sessions_campaign_length
        check (char_length(utm_source) <= 255 and char_length(utm_medium) <= 255 and char_length(utm_campaign) <= 255
               and char_length(utm_term) <= 255 and char_length(utm_content) <= 255
               and char_length(gclid) <= 255 and char_length(fbclid) <= 255)
);
comment on table visitor_sessions is
    'Visits: one goes on while its pauses are short and it comes from the same campaign. Kept 90 days.';
comment on column visitor_sessions.user_id is 'Who was signed in, as their own session proved; never what the browser claimed.';
comment on column visitor_sessions.last_activity_at is 'Decides whether the visit goes on.';
comment on column visitor_sessions.ended_at is 'What the browser said when it was closed, within what is possible.';
comment on column visitor_sessions.ip_country is 'ISO 3166, from the edge''s header; the address itself is not kept.';
comment on column visitor_sessions.platform is 'Worked out by visit_platform().';
create index visitor_sessions_visitor_id_idx on visitor_sessions (visitor_id, started_at desc);
create index visitor_sessions_user_id_idx on visitor_sessions (user_id, started_at, id) where user_id is not null;
create index visitor_sessions_started_at_idx on visitor_sessions (started_at);
create index visitor_sessions_utm_campaign_idx on visitor_sessions (utm_campaign, started_at) where utm_campaign is not null;

-- Deferred: a visitor's row is locked, and names its new session, before that is written.
alter table visitors
    add constraint visitors_current_session_id_fkey foreign key (current_session_id)
        references visitor_sessions (id) on delete set null deferrable initially deferred;
create index visitors_current_session_id_idx on visitors (current_session_id);
create index visitors_created_at_idx on visitors (created_at) where current_session_id is null;

create table page_views (
    session_id text not null references visitor_sessions (id) on delete cascade,
    created_at timestamptz not null,
    id text not null,
    path text not null,
    title text,
    time_on_page_seconds integer,
    scroll_depth_percent integer,
    primary key (session_id, created_at, id),
    constraint page_views_path_length check (char_length(path) between 1 and 2048),
    constraint page_views_title_length check (char_length(title) <= 512),
    constraint page_views_time_on_page_range check (time_on_page_seconds between 0 and 86400),
    constraint page_views_scroll_depth_range check (scroll_depth_percent between 0 and 100)
) partition by range (created_at);
comment on table page_views is 'Pages of a visit. Kept 90 days; cut by month.';
comment on column page_views.time_on_page_seconds is '0 and "not told" are different.';
create index page_views_created_at_idx on page_views (created_at);

create table analytics_events (
    session_id text not null references visitor_sessions (id) on delete cascade,
    created_at timestamptz not null,
    id text not null,
    name text not null,
    category text not null,
    value double precision,
    metadata jsonb not null default '{}',
    primary key (session_id, created_at, id),
    constraint analytics_events_name_shape check (name ~ '^[a-z][a-z0-9_]{0,99}$'),
    constraint analytics_events_category_length check (char_length(category) between 1 and 100),
    constraint analytics_events_value_is_finite check (value > '-Infinity' and value < 'Infinity'),
    constraint analytics_events_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 8192)
) partition by range (created_at);
comment on table analytics_events is 'What a visitor did, of a fixed list of names. Kept 90 days; cut by month.';
create index analytics_events_created_at_idx on analytics_events (created_at);
create index analytics_events_name_idx on analytics_events (name, created_at);

-- Four months and the present one: whole months go later than the daily deletion of what is older than 90 days.
select partition_by_month('page_views', 'created_at', 4);
select partition_by_month('analytics_events', 'created_at', 4);

create table campaign_conversions (
    id text primary key,
    user_id text not null references users (id) on delete restrict,
    type conversion_type not null,
    event_key text not null,
    value_minor bigint,
    currency currency,
    value_tokens bigint,
    converted_at timestamptz not null,
    constraint campaign_conversions_event_key_key unique (type, event_key),
    constraint campaign_conversions_event_key_length check (char_length(event_key) between 1 and 200),
    constraint campaign_conversions_value_fits_type check (
        case type
            when 'PURCHASE' then value_minor is not null and currency is not null and value_tokens is null
            when 'ENHANCEMENT' then value_minor is null and currency is null and value_tokens is not null
            else value_minor is null and currency is null and value_tokens is null
        end),
    constraint campaign_conversions_value_not_negative check (value_minor >= 0 and value_tokens >= 0)
);
comment on table campaign_conversions is
    'What somebody did that campaigns are measured by, once per cause. Kept for ever; the person in it becomes anonymous.';
comment on column campaign_conversions.event_key is
    'What caused it: the person (SIGNUP), the job (ENHANCEMENT), Stripe''s checkout (PURCHASE). A repetition finds it and adds nothing.';
comment on column campaign_conversions.value_minor is 'Paid, in minor units of currency. What was spent in tokens is in value_tokens.';
create index campaign_conversions_user_id_idx on campaign_conversions (user_id, converted_at desc);
create index campaign_conversions_converted_at_idx on campaign_conversions (converted_at, type);

create table campaign_attributions (
    conversion_id text not null references campaign_conversions (id) on delete cascade,
    attribution_type attribution_type not null,
    touch integer not null,
    session_id text references visitor_sessions (id) on delete set null,
    platform traffic_platform not null,
    utm_campaign text,
    utm_source text,
    utm_medium text,
    click_id text,
    share_minor bigint,
    share_tokens bigint,
    primary key (conversion_id, attribution_type, touch),
    constraint campaign_attributions_touch_fits_type
        check (touch >= 1 and (touch = 1 or attribution_type = 'LINEAR')),
    constraint campaign_attributions_share_not_negative check (share_minor >= 0 and share_tokens >= 0),
    constraint campaign_attributions_one_kind_of_share check (share_minor is null or share_tokens is null)
);
comment on table campaign_attributions is
    'Shares of a conversion: all to the first visit, all to the last, and evenly to each. Without a visit one share each, DIRECT.';
comment on column campaign_attributions.touch is 'Number of the visit, from 1 in the order of their start.';
comment on column campaign_attributions.session_id is 'Null without a visit, and once the visit is older than visits are kept: what counts is copied here.';
comment on column campaign_attributions.click_id is 'gclid or fbclid. Which campaign it was follows from campaign_links at the time of asking.';
comment on column campaign_attributions.share_minor is
    'In the currency of the conversion. Linear shares, of money and of tokens, differ by at most one unit, the first ones being larger.';
create index campaign_attributions_session_id_idx on campaign_attributions (session_id) where session_id is not null;
create index campaign_attributions_utm_campaign_idx on campaign_attributions (utm_campaign, attribution_type)
    where utm_campaign is not null;

-- At commit, because the shares come in one after the other.
create function check_attribution_shares() returns trigger
language plpgsql
set search_path = public, pg_temp
as $$
declare
    of_conversion text;
begin
    if tg_table_name = 'campaign_conversions' then
        of_conversion := new.id;
    else
        of_conversion := new.conversion_id;
    end if;
    if exists (
        select from campaign_conversions c
          cross join unnest(array['FIRST_TOUCH', 'LAST_TOUCH', 'LINEAR']) as model
          left join campaign_attributions a on a.conversion_id = c.id and a.attribution_type = model
         where c.id = of_conversion
         group by c.id, model
        having sum(a.share_minor) is distinct from c.value_minor::numeric
            or sum(a.share_tokens) is distinct from c.value_tokens::numeric
            or count(a.touch) <> coalesce(max(a.touch), -1)
    ) then
        raise exception 'the shares of conversion % do not add up', of_conversion
            using errcode = 'check_violation', constraint = 'campaign_attributions_add_up', table = 'campaign_attributions';
    end if;
    return null;
end
$$;
comment on function check_attribution_shares() is
    'Under each model the shares of a conversion are numbered from 1 and add up to its value.';
create constraint trigger campaign_conversions_add_up after insert or update on campaign_conversions
    deferrable initially deferred for each row execute function check_attribution_shares();
create constraint trigger campaign_attributions_add_up
    after insert or update of conversion_id, attribution_type, touch, share_minor, share_tokens on campaign_attributions
    deferrable initially deferred for each row execute function check_attribution_shares();

create table campaign_links (
    id text primary key,
    utm_campaign text not null,
    platform marketing_platform not null,
    external_campaign_id text not null,
    external_campaign_name text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint campaign_links_utm_campaign_key unique (platform, utm_campaign),
    constraint campaign_links_length
        check (char_length(utm_campaign) between 1 and 255 and char_length(external_campaign_id) between 1 and 100
               and char_length(external_campaign_name) <= 500),
    constraint campaign_links_google_id_is_a_number
        check (platform <> 'GOOGLE_ADS' or external_campaign_id ~ '^[0-9]{1,20}$')
);
comment on table campaign_links is
    'Which campaign of a platform a utm_campaign stands for. Several names may stand for the same campaign.';
create index campaign_links_external_campaign_id_idx on campaign_links (platform, external_campaign_id);
create trigger campaign_links_updated_at before update on campaign_links for each row execute function set_updated_at();

-- Not logged to the WAL: losing it in a crash only means that the figures are worked out again.
create unlogged table campaign_metrics_cache (
    cache_key text primary key,
    version integer not null,
    metrics jsonb,
    computing_until timestamptz,
    computed_at timestamptz,
    expires_at timestamptz not null,
    constraint campaign_metrics_cache_key_length check (char_length(cache_key) between 1 and 300),
    constraint campaign_metrics_cache_computed_or_under_way
        check ((metrics is null) = (computed_at is null) and (metrics is not null or computing_until is not null))
);
comment on table campaign_metrics_cache is 'Figures that are dear to work out, for a few minutes.';
comment on column campaign_metrics_cache.version is 'Of the shape of the figures: another build does not read those of an older one.';
comment on column campaign_metrics_cache.computing_until is 'Somebody works the figures out; until then others wait or take the old ones.';
create index campaign_metrics_cache_expires_at_idx on campaign_metrics_cache (expires_at);

grant select, insert, update, delete on
    visitors, visitor_sessions, page_views, analytics_events, campaign_links, campaign_metrics_cache to spike_app;
grant select, insert on campaign_conversions, campaign_attributions to spike_app;
