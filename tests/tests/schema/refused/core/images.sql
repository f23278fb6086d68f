-- refused: workspaces_slug_shape
insert into workspaces (id, slug, name, created_at) values ('w', 'No Slug', 'N', now());
-- refused: workspaces_slug_key
insert into workspaces (id, slug, name, created_at) values ('w', 'one', 'N', now());
-- refused: workspaces_personal_user_id_key
insert into workspaces (id, slug, name, personal_user_id, created_at) values ('w', 'w', 'N', 'ada', now());
-- refused: workspace_members_one_owner_idx
insert into workspace_members (workspace_id, user_id, role, created_at) values ('ws1', 'bob', 'OWNER', now());
-- refused: workspace_role_known
insert into workspace_members (workspace_id, user_id, role, created_at) values ('ws1', 'bob', 'KING', now());
-- refused: uploads_file_name_is_safe
insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, created_at, expires_at)
values ('u', 'ada', 'IMAGE', 'IMAGES', 'k', '../etc', 'image/png', 1, now(), now() + interval '1 hour');
-- refused: uploads_declared_bytes_range
insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, created_at, expires_at)
values ('u', 'ada', 'AUDIO_TRACK', 'AUDIO', 'k', 'a.wav', 'audio/wav', 524288001, now(), now() + interval '1 hour');
-- refused: uploads_bucket_fits_purpose
insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, created_at, expires_at)
values ('u', 'ada', 'AUDIO_TRACK', 'IMAGES', 'k', 'a.wav', 'audio/wav', 1, now(), now() + interval '1 hour');
-- refused: uploads_completed_is_measured
insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes, status, created_at, expires_at)
values ('u', 'ada', 'IMAGE', 'IMAGES', 'k', 'a.png', 'image/png', 1, 'COMPLETED', now(), now() + interval '1 hour');
-- refused: enhanced_images_name_is_safe
update enhanced_images set name = 'a/b' where id = 'ia';
-- refused: enhanced_images_name_is_safe
update enhanced_images set name = '.hidden' where id = 'ia';
-- refused: enhanced_images_original_r2_key_key
update enhanced_images set original_r2_key = 'k/b' where id = 'ia';
-- refused: enhanced_images_size_positive
update enhanced_images set original_width = 0 where id = 'ia';
-- refused: share_token_shape
update enhanced_images set share_token = 'short' where id = 'ia';
-- refused: image_format_known
update enhanced_images set original_format = 'svg' where id = 'ia';
-- A stranger's image
-- refused: image_enhancement_jobs_own_image
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, next_attempt_at, created_at)
values ('j', 'ada', 'ib', 'FREE', 0, now(), now());
-- A job that nobody paid
-- refused: image_enhancement_jobs_paid_is_charged
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, next_attempt_at, created_at)
values ('j', 'ada', 'ia', 'TIER_1K', 2, now(), now());
-- A charge that is not in the ledger
-- refused: image_enhancement_jobs_charge_in_ledger
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, charge_key, next_attempt_at, created_at)
values ('j', 'ada', 'ia', 'TIER_1K', 2, 'job:nothing', now(), now());
-- One charge, two jobs
-- refused: image_enhancement_jobs_charge_idx
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, charge_key, next_attempt_at, created_at)
values ('j', 'ada', 'ia', 'TIER_1K', 2, 'job:1', now(), now());
-- refused: image_enhancement_jobs_only_free_is_free
insert into image_enhancement_jobs (id, user_id, image_id, tier, tokens_cost, next_attempt_at, created_at)
values ('j', 'ada', 'ia', 'TIER_4K', 0, now(), now());
-- Cancelled and not given back
-- refused: image_enhancement_jobs_refunded_unless_done
update image_enhancement_jobs set status = 'CANCELLED', next_attempt_at = null, processing_completed_at = now() where id = 'j1';
-- Failed and not given back
-- refused: image_enhancement_jobs_refunded_unless_done
update image_enhancement_jobs set status = 'FAILED', error_message = 'x', next_attempt_at = null, processing_completed_at = now() where id = 'j1';
-- Given back only on paper
-- refused: image_enhancement_jobs_refund_in_ledger
update image_enhancement_jobs set status = 'CANCELLED', refund_key = 'refund:job:1', next_attempt_at = null, processing_completed_at = now() where id = 'j1';
-- Another job's refund
-- refused: image_enhancement_jobs_refund_of_its_charge
update image_enhancement_jobs set status = 'CANCELLED', refund_key = 'refund:job:2', next_attempt_at = null, processing_completed_at = now() where id = 'j1';
-- Completed and given back
-- refused: image_enhancement_jobs_refunded_unless_done
update image_enhancement_jobs set status = 'COMPLETED', refund_key = 'refund:job:1', next_attempt_at = null, processing_completed_at = now(),
 enhanced_r2_key = 'x', enhanced_width = 1, enhanced_height = 1, enhanced_size_bytes = 1 where id = 'j1';
-- A worker that answers late
-- refused: image_enhancement_jobs_transition_allowed
update image_enhancement_jobs set status = 'COMPLETED', refund_key = null, enhanced_r2_key = 'x', enhanced_width = 1, enhanced_height = 1, enhanced_size_bytes = 1 where id = 'j2';
-- refused: image_enhancement_jobs_transition_allowed
update image_enhancement_jobs set status = 'PENDING', next_attempt_at = now(), processing_completed_at = null where id = 'j3';
-- refused: image_enhancement_jobs_completed_has_a_result
update image_enhancement_jobs set status = 'COMPLETED', next_attempt_at = null, processing_completed_at = now() where id = 'j1';
-- refused: image_enhancement_jobs_processing_is_leased
update image_enhancement_jobs set status = 'PROCESSING', next_attempt_at = null, processing_started_at = now() where id = 'j1';
-- refused: image_enhancement_jobs_pending_is_due
update image_enhancement_jobs set next_attempt_at = null where id = 'j1';
-- refused: image_enhancement_jobs_attempts_fit
update image_enhancement_jobs set attempt = 4 where id = 'j1';
-- refused: image_enhancement_jobs_quality_range
update image_enhancement_jobs set quality_score = 'NaN' where id = 'j1';
-- refused: image_enhancement_jobs_anonymous_is_free
update image_enhancement_jobs set is_anonymous = true where id = 'j1';
-- refused: image_enhancement_jobs_source_of_a_blend
update image_enhancement_jobs set source_image_id = 'ia2' where id = 'j1';
-- Deleted while it runs: its tokens would be lost
-- refused: image_enhancement_jobs_cancelled_before_deleted
delete from image_enhancement_jobs where id = 'j1';
-- refused: image_enhancement_jobs_cancelled_before_deleted
delete from enhanced_images where id = 'ia';
-- refused: enhancement_pipelines_token_with_link
update enhancement_pipelines set visibility = 'LINK' where id = 'pa';
-- refused: enhancement_pipelines_tier_is_paid
update enhancement_pipelines set tier = 'FREE' where id = 'pa';
-- refused: enhancement_pipelines_configs_are_objects
update enhancement_pipelines set prompt_config = '[]' where id = 'pa';
-- refused: enhancement_pipelines_one_default_idx
insert into enhancement_pipelines (id, name, is_default, created_at) values ('p', 'P', true, now());
-- refused: enhancement_pipelines_default_is_of_the_system
update enhancement_pipelines set is_default = true where id = 'pa';
-- An album uses it
-- refused: albums_pipeline_id_fkey
delete from enhancement_pipelines where id = 'pa';
-- refused: pipeline_reference_images_at_most_three
insert into pipeline_reference_images (pipeline_id, position, r2_key, created_at) values ('pa', 4, 'pipelines/pa/references/4.png', now());
-- refused: pipeline_reference_images_pkey
insert into pipeline_reference_images (pipeline_id, position, r2_key, created_at) values ('pa', 1, 'pipelines/pa/references/4.png', now());
-- Somebody else's object
-- refused: pipeline_reference_images_own_prefix
insert into pipeline_reference_images (pipeline_id, position, r2_key, created_at) values ('pa', 2, 'pipelines/pb/references/1.png', now());
-- refused: albums_name_key
insert into albums (id, user_id, name, created_at) values ('al', 'ada', 'A', now());
-- refused: albums_token_unless_private
update albums set privacy = 'UNLISTED' where id = 'aa';
-- refused: albums_token_unless_private
update albums set share_token = 'abcdefghijkl' where id = 'aa';
-- refused: albums_default_tier_is_paid
update albums set default_tier = 'FREE' where id = 'aa';
-- refused: albums_name_trimmed
update albums set name = ' A' where id = 'aa';
-- refused: album_images_own_image
insert into album_images (id, user_id, album_id, image_id, added_at) values ('x', 'ada', 'aa', 'ib', now());
-- refused: album_images_own_album
insert into album_images (id, user_id, album_id, image_id, added_at) values ('x', 'bob', 'aa', 'ib', now());
-- refused: album_images_album_image_key
insert into album_images (id, user_id, album_id, image_id, added_at) values ('x', 'ada', 'aa', 'ia', now());
-- refused: album_images_one_cover_idx
insert into album_images (id, user_id, album_id, image_id, is_cover, added_at) values ('x', 'ada', 'aa', 'ia2', true, now());
-- refused: featured_gallery_items_job_or_urls
insert into featured_gallery_items (id, title, created_at) values ('f', 'T', now());
-- refused: featured_gallery_items_job_or_urls
insert into featured_gallery_items (id, title, source_job_id, original_url, created_at) values ('f', 'T', 'j3', '/a.png', now());
-- refused: featured_gallery_items_urls_are_https_or_ours
insert into featured_gallery_items (id, title, original_url, enhanced_url, created_at) values ('f', 'T', 'javascript:1', '/b.png', now());
-- refused: gallery_category_known
insert into featured_gallery_items (id, title, category, source_job_id, created_at) values ('f', 'T', 'CAT', 'j3', now());
