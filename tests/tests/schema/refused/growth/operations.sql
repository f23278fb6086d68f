-- refused: deployment_maintenance_is_whole
update deployment set maintenance_message = 'x', maintenance_since = null;
-- refused: backup_kind_known
insert into backup_runs (id, kind, day, started_at) values ('b9', 'hourly', '2026-01-02', now());
-- refused: backup_runs_one_per_day_idx
insert into backup_runs (id, kind, day, started_at) values ('b9', 'daily', '2026-01-01', now());
-- refused: backup_runs_succeeded_is_whole
update backup_runs set status = 'SUCCEEDED', finished_at = now() where id = 'b1';
-- refused: backup_runs_object_key_shape
update backup_runs set object_key = 'weekly/2026/01/spike_land_20260101_020000.backup.gz' where id = 'b1';
-- refused: backup_runs_failed_says_why
update backup_runs set status = 'FAILED', finished_at = now() where id = 'b1';
-- refused: backup_runs_finished_has_a_time
update backup_runs set finished_at = now() where id = 'b1';
-- refused: backup_runs_pre_migration_is_kept
update backup_runs set pruned_at = now() where id = 'b2';
-- refused: backup_runs_promoted_from_fkey
insert into backup_runs (id, kind, day, promoted_from, started_at) values ('b9', 'weekly', '2026-01-01', 'none', now());
-- refused: restore_runs_passed_was_compared
insert into restore_runs (id, purpose, object_key, target_database, status, started_at, finished_at) values ('r', 'VERIFY', 'k', 'scratch', 'PASSED', now(), now());
-- refused: restore_runs_target_database_shape
insert into restore_runs (id, purpose, object_key, target_database, started_at) values ('r', 'VERIFY', 'k', 'a; drop database b', now());
-- refused: alert_events_way
insert into alert_events (rule, id, from_state, to_state, threshold, created_at) values ('connections', 'al_2', 'OK', 'RESOLVED', 80, now());
-- refused: alert_events_is_a_change
insert into alert_events (rule, id, from_state, to_state, threshold, created_at) values ('connections', 'al_2', 'FIRING', 'FIRING', 80, now());
-- refused: alert_outbox_once_per_channel
insert into alert_outbox (id, rule, event_id, channel, payload, next_attempt_at, created_at) values ('ob_2', 'connections', 'al_1', 'SNS', '{}', now(), now());
-- refused: alert_outbox_pending_is_due
update alert_outbox set next_attempt_at = null where id = 'ob_1';
-- refused: metric_samples_value_is_finite
insert into metric_samples (metric, created_at, value) values ('connections', now(), 'Infinity');
-- refused: incidents_resolved_has_a_time
insert into incidents (id, title, status, impact, message, started_at, created_at) values ('inc', 't', 'RESOLVED', 'MINOR', 'm', now(), now());
