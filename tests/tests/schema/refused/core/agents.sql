-- refused: external_agent_sessions_external_id_key
insert into external_agent_sessions (id, external_id, name, status, created_at) values ('s', 'sessions/abc', 'N', 'QUEUED', now());
-- refused: external_agent_sessions_external_id_shape
insert into external_agent_sessions (id, external_id, name, status, created_at) values ('s', 'sessions/../x', 'N', 'QUEUED', now());
-- refused: external_agent_sessions_known_to_the_provider
insert into external_agent_sessions (id, name, status, created_at) values ('s', 'N', 'QUEUED', now());
-- refused: external_agent_sessions_transition_allowed
update external_agent_sessions set status = 'IN_PROGRESS' where id = 'es2';
-- refused: external_agent_sessions_approved_by_somebody_at_a_time
update external_agent_sessions set plan_approved_by = 'ada' where id = 'es';
-- refused: external_agent_sessions_name_length
update external_agent_sessions set name = repeat('x', 201) where id = 'es';
-- refused: agent_session_activities_external_id_idx
insert into agent_session_activities (session_id, id, external_id, type, created_at) values ('es', 'x', 'e1', 'plan_generated', now());
-- refused: mcp_generation_jobs_tier_is_paid
insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
values ('g', 'ada', 'GENERATE', 'FREE', 5, 'job:1', 'a', now(), now());
-- refused: enhancement_tier_known
insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
values ('g', 'ada', 'GENERATE', '8K', 5, 'job:1', 'a', now(), now());
-- refused: mcp_generation_jobs_charge_in_ledger
insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
values ('g', 'ada', 'GENERATE', 'TIER_2K', 5, 'mcp:9', 'a', now(), now());
-- refused: mcp_generation_jobs_charge_idx
insert into mcp_generation_jobs (id, user_id, type, tier, tokens_cost, charge_key, prompt, next_attempt_at, created_at)
values ('g', 'ada', 'GENERATE', 'TIER_2K', 5, 'mcp:1', 'a', now(), now());
-- refused: mcp_generation_jobs_aspect_ratio_known
update mcp_generation_jobs set params = '{"aspectRatio": "5:3"}' where id = 'g1';
-- refused: mcp_generation_jobs_prompt_length
update mcp_generation_jobs set prompt = '' where id = 'g1';
-- refused: mcp_generation_jobs_input_of_a_change
update mcp_generation_jobs set type = 'MODIFY' where id = 'g1';
-- Completed with an empty address
-- refused: mcp_generation_jobs_completed_has_a_result
update mcp_generation_jobs set status = 'COMPLETED', next_attempt_at = null, processing_completed_at = now() where id = 'g1';
-- refused: mcp_generation_jobs_refunded_unless_done
update mcp_generation_jobs set status = 'FAILED', error_message = 'x', next_attempt_at = null, processing_completed_at = now() where id = 'g1';
-- refused: mcp_generation_jobs_refund_in_ledger
update mcp_generation_jobs set status = 'REFUNDED', refund_key = 'refund:mcp:1', error_message = 'x', next_attempt_at = null, processing_completed_at = now() where id = 'g1';
-- refused: mcp_generation_jobs_cancelled_before_deleted
delete from mcp_generation_jobs where id = 'g1';
-- refused: agent_credentials_key_hash_is_sha256
insert into agent_credentials (id, name, scope, key_hash, key_prefix, created_at) values ('c', 'n', 'APPS', 'x', 'x', now());
-- refused: agent_credentials_box_with_its_scope
insert into agent_credentials (id, name, scope, key_hash, key_prefix, created_at) values ('c', 'n', 'BOX', decode(repeat('02', 32), 'hex'), 'x', now());
-- refused: agent_credentials_one_per_box_idx
insert into agent_credentials (id, name, scope, box_id, key_hash, key_prefix, created_at) values ('c', 'n', 'BOX', 'b1', decode(repeat('02', 32), 'hex'), 'x', now());
-- refused: agent_credentials_revoked_for_ever
update agent_credentials set revoked_at = null where id = 'cr0';
