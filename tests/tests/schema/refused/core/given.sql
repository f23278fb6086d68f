-- What the refused statements of this folder stand on.
insert into users (id, email, created_at) values ('ada', 'ada@example.com', now()), ('bob', 'bob@example.com', now());
insert into user_token_balances (user_id, balance, last_regeneration, total_earned, total_spent, transaction_count, created_at)
values ('ada', 83, now(), 100, 17, 5, now());
insert into token_transactions (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at) values
    ('ada', 1, 't1', 100, 'EARN_BONUS', 'welcome', 'welcome', 100, now()),
    ('ada', 2, 't2', -2, 'SPEND_ENHANCEMENT', 'x', 'job:1', 98, now()),
    ('ada', 3, 't3', -5, 'SPEND_MCP_GENERATION', 'x', 'mcp:1', 93, now()),
    ('ada', 4, 't4', -10, 'SPEND_BOX_CREATION', 'x', 'box:1', 83, now()),
    ('ada', 5, 't5', -2, 'SPEND_ENHANCEMENT', 'x', 'job:2', 81, now()),
    ('ada', 6, 't6', 2, 'REFUND', 'x', 'refund:job:2', 83, now());
insert into workspaces (id, slug, name, personal_user_id, created_at) values ('ws1', 'one', 'One', 'ada', now());
insert into workspace_members (workspace_id, user_id, role, created_at) values ('ws1', 'ada', 'OWNER', now());
insert into enhanced_images (id, user_id, name, original_r2_key, original_format, original_width, original_height, original_size_bytes, created_at) values
    ('ia', 'ada', 'a.png', 'k/a', 'webp', 10, 10, 10, now()),
    ('ia2', 'ada', 'a2.png', 'k/a2', 'webp', 10, 10, 10, now()),
    ('ib', 'bob', 'b.png', 'k/b', 'webp', 10, 10, 10, now());
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, charge_key, next_attempt_at, created_at)
values ('j1', 'ada', 'ia', 'TIER_1K', 2, 'job:1', now(), now());
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, charge_key, refund_key, status, processing_completed_at, created_at)
values ('j2', 'ada', 'ia', 'TIER_1K', 2, 'job:2', 'refund:job:2', 'CANCELLED', now(), now());
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, status, processing_completed_at, enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes, created_at)
values ('j3', 'ada', 'ia', 'FREE', 0, 'COMPLETED', now(), 'k/r3', 1, 1, 1, now());
insert into enhancement_pipelines (id, user_id, name, created_at) values ('pa', 'ada', 'P', now()), ('pb', 'bob', 'P', now());
insert into pipeline_reference_images (pipeline_id, position, r2_key, created_at) values
    ('pa', 1, 'pipelines/pa/references/1.png', now());
insert into albums (id, user_id, name, created_at, pipeline_id) values ('aa', 'ada', 'A', now(), 'pa'), ('ab', 'bob', 'A', now(), null);
insert into album_images (id, user_id, album_id, image_id, is_cover, added_at) values ('ai1', 'ada', 'aa', 'ia', true, now());
insert into apps (id, user_id, name, slug, codespace_id, status, created_at) values
    ('app1', 'ada', 'One', 'one-app', 'space-one', 'LIVE', now()),
    ('app2', 'ada', 'Two', 'two-app', 'space-two', 'ARCHIVED', now());
insert into requirements (id, app_id, description, created_at) values ('r1', 'app1', 'do it', now());
insert into app_messages (app_id, id, role, content, created_at) values ('app1', 'm1', 'USER', 'hi', now());
insert into app_images (app_id, id, r2_key, width, height, size_bytes, created_at) values
    ('app1', 'i1', 'k/ai1', 1, 1, 1, now()), ('app2', 'i2', 'k/ai2', 1, 1, 1, now());
insert into box_tiers (id, name, cpu, ram_mb, storage_gb, price_per_hour, created_at) values ('bt', 'Tiny', 1, 1, 1, 10, now());
insert into boxes (id, user_id, name, tier_id, created_at) values ('b1', 'ada', 'B', 'bt', now()), ('b2', 'bob', 'B', 'bt', now());
insert into boxes (id, user_id, name, tier_id, status, deleted_at, created_at) values ('b3', 'ada', 'B', 'bt', 'TERMINATED', now(), now());
insert into box_actions (id, user_id, box_id, action, next_attempt_at, created_at) values ('ac1', 'ada', 'b1', 'START', now(), now());
insert into agent_tasks (id, box_id, type, created_at) values ('at1', 'b1', 'CLICK', now());
insert into agent_tasks (id, box_id, type, status, completed_at, created_at) values ('at2', 'b1', 'CLICK', 'COMPLETED', now(), now());
insert into audio_mixer_projects (id, user_id, name, created_at) values ('ap', 'ada', 'Mix', now());
insert into external_agent_sessions (id, external_id, name, status, created_at) values
    ('es', 'sessions/abc', 'N', 'QUEUED', now()), ('es2', 'sessions/def', 'N', 'COMPLETED', now());
insert into agent_session_activities (session_id, id, external_id, type, created_at) values ('es', 'act1', 'e1', 'plan_generated', now());
insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
values ('g1', 'ada', 'GENERATE', 'TIER_2K', 5, 'mcp:1', 'a cat', now(), now());
insert into agent_credentials (id, name, scope, box_id, key_hash, key_prefix, created_at, revoked_at)
values ('cr0', 'n', 'APPS', null, decode(repeat('00', 32), 'hex'), 'x', now(), now()),
       ('cr1', 'n', 'BOX', 'b1', decode(repeat('01', 32), 'hex'), 'x', now(), null);
