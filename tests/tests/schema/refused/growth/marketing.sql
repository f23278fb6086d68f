-- refused: marketing_oauth_attempts_hashes_are_sha256
insert into marketing_oauth_attempts (state_hash, user_id, browser_hash, platform, created_at, expires_at) values ('x', 'u1', 'x', 'FACEBOOK', now(), now() + interval '1 minute');
-- refused: marketing_accounts_account_key
insert into marketing_accounts (id, user_id, platform, account_id, access_token, token_key_id, created_at) values ('a2', 'u1', 'FACEBOOK', '1', 'x', 'k', now());
-- refused: marketing_accounts_account_id_shape
insert into marketing_accounts (id, user_id, platform, account_id, access_token, token_key_id, created_at) values ('a2', 'u1', 'FACEBOOK', 'act_1', 'x', 'k', now());
-- refused: marketing_accounts_tokens_only_while_needed
update marketing_accounts set is_active = false where id = 'a1';
-- refused: marketing_accounts_tokens_only_while_needed
update marketing_accounts set access_token = null where id = 'a1';
-- refused: marketing_accounts_revoked_when_disconnected
update marketing_accounts set revoke_due_at = now() where id = 'a1';
-- refused: marketing_accounts_synced_while_active
update marketing_accounts set is_active = false, access_token = null, token_key_id = null, next_sync_at = now() where id = 'a1';
-- refused: google_ads_campaigns_campaign_id_key
insert into google_ads_campaigns (id, marketing_account_id, campaign_id, name, status, created_at) values ('g2', 'a1', '1', 'n', 'ACTIVE', now());
-- refused: google_ads_campaigns_campaign_id_shape
update google_ads_campaigns set campaign_id = '1; drop' where id = 'g1';
-- refused: google_ads_campaigns_spend_has_a_currency
update google_ads_campaigns set spend_minor = 5 where id = 'g1';
-- refused: ad_campaign_status_known
update google_ads_campaigns set status = 'ENABLED' where id = 'g1';
-- refused: campaign_spend_daily_not_negative
insert into campaign_spend_daily (platform, account_id, campaign_id, day, spend_minor, currency, fetched_at) values ('FACEBOOK', '1', '1', '2026-01-01', -1, 'gbp', now());
-- refused: campaign_spend_daily_ids_are_numbers
insert into campaign_spend_daily (platform, account_id, campaign_id, day, currency, fetched_at) values ('FACEBOOK', 'x', '1', '2026-01-01', 'gbp', now());
-- refused: marketing_webhook_events_pkey
insert into marketing_webhook_events (provider, event_id, kind, received_at, payload, next_attempt_at) values ('FACEBOOK', 'e1', 'leadgen', now(), '{}', now());
-- refused: marketing_webhook_events_open_is_due
update marketing_webhook_events set next_attempt_at = null where event_id = 'e1';
-- refused: marketing_webhook_events_reason_given
update marketing_webhook_events set outcome = 'IGNORED', next_attempt_at = null, processed_at = now() where event_id = 'e1';
-- refused: marketing_leads_external_lead_id_key
insert into marketing_leads (id, platform, external_lead_id, received_at) values ('d2', 'FACEBOOK', '1', now());
-- refused: marketing_leads_fields_have_a_key
update marketing_leads set fields = 'x' where id = 'd1';
-- refused: marketing_leads_erased_are_empty
update marketing_leads set fetch_due_at = now(), erased_at = now() where id = 'd1';
-- refused: marketing_deletion_requests_code_shape
insert into marketing_deletion_requests (confirmation_code, platform_user_hash, received_at) values ('x', sha256('x'), now());
