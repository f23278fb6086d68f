-- Apps: what a person asks for, what of it is required, how it earns, and the talk with the agents that build it. The code
-- itself lives elsewhere. What belongs to an app goes with it; an archived app stays.

create domain app_build_status as text
    constraint app_build_status_known check (value in (
        'PROMPTING', 'WAITING', 'DRAFTING', 'BUILDING', 'FINE_TUNING', 'TEST', 'LIVE', 'ARCHIVED', 'FAILED'));
comment on domain app_build_status is 'How far an app is. Its owner archives or restarts it, agents set the rest.';
create domain requirement_priority as text
    constraint requirement_priority_known check (value in ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL'));
comment on domain requirement_priority is 'How much a requirement matters.';
create domain requirement_status as text
    constraint requirement_status_known check (value in ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'REJECTED'));
comment on domain requirement_status is 'How far a requirement is.';
create domain monetization_type as text
    constraint monetization_type_known check (value in ('FREE', 'ONE_TIME', 'SUBSCRIPTION', 'FREEMIUM', 'USAGE_BASED'));
comment on domain monetization_type is 'How an app earns money.';
create domain subscription_interval as text
    constraint subscription_interval_known check (value in ('MONTHLY', 'QUARTERLY', 'YEARLY'));
comment on domain subscription_interval is 'How often a subscriber of an app pays.';
create domain message_role as text
    constraint message_role_known check (value in ('USER', 'AGENT', 'SYSTEM'));
comment on domain message_role is 'Who wrote a message.';

create table apps (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    slug text,
    description text,
    forked_from text references apps (id) on delete set null,
    status app_build_status not null default 'PROMPTING',
    domain text,
    codespace_id text,
    is_curated boolean not null default false,
    is_public boolean not null default false,
    last_agent_activity timestamptz,
    agent_working_until timestamptz,
    code_updated_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint apps_slug_key unique (slug),
    constraint apps_domain_key unique (domain),
    constraint apps_codespace_id_key unique (codespace_id),
    constraint apps_name_length check (char_length(name) between 1 and 100),
    constraint apps_slug_shape check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 100),
    constraint apps_description_length check (char_length(description) <= 4000),
    constraint apps_domain_shape
        check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$' and char_length(domain) <= 253),
    constraint apps_codespace_id_shape check (codespace_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint apps_not_forked_from_itself check (forked_from <> id)
);
comment on table apps is 'One row per app. Its code lives at codespace_id, which names its address, too.';
comment on column apps.slug is 'Together with id and codespace_id one of the three names by which its owner finds it.';
comment on column apps.agent_working_until is 'An agent says that it is at it; it has to say so again before this time.';
comment on column apps.code_updated_at is 'When an agent last said that it changed the code.';
create index apps_user_id_idx on apps (user_id, updated_at desc, id desc);
create index apps_forked_from_idx on apps (forked_from);
create index apps_status_idx on apps (status, last_agent_activity nulls first);
create index apps_curated_idx on apps (updated_at desc, id desc)
    where is_curated and is_public and status = 'LIVE';
create index apps_created_at_idx on apps (created_at desc, id desc);
create trigger apps_updated_at before update on apps for each row execute function set_updated_at();
-- What an app was made from is known when it is made, so forks can't run in a circle.
create trigger apps_fork_is_final before update of forked_from on apps
    for each row when (new.forked_from is not null and new.forked_from is distinct from old.forked_from)
    execute function refuse_change('apps_forked_from_is_final');
create trigger apps_transition before update of status on apps
    for each row when (old.status = 'ARCHIVED' and new.status not in ('ARCHIVED', 'PROMPTING'))
    execute function refuse_change('apps_archived_is_only_restarted');

create table requirements (
    id text primary key,
    app_id text not null references apps (id) on delete cascade,
    description text not null,
    priority requirement_priority not null default 'MEDIUM',
    status requirement_status not null default 'PENDING',
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint requirements_description_length check (char_length(description) between 1 and 4000),
    constraint requirements_version_positive check (version >= 1)
);
comment on table requirements is 'What an app has to do.';
comment on column requirements.version is 'One more with each change; who changes it says which version they saw.';
create index requirements_app_id_idx on requirements (app_id, created_at, id);
create index requirements_status_idx on requirements (status);
create index requirements_priority_idx on requirements (priority);
create trigger requirements_updated_at before update on requirements for each row execute function set_updated_at();
create trigger requirements_version before update of description, priority, status on requirements
    for each row when (
        (old.description, old.priority::text, old.status::text)
            is distinct from (new.description, new.priority::text, new.status::text)
        and new.version <> old.version + 1)
    execute function refuse_change('requirements_version_counts');

create table monetization_models (
    id text primary key,
    app_id text not null references apps (id) on delete cascade,
    type monetization_type not null default 'FREE',
    price_minor bigint,
    currency currency,
    subscription_interval subscription_interval,
    features text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint monetization_models_price_range check (price_minor between 0 and 9999999999),
    constraint monetization_models_price_has_a_currency check ((price_minor is null) = (currency is null)),
    constraint monetization_models_free_is_free check (type <> 'FREE' or coalesce(price_minor, 0) = 0),
    constraint monetization_models_interval_of_a_subscription
        check (subscription_interval is null or type = 'SUBSCRIPTION'),
    constraint monetization_models_priced_subscription_has_an_interval
        check (type <> 'SUBSCRIPTION' or price_minor is null or subscription_interval is not null),
    constraint monetization_models_features_fit
        check (cardinality(features) <= 50 and array_position(features, null) is null)
);
comment on table monetization_models is 'How an app is to earn money. A wish of its owner: nobody is charged by it.';
comment on column monetization_models.price_minor is 'In minor units (pence) of currency; null while it is undecided.';
create index monetization_models_app_id_idx on monetization_models (app_id, created_at, id);
create index monetization_models_type_idx on monetization_models (type);
create trigger monetization_models_updated_at before update on monetization_models
    for each row execute function set_updated_at();

create table app_messages (
    app_id text not null references apps (id) on delete cascade,
    id text not null,
    role message_role not null,
    content text not null,
    is_read boolean not null default false,
    metadata jsonb,
    created_at timestamptz not null,
    primary key (app_id, id),
    constraint app_messages_content_length check (char_length(content) between 1 and 50000),
    constraint app_messages_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table app_messages is 'The talk about an app.';
comment on column app_messages.is_read is 'Of a person''s message: an agent has worked on it. Of an agent''s: its owner has seen it.';
create index app_messages_created_at_idx on app_messages (app_id, created_at desc, id desc);
create index app_messages_unread_idx on app_messages (app_id) where role = 'AGENT' and not is_read;
-- The agents' queue is what people wrote and no agent has worked on.
create index app_messages_queue_idx on app_messages (created_at, app_id) where role = 'USER' and not is_read;

create table app_status_history (
    app_id text not null references apps (id) on delete cascade,
    id text not null,
    status app_build_status not null,
    message text,
    metadata jsonb,
    created_at timestamptz not null,
    primary key (app_id, id),
    constraint app_status_history_message_length check (char_length(message) <= 1000),
    constraint app_status_history_metadata_is_small
        check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table app_status_history is 'One row per change of an app''s status, the first one included; written by the statement that changes it.';
create index app_status_history_created_at_idx on app_status_history (app_id, created_at desc, id desc);

create table app_images (
    app_id text not null references apps (id) on delete cascade,
    id text not null,
    r2_key text not null,
    width int not null,
    height int not null,
    size_bytes bigint not null,
    format image_format not null default 'webp',
    tags text[] not null default '{}',
    ai_description text,
    analysis jsonb,
    created_at timestamptz not null,
    primary key (app_id, id),
    constraint app_images_r2_key_key unique (r2_key),
    constraint app_images_size_positive check (width > 0 and height > 0 and size_bytes > 0),
    constraint app_images_tags_fit check (cardinality(tags) <= 50 and array_position(tags, null) is null)
);
comment on table app_images is 'Pictures that were shown to the agents of an app. One that is sent before its app exists is an upload until then.';
comment on column app_images.ai_description is 'What a picture shows, in words.';
create index app_images_created_at_idx on app_images (app_id, created_at desc, id desc);
create trigger app_images_objects after delete or update of r2_key on app_images
    for each row execute function queue_object_deletions('IMAGES', 'r2_key');

create table app_attachments (
    app_id text not null,
    message_id text not null,
    image_id text not null,
    created_at timestamptz not null,
    primary key (app_id, message_id, image_id),
    constraint app_attachments_own_message
        foreign key (app_id, message_id) references app_messages (app_id, id) on delete cascade,
    constraint app_attachments_own_image
        foreign key (app_id, image_id) references app_images (app_id, id) on delete cascade
);
comment on table app_attachments is 'Which pictures belong to which message. Both are of one app.';
create index app_attachments_image_id_idx on app_attachments (app_id, image_id);

grant select, insert, update, delete on
    apps, requirements, monetization_models, app_messages, app_images, app_attachments
    to spike_app;
grant select, insert on app_status_history to spike_app;
