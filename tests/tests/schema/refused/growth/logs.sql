-- refused: error_environment_known
insert into error_logs (created_at, id, environment, message) values (now(), 'e', 'MOON', 'm');
-- refused: error_logs_message_length
insert into error_logs (created_at, id, environment, message) values (now(), 'e', 'BACKEND', repeat('x', 10001));
-- refused: error_logs_metadata_is_small
insert into error_logs (created_at, id, environment, message, metadata) values (now(), 'e', 'BACKEND', 'm', '[]');
-- refused: audit_action_known
insert into audit_logs (actor_id, entry_number, id, action, created_at, previous_hash, hash) values ('u1', 1, 'aud_9', 'DANCE', now(), '', '');
-- refused: audit_logs_metadata_is_small
insert into audit_logs (actor_id, entry_number, id, action, created_at, previous_hash, hash, metadata) values ('u1', 1, 'aud_9', 'USER_LOGIN', now(), '', '', '[]');
-- refused: audit_retention_policies_days_range
insert into audit_retention_policies (id, name, retention_days, archive_after_days, delete_after_days, created_at) values ('p', 'n', 90, 1, 90, now());
-- refused: audit_retention_policies_deleted_from_archive
insert into audit_retention_policies (id, name, retention_days, delete_after_days, created_at) values ('p', 'n', 90, 100, now());
-- refused: audit_retention_policies_deleted_from_archive
insert into audit_retention_policies (id, name, retention_days, archive_after_days, delete_after_days, created_at) values ('p', 'n', 365, 90, 100, now());
-- refused: audit_retention_policies_name_idx
insert into audit_retention_policies (id, name, created_at) values ('p', 'System Default', now());
-- refused: ai_decision_status_known
insert into ai_decision_logs (created_at, id, request_type, model, status) values (now(), 'a', 'x', 'm', 'SUCCESS');
-- refused: ai_decision_logs_error_told
insert into ai_decision_logs (created_at, id, request_type, model, status, error_message) values (now(), 'a', 'x', 'm', 'success', 'e');
-- refused: tracked_urls_path_key
insert into tracked_urls (id, path, created_at) values ('t2', '/a', now());
-- refused: tracked_urls_path_shape
insert into tracked_urls (id, path, created_at) values ('t2', 'http://x', now());
-- refused: tracked_urls_path_shape
insert into tracked_urls (id, path, created_at) values ('t2', '//evil.example', now());
-- refused: feedback_type_known
insert into feedback (id, type, message, created_at) values ('f', 'PRAISE', 'm', now());
-- refused: feedback_message_length
insert into feedback (id, type, message, created_at) values ('f', 'BUG', '', now());
-- refused: email_events_pkey
insert into email_events (event_id, type, occurred_at, received_at) values ('e1', 'OPENED', now(), now());
-- refused: email_suppressions_reason_fits
insert into email_suppressions (recipient_hash, reason, created_at) values (sha256('x'), 'OPENED', now());
