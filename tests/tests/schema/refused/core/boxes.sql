-- refused: box_tiers_name_key
insert into box_tiers (id, name, cpu, ram_mb, storage_gb, price_per_hour, created_at) values ('x', 'Tiny', 1, 1, 1, 10, now());
-- refused: box_tiers_price_not_negative
update box_tiers set price_per_hour = -1;
-- refused: boxes_tier_id_fkey
delete from box_tiers where id = 'bt';
-- refused: boxes_transition_allowed
update boxes set status = 'RUNNING', deleted_at = null where id = 'b3';
-- refused: boxes_transition_allowed
update boxes set status = 'STOPPED' where id = 'b1';
-- refused: boxes_terminated_is_deleted
update boxes set status = 'TERMINATED' where id = 'b1';
-- refused: boxes_terminated_is_deleted
update boxes set deleted_at = now() where id = 'b1';
-- refused: boxes_billed_when_paid
update boxes set paid_hours = 1 where id = 'b1';
-- refused: box_actions_own_box
insert into box_actions (id, user_id, box_id, action, next_attempt_at, created_at) values ('a', 'ada', 'b2', 'START', now(), now());
-- refused: box_actions_one_open_idx
insert into box_actions (id, user_id, box_id, action, next_attempt_at, created_at) values ('a', 'ada', 'b1', 'STOP', now(), now());
-- refused: box_actions_paid_is_charged
insert into box_actions (id, user_id, box_id, action, tokens_cost, status, completed_at, created_at) values ('a', 'ada', 'b1', 'CREATE', 10, 'COMPLETED', now(), now());
-- refused: box_actions_charge_in_ledger
insert into box_actions (id, user_id, box_id, action, tokens_cost, charge_key, status, completed_at, created_at) values ('a', 'ada', 'b1', 'CREATE', 10, 'box:9', 'COMPLETED', now(), now());
-- refused: box_actions_refunded_unless_done
insert into box_actions (id, user_id, box_id, action, tokens_cost, charge_key, status, error_message, completed_at, created_at) values ('a', 'ada', 'b1', 'CREATE', 10, 'box:1', 'FAILED', 'x', now(), now());
-- refused: box_actions_refund_in_ledger
insert into box_actions (id, user_id, box_id, action, tokens_cost, charge_key, refund_key, status, error_message, completed_at, created_at) values ('a', 'ada', 'b1', 'CREATE', 10, 'box:1', 'refund:box:1', 'REFUNDED', 'x', now(), now());
-- refused: box_action_kind_known
insert into box_actions (id, user_id, box_id, action, next_attempt_at, created_at) values ('a', 'bob', 'b2', 'EXPLODE', now(), now());
-- refused: agent_tasks_transition_allowed
update agent_tasks set status = 'PROCESSING', lease_owner = 'x', lease_until = now(), completed_at = null where id = 'at2';
-- refused: agent_tasks_processing_is_leased
update agent_tasks set status = 'PROCESSING' where id = 'at1';
-- refused: agent_tasks_never_refunded
update agent_tasks set status = 'REFUNDED', completed_at = now() where id = 'at1';
-- refused: agent_tasks_type_shape
insert into agent_tasks (id, box_id, type, created_at) values ('t', 'b1', 'drop table', now());
-- refused: box_messages_content_length
insert into box_messages (box_id, id, role, content, created_at) values ('b1', 'm', 'USER', '', now());
-- refused: audio_tracks_volume_range
insert into audio_tracks (id, project_id, name, file_format, volume, created_at) values ('t', 'ap', 'T', 'wav', -1, now());
-- refused: audio_tracks_volume_range
insert into audio_tracks (id, project_id, name, file_format, volume, created_at) values ('t', 'ap', 'T', 'wav', 'NaN', now());
-- refused: audio_tracks_duration_range
insert into audio_tracks (id, project_id, name, file_format, duration_seconds, created_at) values ('t', 'ap', 'T', 'wav', 'Infinity', now());
-- refused: audio_tracks_size_range
insert into audio_tracks (id, project_id, name, file_format, file_size_bytes, created_at) values ('t', 'ap', 'T', 'wav', 524288001, now());
-- refused: audio_format_known
insert into audio_tracks (id, project_id, name, file_format, created_at) values ('t', 'ap', 'T', 'txt', now());
-- refused: audio_tracks_browser_has_no_key
insert into audio_tracks (id, project_id, name, file_format, storage_type, file_r2_key, file_size_bytes, created_at)
values ('t', 'ap', 'T', 'wav', 'OPFS', 'users/ada/audio-projects/ap/tracks/t.wav', 1, now());
-- refused: audio_tracks_key_is_its_own
insert into audio_tracks (id, project_id, name, file_format, file_r2_key, file_size_bytes, created_at)
values ('t', 'ap', 'T', 'wav', 'users/ada/audio-projects/other/tracks/t.wav', 1, now());
-- refused: audio_tracks_stored_has_a_size
insert into audio_tracks (id, project_id, name, file_format, file_r2_key, created_at)
values ('t', 'ap', 'T', 'wav', 'users/ada/audio-projects/ap/tracks/t.wav', now());
