-- Images: enhancement, pipelines, albums, gallery.

create domain enhancement_tier as text
    constraint enhancement_tier_known check (value in ('FREE', 'TIER_1K', 'TIER_2K', 'TIER_4K'));
comment on domain enhancement_tier is 'How large a result is made, and for what price.';
create domain job_status as text
    constraint job_status_known check (value in (
        'PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'REFUNDED', 'CANCELLED'));
comment on domain job_status is 'PENDING and PROCESSING are active, the others final. REFUNDED: failed, and the tokens were given back.';
create domain pipeline_stage as text
    constraint pipeline_stage_known check (value in ('ANALYZING', 'CROPPING', 'PROMPTING', 'GENERATING'));
comment on domain pipeline_stage is 'How far an enhancement is.';
create domain album_privacy as text
    constraint album_privacy_known check (value in ('PRIVATE', 'UNLISTED', 'PUBLIC'));
comment on domain album_privacy is 'UNLISTED: whoever knows the token.';
create domain pipeline_visibility as text
    constraint pipeline_visibility_known check (value in ('PRIVATE', 'PUBLIC', 'LINK'));
comment on domain pipeline_visibility is 'LINK: whoever knows the token.';
create domain gallery_category as text
    constraint gallery_category_known check (value in ('PORTRAIT', 'LANDSCAPE', 'PRODUCT', 'ARCHITECTURE'));
comment on domain gallery_category is 'What a picture of the gallery shows.';
create domain image_format as text
    constraint image_format_known check (value in ('webp', 'jpeg', 'png', 'gif'));
comment on domain image_format is 'What an image is stored as.';
create domain share_token as text
    constraint share_token_shape check (value ~ '^[A-Za-z0-9_-]{12,64}$');
comment on domain share_token is 'The random part of a link that shows something to whoever knows it.';

create function job_status_may_become(old_status text, new_status text) returns boolean
language sql immutable
as $$
    select case old_status
               when 'PENDING' then true
               when 'PROCESSING' then true
               when 'FAILED' then new_status = 'REFUNDED'
               else false
           end
$$;
comment on function job_status_may_become(text, text) is 'A job that has ended stays as it is, however late a worker answers; an active one may also go back to the queue.';

create table enhancement_pipelines (
    id text primary key,
    user_id text references users (id) on delete cascade,
    name text not null,
    description text,
    visibility pipeline_visibility not null default 'PRIVATE',
    share_token share_token,
    is_default boolean not null default false,
    tier enhancement_tier not null default 'TIER_1K',
    analysis_config jsonb,
    auto_crop_config jsonb,
    prompt_config jsonb,
    generation_config jsonb,
    usage_count bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint enhancement_pipelines_share_token_key unique (share_token),
    constraint enhancement_pipelines_name_length check (char_length(name) between 1 and 100),
    constraint enhancement_pipelines_description_length check (char_length(description) <= 2000),
    constraint enhancement_pipelines_token_with_link check ((visibility = 'LINK') = (share_token is not null)),
    constraint enhancement_pipelines_default_is_of_the_system check (not is_default or user_id is null),
    constraint enhancement_pipelines_tier_is_paid check (tier <> 'FREE'),
    constraint enhancement_pipelines_usage_not_negative check (usage_count >= 0),
    constraint enhancement_pipelines_configs_are_objects check (
        jsonb_typeof(analysis_config) = 'object' and jsonb_typeof(auto_crop_config) = 'object'
        and jsonb_typeof(prompt_config) = 'object' and jsonb_typeof(generation_config) = 'object'),
    constraint enhancement_pipelines_configs_are_small check (
        coalesce(pg_column_size(analysis_config), 0) + coalesce(pg_column_size(auto_crop_config), 0)
        + coalesce(pg_column_size(prompt_config), 0) + coalesce(pg_column_size(generation_config), 0) <= 32768)
);
comment on table enhancement_pipelines is 'How an image is enhanced, to be used again.';
comment on column enhancement_pipelines.user_id is 'Null: one of the system''s, which everybody may use and nobody may change.';
comment on column enhancement_pipelines.is_default is 'The one that is used where neither the request nor the album names one.';
comment on column enhancement_pipelines.analysis_config is 'Null: the defaults of that stage; likewise the other three.';
comment on column enhancement_pipelines.prompt_config is 'Without the reference images, which are rows of their own.';
comment on column enhancement_pipelines.usage_count is 'Jobs that were made with it.';
create unique index enhancement_pipelines_one_default_idx on enhancement_pipelines (is_default) where is_default;
create index enhancement_pipelines_user_id_idx on enhancement_pipelines (user_id, created_at desc, id desc);
create index enhancement_pipelines_public_idx on enhancement_pipelines (created_at desc, id desc)
    where visibility = 'PUBLIC';
create trigger enhancement_pipelines_updated_at before update on enhancement_pipelines
    for each row execute function set_updated_at();
insert into enhancement_pipelines (id, name, visibility, is_default, created_at)
values ('pip_system_default', 'System default', 'PUBLIC', true, now());

create table pipeline_reference_images (
    pipeline_id text not null references enhancement_pipelines (id) on delete cascade,
    position smallint not null,
    r2_key text not null,
    description text,
    created_at timestamptz not null,
    primary key (pipeline_id, position),
    constraint pipeline_reference_images_r2_key_key unique (r2_key),
    constraint pipeline_reference_images_at_most_three check (position between 1 and 3),
    constraint pipeline_reference_images_own_prefix
        check (starts_with(r2_key, 'pipelines/' || pipeline_id || '/references/') and char_length(r2_key) <= 500),
    constraint pipeline_reference_images_description_length check (char_length(description) <= 500)
);
comment on table pipeline_reference_images is 'Up to three pictures that show a pipeline what is wanted. A fork has copies of its own.';
create trigger pipeline_reference_images_objects after delete or update of r2_key on pipeline_reference_images
    for each row execute function queue_object_deletions('IMAGES', 'r2_key');

create table enhanced_images (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    description text,
    original_r2_key text not null,
    original_format image_format not null,
    original_width int not null,
    original_height int not null,
    original_size_bytes bigint not null,
    is_public boolean not null default false,
    view_count bigint not null default 0,
    share_token share_token,
    expires_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint enhanced_images_owner_key unique (user_id, id),
    constraint enhanced_images_original_r2_key_key unique (original_r2_key),
    constraint enhanced_images_share_token_key unique (share_token),
    constraint enhanced_images_name_is_safe
        check (char_length(name) between 1 and 255 and name !~ '^\.|\.\.|[/\\]'),
    constraint enhanced_images_description_length check (char_length(description) <= 2000),
    constraint enhanced_images_size_positive
        check (original_width > 0 and original_height > 0 and original_size_bytes > 0),
    constraint enhanced_images_views_not_negative check (view_count >= 0)
);
comment on table enhanced_images is 'One row per original. Addresses are made of the key and the configured public address, so they are not stored.';
comment on column enhanced_images.original_format is 'As stored: uploads become webp.';
comment on column enhanced_images.original_width is 'Of what is stored, not of what was sent; likewise height and size.';
comment on column enhanced_images.expires_at is 'When an anonymous upload goes; null: never.';
create index enhanced_images_user_id_idx on enhanced_images (user_id, created_at desc, id desc);
create index enhanced_images_created_at_idx on enhanced_images (created_at desc, id desc);
create index enhanced_images_expires_at_idx on enhanced_images (expires_at) where expires_at is not null;
create trigger enhanced_images_updated_at before update on enhanced_images
    for each row execute function set_updated_at();
create trigger enhanced_images_objects after delete or update of original_r2_key on enhanced_images
    for each row execute function queue_object_deletions('IMAGES', 'original_r2_key');

-- A job, what was paid for it and what was given back are one transaction: both keys are of entries of the ledger, seen
-- to at commit. Whatever ends without a result has given its tokens back in the same write.
create table image_enhancement_jobs (
    id text primary key,
    user_id text not null,
    image_id text not null,
    batch_id text,
    tier enhancement_tier not null,
    tokens_cost bigint not null,
    charge_key text,
    refund_part smallint,
    refund_key text,
    status job_status not null default 'PENDING',
    current_stage pipeline_stage,
    attempt int not null default 0,
    max_attempts int not null default 3,
    next_attempt_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    pipeline_id text references enhancement_pipelines (id) on delete set null,
    pipeline_config jsonb,
    is_blend boolean not null default false,
    source_image_id text references enhanced_images (id) on delete set null,
    source_r2_key text,
    is_anonymous boolean not null default false,
    enhanced_r2_key text,
    enhanced_width int,
    enhanced_height int,
    enhanced_size_bytes bigint,
    prompt text,
    model text,
    temperature double precision,
    analysis_result jsonb,
    analysis_source text,
    alt_text text,
    quality_score double precision,
    was_cropped boolean not null default false,
    crop_dimensions jsonb,
    error_code text,
    error_message text,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    processing_started_at timestamptz,
    processing_completed_at timestamptz,
    constraint image_enhancement_jobs_own_image
        foreign key (user_id, image_id) references enhanced_images (user_id, id) on delete cascade,
    constraint image_enhancement_jobs_charge_in_ledger
        foreign key (user_id, charge_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint image_enhancement_jobs_refund_in_ledger
        foreign key (user_id, refund_key) references token_transactions (user_id, event_key)
        on delete restrict deferrable initially deferred,
    constraint image_enhancement_jobs_enhanced_r2_key_key unique (enhanced_r2_key),
    constraint image_enhancement_jobs_source_r2_key_key unique (source_r2_key),
    constraint image_enhancement_jobs_cost_not_negative check (tokens_cost >= 0),
    constraint image_enhancement_jobs_only_free_is_free check ((tier = 'FREE') = (tokens_cost = 0)),
    constraint image_enhancement_jobs_paid_is_charged check ((tokens_cost > 0) = (charge_key is not null)),
    constraint image_enhancement_jobs_refund_part_range
        check (refund_part is null or (refund_part between 1 and 100 and charge_key is not null)),
    constraint image_enhancement_jobs_refund_of_its_charge
        check (refund_key = 'refund:' || charge_key || coalesce(':' || refund_part, '')),
    constraint image_enhancement_jobs_refunded_unless_done check (
        (refund_key is not null)
        = (charge_key is not null and status in ('FAILED', 'REFUNDED', 'CANCELLED'))),
    constraint image_enhancement_jobs_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null)),
    constraint image_enhancement_jobs_processing_is_leased check (
        (status = 'PROCESSING') = (lease_until is not null) and (lease_until is null) = (lease_owner is null)),
    constraint image_enhancement_jobs_stage_while_processing check (current_stage is null or status = 'PROCESSING'),
    constraint image_enhancement_jobs_started_has_a_time check (status <> 'PROCESSING' or processing_started_at is not null),
    constraint image_enhancement_jobs_ended_has_a_time
        check ((status in ('PENDING', 'PROCESSING')) = (processing_completed_at is null)),
    constraint image_enhancement_jobs_completed_has_a_result check (
        case status
            when 'COMPLETED' then num_nulls(enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes) = 0
            else num_nonnulls(enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes) = 0
        end),
    constraint image_enhancement_jobs_failed_says_why
        check (status not in ('FAILED', 'REFUNDED') or error_message is not null),
    constraint image_enhancement_jobs_attempts_fit
        check (attempt >= 0 and max_attempts between 1 and 10 and attempt <= max_attempts),
    constraint image_enhancement_jobs_source_of_a_blend
        check (is_blend or (source_image_id is null and source_r2_key is null)),
    constraint image_enhancement_jobs_one_source check (source_image_id is null or source_r2_key is null),
    constraint image_enhancement_jobs_anonymous_is_free check (not is_anonymous or tier = 'FREE'),
    constraint image_enhancement_jobs_size_positive
        check (enhanced_width > 0 and enhanced_height > 0 and enhanced_size_bytes > 0),
    constraint image_enhancement_jobs_quality_range check (quality_score between 0 and 1),
    constraint image_enhancement_jobs_temperature_range check (temperature between 0 and 2),
    constraint image_enhancement_jobs_crop_is_an_object check (jsonb_typeof(crop_dimensions) = 'object')
);
comment on table image_enhancement_jobs is 'One enhancement of one image, also its place in the queue.';
comment on column image_enhancement_jobs.user_id is 'The image''s owner, who pays.';
comment on column image_enhancement_jobs.batch_id is 'Jobs that were asked for and charged together.';
comment on column image_enhancement_jobs.tokens_cost is 'The price when it was made.';
comment on column image_enhancement_jobs.charge_key is 'Event key of the ledger''s entry that paid it; the same one for all jobs of a batch.';
comment on column image_enhancement_jobs.refund_part is 'Which part of a batch''s charge is this job''s; null when the charge is for this job alone.';
comment on column image_enhancement_jobs.refund_key is 'Event key of the ledger''s entry that gave it back.';
comment on column image_enhancement_jobs.attempt is 'Times it was taken from the queue. A worker writes only while the number is the one it took.';
comment on column image_enhancement_jobs.next_attempt_at is 'From when it may be taken from the queue.';
comment on column image_enhancement_jobs.lease_owner is 'The worker that has it, until lease_until: after that another may take it.';
comment on column image_enhancement_jobs.pipeline_config is 'The resolved settings as they were when the job was made.';
comment on column image_enhancement_jobs.source_image_id is 'The image to blend in; null for an uploaded one, and after that image was deleted.';
comment on column image_enhancement_jobs.source_r2_key is 'The picture to blend in that was sent with the request.';
comment on column image_enhancement_jobs.is_anonymous is 'Whoever knows the id may see it.';
comment on column image_enhancement_jobs.alt_text is 'What the picture shows, in words.';
comment on column image_enhancement_jobs.crop_dimensions is 'left, top, width and height in pixels of the original; the original itself is never cut.';
comment on column image_enhancement_jobs.error_message is 'A sentence for the person; what really happened is in the log.';
comment on column image_enhancement_jobs.processing_completed_at is 'When it ended, however.';
create index image_enhancement_jobs_image_id_idx on image_enhancement_jobs (image_id, user_id, created_at desc, id desc);
create index image_enhancement_jobs_completed_idx on image_enhancement_jobs (image_id, created_at desc, id desc)
    where status = 'COMPLETED';
create index image_enhancement_jobs_user_id_idx on image_enhancement_jobs (user_id, created_at desc, id desc);
create index image_enhancement_jobs_active_idx on image_enhancement_jobs (user_id)
    where status in ('PENDING', 'PROCESSING');
create index image_enhancement_jobs_created_at_idx on image_enhancement_jobs (created_at desc, id desc);
create index image_enhancement_jobs_status_idx on image_enhancement_jobs (status, created_at desc, id desc);
create index image_enhancement_jobs_due_idx on image_enhancement_jobs (next_attempt_at, id) where status = 'PENDING';
create index image_enhancement_jobs_leases_idx on image_enhancement_jobs (lease_until) where status = 'PROCESSING';
create index image_enhancement_jobs_batch_id_idx on image_enhancement_jobs (batch_id) where batch_id is not null;
create index image_enhancement_jobs_pipeline_id_idx on image_enhancement_jobs (pipeline_id)
    where pipeline_id is not null;
create index image_enhancement_jobs_source_image_id_idx on image_enhancement_jobs (source_image_id)
    where source_image_id is not null;
create index image_enhancement_jobs_blends_idx on image_enhancement_jobs (user_id, created_at desc, id desc)
    where source_image_id is not null and status <> 'CANCELLED';
create unique index image_enhancement_jobs_charge_idx
    on image_enhancement_jobs (user_id, charge_key, coalesce(refund_part, 0)) where charge_key is not null;
create unique index image_enhancement_jobs_refund_idx on image_enhancement_jobs (user_id, refund_key)
    where refund_key is not null;
create trigger image_enhancement_jobs_updated_at before update on image_enhancement_jobs
    for each row execute function set_updated_at();
create trigger image_enhancement_jobs_transition before update of status on image_enhancement_jobs
    for each row when (old.status <> new.status and not job_status_may_become(old.status, new.status))
    execute function refuse_change('image_enhancement_jobs_transition_allowed');
create trigger image_enhancement_jobs_refunded_first before delete on image_enhancement_jobs
    for each row when (old.charge_key is not null and old.status in ('PENDING', 'PROCESSING'))
    execute function refuse_change('image_enhancement_jobs_cancelled_before_deleted');
create trigger image_enhancement_jobs_objects after delete or update of enhanced_r2_key, source_r2_key
    on image_enhancement_jobs
    for each row execute function queue_object_deletions('IMAGES', 'enhanced_r2_key', 'source_r2_key');

create table albums (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    name text not null,
    description text,
    privacy album_privacy not null default 'PRIVATE',
    default_tier enhancement_tier not null default 'TIER_1K',
    share_token share_token,
    sort_order int not null default 0,
    pipeline_id text references enhancement_pipelines (id),
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint albums_owner_key unique (user_id, id),
    constraint albums_name_key unique (user_id, name, privacy),
    constraint albums_share_token_key unique (share_token),
    constraint albums_name_length check (char_length(name) between 1 and 100),
    constraint albums_name_trimmed check (name = btrim(name)),
    constraint albums_description_length check (char_length(description) <= 2000),
    constraint albums_default_tier_is_paid check (default_tier <> 'FREE'),
    constraint albums_token_unless_private check ((privacy = 'PRIVATE') = (share_token is null)),
    constraint albums_sort_order_not_negative check (sort_order >= 0)
);
comment on table albums is 'Somebody''s pictures under one name.';
comment on column albums.default_tier is 'At which what is uploaded into it is enhanced.';
comment on column albums.pipeline_id is 'With which; a pipeline that an album uses can''t be deleted.';
create index albums_user_id_idx on albums (user_id, sort_order, created_at desc, id desc);
create index albums_pipeline_id_idx on albums (pipeline_id);
create index albums_public_idx on albums (created_at desc, id desc) where privacy = 'PUBLIC';
create trigger albums_updated_at before update on albums for each row execute function set_updated_at();

create table album_images (
    id text primary key,
    user_id text not null,
    album_id text not null,
    image_id text not null,
    sort_order int not null default 0,
    is_cover boolean not null default false,
    added_at timestamptz not null,
    constraint album_images_album_image_key unique (album_id, image_id),
    constraint album_images_own_album
        foreign key (user_id, album_id) references albums (user_id, id) on delete cascade,
    constraint album_images_own_image
        foreign key (user_id, image_id) references enhanced_images (user_id, id) on delete cascade,
    constraint album_images_sort_order_not_negative check (sort_order >= 0)
);
comment on table album_images is 'Which picture is in which album, and where in it. Both are of one owner.';
comment on column album_images.is_cover is 'The album''s cover; so a cover is always a picture of the album.';
create unique index album_images_one_cover_idx on album_images (album_id) where is_cover;
create index album_images_order_idx on album_images (album_id, user_id, sort_order, added_at, id);
create index album_images_image_id_idx on album_images (image_id, user_id);

create table featured_gallery_items (
    id text primary key,
    title text not null,
    description text,
    category gallery_category not null default 'PORTRAIT',
    source_job_id text references image_enhancement_jobs (id) on delete cascade,
    original_url text,
    enhanced_url text,
    width int not null default 16,
    height int not null default 9,
    sort_order int not null default 0,
    is_active boolean not null default true,
    created_by text references users (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint featured_gallery_items_title_length check (char_length(title) between 1 and 200),
    constraint featured_gallery_items_description_length check (char_length(description) <= 1000),
    constraint featured_gallery_items_job_or_urls check (
        case
            when source_job_id is null then num_nulls(original_url, enhanced_url) = 0
            else num_nonnulls(original_url, enhanced_url) = 0
        end),
    constraint featured_gallery_items_urls_are_https_or_ours
        check (original_url ~ '^(https://|/[^/])' and enhanced_url ~ '^(https://|/[^/])'),
    constraint featured_gallery_items_aspect_positive check (width > 0 and height > 0),
    constraint featured_gallery_items_sort_order_not_negative check (sort_order >= 0)
);
comment on table featured_gallery_items is 'What the start page shows.';
comment on column featured_gallery_items.source_job_id is 'The completed job whose image and result are shown. The item goes with it: its pictures would be gone, too.';
comment on column featured_gallery_items.original_url is 'Only of an item without a job: a picture that the site itself has; likewise enhanced_url.';
comment on column featured_gallery_items.width is 'Pixels, or only the ratio; likewise height.';
create index featured_gallery_items_shown_idx on featured_gallery_items (sort_order, created_at desc, id desc)
    where is_active;
create index featured_gallery_items_order_idx on featured_gallery_items (sort_order, created_at desc, id desc);
create index featured_gallery_items_source_job_id_idx on featured_gallery_items (source_job_id);
create index featured_gallery_items_created_by_idx on featured_gallery_items (created_by);
create trigger featured_gallery_items_updated_at before update on featured_gallery_items
    for each row execute function set_updated_at();

grant select, insert, update, delete on
    enhancement_pipelines, pipeline_reference_images, enhanced_images, image_enhancement_jobs, albums, album_images, featured_gallery_items
    to spike_app;
