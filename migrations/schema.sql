-- Made from the migrations by their test (pg_dump 15); nothing reads it but people.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE DOMAIN public.ad_campaign_status AS text
	CONSTRAINT ad_campaign_status_known CHECK ((VALUE = ANY (ARRAY['ACTIVE'::text, 'PAUSED'::text, 'DELETED'::text, 'ARCHIVED'::text, 'UNKNOWN'::text])));

COMMENT ON DOMAIN public.ad_campaign_status IS 'State of a campaign, in one vocabulary for all platforms.';

CREATE DOMAIN public.agent_delivery AS text
	CONSTRAINT agent_delivery_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.agent_delivery IS 'Whether what we say to an external agent has reached its provider.';

CREATE DOMAIN public.agent_provider AS text
	CONSTRAINT agent_provider_known CHECK ((VALUE = ANY (ARRAY['JULES'::text, 'CODEX'::text, 'OTHER'::text])));

COMMENT ON DOMAIN public.agent_provider IS 'Who runs an external agent.';

CREATE DOMAIN public.agent_scope AS text
	CONSTRAINT agent_scope_known CHECK ((VALUE = ANY (ARRAY['APPS'::text, 'BOX'::text])));

COMMENT ON DOMAIN public.agent_scope IS 'APPS: builds everybody''s apps. BOX: runs in one box and speaks for it.';

CREATE DOMAIN public.agent_session_status AS text
	CONSTRAINT agent_session_status_known CHECK ((VALUE = ANY (ARRAY['CREATING'::text, 'QUEUED'::text, 'PLANNING'::text, 'AWAITING_PLAN_APPROVAL'::text, 'AWAITING_USER_FEEDBACK'::text, 'IN_PROGRESS'::text, 'PAUSED'::text, 'FAILED'::text, 'COMPLETED'::text])));

COMMENT ON DOMAIN public.agent_session_status IS 'CREATING: the provider has not answered yet. The others are the provider''s.';

CREATE DOMAIN public.ai_decision_status AS text
	CONSTRAINT ai_decision_status_known CHECK ((VALUE = ANY (ARRAY['success'::text, 'error'::text, 'timeout'::text])));

COMMENT ON DOMAIN public.ai_decision_status IS 'How a request to a model ended; clients know these words.';

CREATE DOMAIN public.album_privacy AS text
	CONSTRAINT album_privacy_known CHECK ((VALUE = ANY (ARRAY['PRIVATE'::text, 'UNLISTED'::text, 'PUBLIC'::text])));

COMMENT ON DOMAIN public.album_privacy IS 'UNLISTED: whoever knows the token.';

CREATE DOMAIN public.alert_channel AS text
	CONSTRAINT alert_channel_known CHECK ((VALUE = ANY (ARRAY['SNS'::text, 'WEBHOOK'::text, 'MAIL'::text])));

COMMENT ON DOMAIN public.alert_channel IS 'How somebody is told.';

CREATE DOMAIN public.alert_status AS text
	CONSTRAINT alert_status_known CHECK ((VALUE = ANY (ARRAY['OK'::text, 'FIRING'::text, 'RESOLVED'::text])));

COMMENT ON DOMAIN public.alert_status IS 'OK: never fired yet.';

CREATE DOMAIN public.app_build_status AS text
	CONSTRAINT app_build_status_known CHECK ((VALUE = ANY (ARRAY['PROMPTING'::text, 'WAITING'::text, 'DRAFTING'::text, 'BUILDING'::text, 'FINE_TUNING'::text, 'TEST'::text, 'LIVE'::text, 'ARCHIVED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.app_build_status IS 'How far an app is. Its owner archives or restarts it, agents set the rest.';

CREATE DOMAIN public.attribution_type AS text
	CONSTRAINT attribution_type_known CHECK ((VALUE = ANY (ARRAY['FIRST_TOUCH'::text, 'LAST_TOUCH'::text, 'LINEAR'::text])));

COMMENT ON DOMAIN public.attribution_type IS 'How a conversion is shared out among the visits before it.';

CREATE DOMAIN public.audio_format AS text
	CONSTRAINT audio_format_known CHECK ((VALUE = ANY (ARRAY['wav'::text, 'mp3'::text, 'webm'::text, 'ogg'::text, 'flac'::text, 'aac'::text, 'm4a'::text])));

COMMENT ON DOMAIN public.audio_format IS 'What a track is stored as; also the ending of its key.';

CREATE DOMAIN public.audio_storage AS text
	CONSTRAINT audio_storage_known CHECK ((VALUE = ANY (ARRAY['R2'::text, 'OPFS'::text])));

COMMENT ON DOMAIN public.audio_storage IS 'R2: the object store. OPFS: kept in the browser, and never here.';

CREATE DOMAIN public.audit_action AS text
	CONSTRAINT audit_action_known CHECK ((VALUE = ANY (ARRAY['ROLE_CHANGE'::text, 'TOKEN_ADJUSTMENT'::text, 'VOUCHER_CREATE'::text, 'VOUCHER_UPDATE'::text, 'VOUCHER_DELETE'::text, 'USER_DELETE'::text, 'USER_CREATE'::text, 'PASSWORD_SET'::text, 'ADMIN_LOGIN'::text, 'USER_LOGIN'::text, 'USER_LOGOUT'::text, 'LOGIN_FAILED'::text, 'SESSION_REFRESH'::text, 'WORKSPACE_CREATE'::text, 'WORKSPACE_UPDATE'::text, 'WORKSPACE_DELETE'::text, 'WORKSPACE_MEMBER_ADD'::text, 'WORKSPACE_MEMBER_REMOVE'::text, 'WORKSPACE_SETTINGS_CHANGE'::text, 'CONTENT_CREATE'::text, 'CONTENT_UPDATE'::text, 'CONTENT_DELETE'::text, 'CONTENT_PUBLISH'::text, 'CONTENT_UNPUBLISH'::text, 'CONTENT_SCHEDULE'::text, 'AI_GENERATION_REQUEST'::text, 'AI_GENERATION_COMPLETE'::text, 'AI_APPROVAL'::text, 'AI_REJECTION'::text, 'AI_FEEDBACK'::text, 'INTEGRATION_CONNECT'::text, 'INTEGRATION_DISCONNECT'::text, 'INTEGRATION_SYNC'::text, 'DATA_EXPORT'::text, 'DATA_IMPORT'::text, 'DATA_RECOVER'::text, 'RELAY_DRAFT_CREATE'::text, 'RELAY_DRAFT_APPROVE'::text, 'RELAY_DRAFT_REJECT'::text, 'RELAY_DRAFT_EDIT'::text, 'RELAY_DRAFT_SEND'::text, 'CAMPAIGN_LINK_CHANGE'::text, 'PRODUCT_CREATE'::text, 'PRODUCT_UPDATE'::text, 'ORDER_CANCEL'::text, 'ORDER_REFUND'::text, 'ORDER_RESUBMIT'::text, 'ERROR_LOG_CLEAR'::text, 'TRACKED_URL_CHANGE'::text, 'MAIL_TEST'::text, 'EVENT_REPLAY'::text, 'JOB_CLEANUP'::text, 'QUERY_CANCEL'::text, 'QUERY_EXPLAIN'::text, 'MAINTENANCE_CHANGE'::text, 'INCIDENT_CHANGE'::text, 'BACKUP_START'::text, 'BACKUP_RESTORE'::text])));

COMMENT ON DOMAIN public.audit_action IS 'What an audit entry is about.';

CREATE DOMAIN public.backup_kind AS text
	CONSTRAINT backup_kind_known CHECK ((VALUE = ANY (ARRAY['daily'::text, 'weekly'::text, 'monthly'::text, 'pre-migration'::text])));

COMMENT ON DOMAIN public.backup_kind IS 'Also the first part of an object''s key. Kept: 30 daily, 12 weekly, 12 monthly ones, those before migrations for ever.';

CREATE DOMAIN public.backup_status AS text
	CONSTRAINT backup_status_known CHECK ((VALUE = ANY (ARRAY['RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.backup_status IS 'SUCCEEDED only once the manifest lies beside the object and agrees with it.';

CREATE DOMAIN public.box_action_kind AS text
	CONSTRAINT box_action_kind_known CHECK ((VALUE = ANY (ARRAY['CREATE'::text, 'START'::text, 'STOP'::text, 'RESTART'::text, 'DELETE'::text, 'CLONE'::text])));

COMMENT ON DOMAIN public.box_action_kind IS 'What was asked of a box.';

CREATE DOMAIN public.box_status AS text
	CONSTRAINT box_status_known CHECK ((VALUE = ANY (ARRAY['CREATING'::text, 'STARTING'::text, 'RUNNING'::text, 'PAUSED'::text, 'STOPPING'::text, 'STOPPED'::text, 'TERMINATED'::text, 'ERROR'::text])));

COMMENT ON DOMAIN public.box_status IS 'What a box does. TERMINATED is final.';

CREATE DOMAIN public.conversion_type AS text
	CONSTRAINT conversion_type_known CHECK ((VALUE = ANY (ARRAY['SIGNUP'::text, 'ENHANCEMENT'::text, 'PURCHASE'::text])));

COMMENT ON DOMAIN public.conversion_type IS 'What a visit can lead to.';

CREATE DOMAIN public.country_code AS text
	CONSTRAINT country_code_is_iso_3166 CHECK ((VALUE ~ '^[A-Z]{2}$'::text));

COMMENT ON DOMAIN public.country_code IS 'ISO 3166, two capital letters.';

CREATE DOMAIN public.currency AS text
	CONSTRAINT currency_is_iso_4217 CHECK ((VALUE ~ '^[a-z]{3}$'::text));

COMMENT ON DOMAIN public.currency IS 'ISO 4217 in lower case, as Stripe writes it.';

CREATE DOMAIN public.email_event_type AS text
	CONSTRAINT email_event_type_known CHECK ((VALUE = ANY (ARRAY['DELIVERED'::text, 'OPENED'::text, 'CLICKED'::text, 'BOUNCED'::text, 'COMPLAINED'::text, 'DELAYED'::text])));

COMMENT ON DOMAIN public.email_event_type IS 'What the mail provider reports.';

CREATE DOMAIN public.email_status AS text
	CONSTRAINT email_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'DELIVERED'::text, 'OPENED'::text, 'CLICKED'::text, 'BOUNCED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.email_status IS 'PENDING is tried again; FAILED was given up. The rest is what the mail provider reports.';

CREATE DOMAIN public.enhancement_tier AS text
	CONSTRAINT enhancement_tier_known CHECK ((VALUE = ANY (ARRAY['FREE'::text, 'TIER_1K'::text, 'TIER_2K'::text, 'TIER_4K'::text])));

COMMENT ON DOMAIN public.enhancement_tier IS 'How large a result is made, and for what price.';

CREATE DOMAIN public.error_environment AS text
	CONSTRAINT error_environment_known CHECK ((VALUE = ANY (ARRAY['FRONTEND'::text, 'BACKEND'::text])));

COMMENT ON DOMAIN public.error_environment IS 'Where an error happened.';

CREATE DOMAIN public.feedback_status AS text
	CONSTRAINT feedback_status_known CHECK ((VALUE = ANY (ARRAY['NEW'::text, 'REVIEWED'::text, 'RESOLVED'::text, 'DISMISSED'::text])));

COMMENT ON DOMAIN public.feedback_status IS 'What became of it.';

CREATE DOMAIN public.feedback_type AS text
	CONSTRAINT feedback_type_known CHECK ((VALUE = ANY (ARRAY['BUG'::text, 'IDEA'::text, 'OTHER'::text])));

COMMENT ON DOMAIN public.feedback_type IS 'What somebody has to say.';

CREATE DOMAIN public.gallery_category AS text
	CONSTRAINT gallery_category_known CHECK ((VALUE = ANY (ARRAY['PORTRAIT'::text, 'LANDSCAPE'::text, 'PRODUCT'::text, 'ARCHITECTURE'::text])));

COMMENT ON DOMAIN public.gallery_category IS 'What a picture of the gallery shows.';

CREATE DOMAIN public.image_format AS text
	CONSTRAINT image_format_known CHECK ((VALUE = ANY (ARRAY['webp'::text, 'jpeg'::text, 'png'::text, 'gif'::text])));

COMMENT ON DOMAIN public.image_format IS 'What an image is stored as.';

CREATE DOMAIN public.inbox_outcome AS text
	CONSTRAINT inbox_outcome_known CHECK ((VALUE = ANY (ARRAY['APPLIED'::text, 'IGNORED'::text, 'REJECTED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.inbox_outcome IS 'What an event changed. FAILED is tried again, at REJECTED somebody has to look.';

CREATE DOMAIN public.incident_impact AS text
	CONSTRAINT incident_impact_known CHECK ((VALUE = ANY (ARRAY['NONE'::text, 'MINOR'::text, 'MAJOR'::text, 'CRITICAL'::text])));

COMMENT ON DOMAIN public.incident_impact IS 'How much people notice.';

CREATE DOMAIN public.incident_status AS text
	CONSTRAINT incident_status_known CHECK ((VALUE = ANY (ARRAY['INVESTIGATING'::text, 'IDENTIFIED'::text, 'MONITORING'::text, 'RESOLVED'::text])));

COMMENT ON DOMAIN public.incident_status IS 'How far we are with it.';

CREATE DOMAIN public.job_run_status AS text
	CONSTRAINT job_run_status_known CHECK ((VALUE = ANY (ARRAY['RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'SKIPPED'::text])));

COMMENT ON DOMAIN public.job_run_status IS 'How a run of a scheduled job stands or ended.';

CREATE DOMAIN public.job_status AS text
	CONSTRAINT job_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'COMPLETED'::text, 'FAILED'::text, 'REFUNDED'::text, 'CANCELLED'::text])));

COMMENT ON DOMAIN public.job_status IS 'PENDING and PROCESSING are active, the others final. REFUNDED: failed, and the tokens were given back.';

CREATE DOMAIN public.marketing_platform AS text
	CONSTRAINT marketing_platform_known CHECK ((VALUE = ANY (ARRAY['FACEBOOK'::text, 'GOOGLE_ADS'::text])));

COMMENT ON DOMAIN public.marketing_platform IS 'Where campaigns are bought.';

CREATE DOMAIN public.mcp_job_type AS text
	CONSTRAINT mcp_job_type_known CHECK ((VALUE = ANY (ARRAY['GENERATE'::text, 'MODIFY'::text])));

COMMENT ON DOMAIN public.mcp_job_type IS 'A new image, or a changed one.';

CREATE DOMAIN public.merch_operation_kind AS text
	CONSTRAINT merch_operation_kind_known CHECK ((VALUE = ANY (ARRAY['CREATE_INTENT'::text, 'SUBMIT'::text, 'CAPTURE'::text, 'VOID'::text, 'CANCEL_AT_PROVIDER'::text, 'REFUND'::text])));

COMMENT ON DOMAIN public.merch_operation_kind IS 'What is asked of Stripe or of the printer.';

CREATE DOMAIN public.merch_operation_status AS text
	CONSTRAINT merch_operation_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'DONE'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.merch_operation_status IS 'PENDING is tried again; FAILED is given up and somebody has to look.';

CREATE DOMAIN public.merch_order_status AS text
	CONSTRAINT merch_order_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'PAYMENT_PENDING'::text, 'PAID'::text, 'SUBMITTED'::text, 'IN_PRODUCTION'::text, 'SHIPPED'::text, 'DELIVERED'::text, 'CANCELLED'::text, 'REFUNDED'::text])));

COMMENT ON DOMAIN public.merch_order_status IS 'PENDING: not paid. PAYMENT_PENDING: the bank has set the money aside. PAID: it was taken. SUBMITTED: the printer has accepted.';

CREATE DOMAIN public.merch_payment_status AS text
	CONSTRAINT merch_payment_status_known CHECK ((VALUE = ANY (ARRAY['pending'::text, 'authorized'::text, 'captured'::text, 'cancelled'::text, 'failed'::text, 'refunded'::text])));

COMMENT ON DOMAIN public.merch_payment_status IS 'State of the payment; clients know these words.';

CREATE DOMAIN public.merch_shipping_zone AS text
	CONSTRAINT merch_shipping_zone_known CHECK ((VALUE = ANY (ARRAY['GB'::text, 'EU'::text])));

COMMENT ON DOMAIN public.merch_shipping_zone IS 'Countries with the same price of shipping.';

CREATE DOMAIN public.message_role AS text
	CONSTRAINT message_role_known CHECK ((VALUE = ANY (ARRAY['USER'::text, 'AGENT'::text, 'SYSTEM'::text])));

COMMENT ON DOMAIN public.message_role IS 'Who wrote a message.';

CREATE DOMAIN public.monetization_type AS text
	CONSTRAINT monetization_type_known CHECK ((VALUE = ANY (ARRAY['FREE'::text, 'ONE_TIME'::text, 'SUBSCRIPTION'::text, 'FREEMIUM'::text, 'USAGE_BASED'::text])));

COMMENT ON DOMAIN public.monetization_type IS 'How an app earns money.';

CREATE DOMAIN public.oauth_provider AS text
	CONSTRAINT oauth_provider_known CHECK ((VALUE = ANY (ARRAY['apple'::text, 'facebook'::text, 'github'::text, 'google'::text])));

COMMENT ON DOMAIN public.oauth_provider IS 'Whose sign-in we accept.';

CREATE DOMAIN public.object_bucket AS text
	CONSTRAINT object_bucket_known CHECK ((VALUE = ANY (ARRAY['IMAGES'::text, 'AUDIO'::text])));

COMMENT ON DOMAIN public.object_bucket IS 'Which bucket; its real name is configuration.';

CREATE DOMAIN public.outbox_status AS text
	CONSTRAINT outbox_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'SENT'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.outbox_status IS 'PENDING is tried again; FAILED is given up.';

CREATE DOMAIN public.pipeline_stage AS text
	CONSTRAINT pipeline_stage_known CHECK ((VALUE = ANY (ARRAY['ANALYZING'::text, 'CROPPING'::text, 'PROMPTING'::text, 'GENERATING'::text])));

COMMENT ON DOMAIN public.pipeline_stage IS 'How far an enhancement is.';

CREATE DOMAIN public.pipeline_visibility AS text
	CONSTRAINT pipeline_visibility_known CHECK ((VALUE = ANY (ARRAY['PRIVATE'::text, 'PUBLIC'::text, 'LINK'::text])));

COMMENT ON DOMAIN public.pipeline_visibility IS 'LINK: whoever knows the token.';

CREATE DOMAIN public.pod_provider AS text
	CONSTRAINT pod_provider_known CHECK ((VALUE = ANY (ARRAY['PRODIGI'::text, 'PRINTFUL'::text])));

COMMENT ON DOMAIN public.pod_provider IS 'Who prints and ships.';

CREATE DOMAIN public.referral_status AS text
	CONSTRAINT referral_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'COMPLETED'::text, 'INVALID'::text])));

COMMENT ON DOMAIN public.referral_status IS 'COMPLETED and INVALID are final.';

CREATE DOMAIN public.requirement_priority AS text
	CONSTRAINT requirement_priority_known CHECK ((VALUE = ANY (ARRAY['LOW'::text, 'MEDIUM'::text, 'HIGH'::text, 'CRITICAL'::text])));

COMMENT ON DOMAIN public.requirement_priority IS 'How much a requirement matters.';

CREATE DOMAIN public.requirement_status AS text
	CONSTRAINT requirement_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'REJECTED'::text])));

COMMENT ON DOMAIN public.requirement_status IS 'How far a requirement is.';

CREATE DOMAIN public.restore_purpose AS text
	CONSTRAINT restore_purpose_known CHECK ((VALUE = ANY (ARRAY['VERIFY'::text, 'RESTORE'::text, 'REHEARSAL'::text, 'RECOVERY'::text, 'DRILL'::text])));

COMMENT ON DOMAIN public.restore_purpose IS 'VERIFY: the monthly proof. RECOVERY: beside the present database, to merge from. DRILL: practice, timed.';

CREATE DOMAIN public.restore_status AS text
	CONSTRAINT restore_status_known CHECK ((VALUE = ANY (ARRAY['RUNNING'::text, 'PASSED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.restore_status IS 'PASSED only when every table has as many rows as the manifest says.';

CREATE DOMAIN public.share_token AS text
	CONSTRAINT share_token_shape CHECK ((VALUE ~ '^[A-Za-z0-9_-]{12,64}$'::text));

COMMENT ON DOMAIN public.share_token IS 'The random part of a link that shows something to whoever knows it.';

CREATE DOMAIN public.shipment_status AS text
	CONSTRAINT shipment_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'SHIPPED'::text, 'IN_TRANSIT'::text, 'OUT_FOR_DELIVERY'::text, 'DELIVERED'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.shipment_status IS 'State of a parcel.';

CREATE DOMAIN public.stripe_operation_kind AS text
	CONSTRAINT stripe_operation_kind_known CHECK ((VALUE = ANY (ARRAY['CHECKOUT_PACKAGE'::text, 'CHECKOUT_PLAN'::text, 'CHECKOUT_TIER'::text, 'CHANGE_TIER'::text, 'SCHEDULE_DOWNGRADE'::text, 'UNDO_DOWNGRADE'::text, 'CANCEL_AT_PERIOD_END'::text, 'RESUME'::text, 'CANCEL_NOW'::text])));

COMMENT ON DOMAIN public.stripe_operation_kind IS 'What is asked of Stripe.';

CREATE DOMAIN public.stripe_operation_status AS text
	CONSTRAINT stripe_operation_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'DONE'::text, 'FAILED'::text])));

COMMENT ON DOMAIN public.stripe_operation_status IS 'PENDING is asked again with the same key.';

CREATE DOMAIN public.stripe_payment_status AS text
	CONSTRAINT stripe_payment_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'REFUNDED'::text, 'DISPUTED'::text])));

COMMENT ON DOMAIN public.stripe_payment_status IS 'What became of a payment.';

CREATE DOMAIN public.subscription_interval AS text
	CONSTRAINT subscription_interval_known CHECK ((VALUE = ANY (ARRAY['MONTHLY'::text, 'QUARTERLY'::text, 'YEARLY'::text])));

COMMENT ON DOMAIN public.subscription_interval IS 'How often a subscriber of an app pays.';

CREATE DOMAIN public.subscription_status AS text
	CONSTRAINT subscription_status_known CHECK ((VALUE = ANY (ARRAY['ACTIVE'::text, 'CANCELED'::text, 'PAST_DUE'::text, 'UNPAID'::text, 'TRIALING'::text])));

COMMENT ON DOMAIN public.subscription_status IS 'As Stripe has it.';

CREATE DOMAIN public.subscription_tier AS text
	CONSTRAINT subscription_tier_known CHECK ((VALUE = ANY (ARRAY['FREE'::text, 'BASIC'::text, 'STANDARD'::text, 'PREMIUM'::text])));

COMMENT ON DOMAIN public.subscription_tier IS 'What a person''s well holds, and what it costs a month.';

CREATE DOMAIN public.token_transaction_type AS text
	CONSTRAINT token_transaction_type_known CHECK ((VALUE = ANY (ARRAY['EARN_REGENERATION'::text, 'EARN_PURCHASE'::text, 'EARN_BONUS'::text, 'EARN_ADMIN_ADJUSTMENT'::text, 'SPEND_ENHANCEMENT'::text, 'SPEND_MCP_GENERATION'::text, 'SPEND_BOX_CREATION'::text, 'SPEND_APP_MESSAGE'::text, 'REFUND'::text])));

COMMENT ON DOMAIN public.token_transaction_type IS 'Why tokens moved; the sign of the amount follows from it.';

CREATE DOMAIN public.traffic_platform AS text
	CONSTRAINT traffic_platform_known CHECK ((VALUE = ANY (ARRAY['GOOGLE_ADS'::text, 'FACEBOOK'::text, 'ORGANIC'::text, 'DIRECT'::text, 'OTHER'::text])));

COMMENT ON DOMAIN public.traffic_platform IS 'Where a visit came from.';

CREATE DOMAIN public.upload_purpose AS text
	CONSTRAINT upload_purpose_known CHECK ((VALUE = ANY (ARRAY['IMAGE'::text, 'BLEND_SOURCE'::text, 'REFERENCE_IMAGE'::text, 'APP_IMAGE'::text, 'AUDIO_TRACK'::text, 'MCP_INPUT'::text, 'MERCH_PRINT'::text])));

COMMENT ON DOMAIN public.upload_purpose IS 'What an upload is for; decides its bucket and its limits.';

CREATE DOMAIN public.upload_status AS text
	CONSTRAINT upload_status_known CHECK ((VALUE = ANY (ARRAY['PENDING'::text, 'COMPLETED'::text, 'USED'::text])));

COMMENT ON DOMAIN public.upload_status IS 'PENDING: the client may send. COMPLETED: size and kind were checked. USED: something was made of it.';

CREATE DOMAIN public.user_role AS text
	CONSTRAINT user_role_known CHECK ((VALUE = ANY (ARRAY['USER'::text, 'ADMIN'::text, 'SUPER_ADMIN'::text])));

COMMENT ON DOMAIN public.user_role IS 'What somebody may do. SUPER_ADMIN may whatever ADMIN may, and make administrators.';

CREATE DOMAIN public.verification_purpose AS text
	CONSTRAINT verification_purpose_known CHECK ((VALUE = ANY (ARRAY['VERIFY_EMAIL'::text, 'RESET_PASSWORD'::text])));

COMMENT ON DOMAIN public.verification_purpose IS 'What a mailed link is good for.';

CREATE DOMAIN public.voucher_status AS text
	CONSTRAINT voucher_status_known CHECK ((VALUE = ANY (ARRAY['ACTIVE'::text, 'INACTIVE'::text, 'EXPIRED'::text, 'DEPLETED'::text])));

COMMENT ON DOMAIN public.voucher_status IS 'Only an ACTIVE voucher can be redeemed.';

CREATE DOMAIN public.voucher_type AS text
	CONSTRAINT voucher_type_known CHECK ((VALUE = ANY (ARRAY['FIXED_TOKENS'::text, 'PERCENTAGE_BONUS'::text, 'SUBSCRIPTION_TRIAL'::text])));

COMMENT ON DOMAIN public.voucher_type IS 'How the tokens of a voucher are worked out.';

CREATE DOMAIN public.workspace_role AS text
	CONSTRAINT workspace_role_known CHECK ((VALUE = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text])));

COMMENT ON DOMAIN public.workspace_role IS 'What somebody may do in a workspace.';

CREATE FUNCTION public.archive_audit_logs(at_time timestamp with time zone, batch integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    archived bigint;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: nothing is archived'
            using errcode = 'invalid_parameter_value';
    end if;
    with due as (
        select a.actor_id, a.entry_number, p.id as policy_id
          from audit_logs a
         cross join lateral audit_policy(a.workspace_id, a.action) p
         where a.created_at < at_time - make_interval(days => (
                   select min(s.archive_after_days) from audit_retention_policies s where s.is_active))
           and a.created_at < at_time - make_interval(days => p.archive_after_days)
         order by a.created_at, a.id
         limit batch
           for update of a skip locked
    ),
    gone as (
        delete from audit_logs a
         using due d
         where a.actor_id = d.actor_id and a.entry_number = d.entry_number
        returning a.*, d.policy_id
    )
    insert into archived_audit_logs
        (actor_id, entry_number, id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id,
         created_at, previous_hash, hash, workspace_id, archived_at, retention_policy_id)
    select actor_id, entry_number, id, actor_role, action, target_type, target_id, metadata, ip_address, user_agent, session_id,
           created_at, previous_hash, hash, workspace_id, at_time, policy_id
      from gone;
    get diagnostics archived = row_count;
    return archived;
end
$$;

COMMENT ON FUNCTION public.archive_audit_logs(at_time timestamp with time zone, batch integer) IS 'Moves audit entries that are old enough into the archive, at most so many; answers how many. Two at once share the work.';

CREATE TABLE public.audit_logs (
    actor_id text NOT NULL,
    entry_number bigint NOT NULL,
    id text NOT NULL,
    actor_role public.user_role,
    action public.audit_action NOT NULL,
    target_type text,
    target_id text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    ip_address text,
    user_agent text,
    session_id text,
    created_at timestamp with time zone NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    workspace_id text,
    CONSTRAINT audit_logs_entry_number_check CHECK ((entry_number > 0))
);

COMMENT ON TABLE public.audit_logs IS 'Who did what, written in the transaction that did it. Inserted only; rows outlive the actor, so there is no foreign key.';

COMMENT ON COLUMN public.audit_logs.hash IS 'SHA-256 over the previous entry''s hash and this entry: a changed or missing row breaks the actor''s chain.';

COMMENT ON COLUMN public.audit_logs.workspace_id IS 'In whose workspace it was done, if in one. What was changed from what to what is in the metadata.';

CREATE FUNCTION public.audit_entry_hash(entry public.audit_logs) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
    select sha256(entry.previous_hash || convert_to(jsonb_build_array(
        entry.actor_id, entry.entry_number, entry.id, entry.actor_role, entry.action, entry.target_type, entry.target_id,
        entry.metadata, entry.ip_address, entry.user_agent, entry.session_id,
        extract(epoch from entry.created_at))::text || coalesce(to_jsonb(entry.workspace_id)::text, ''), 'UTF8'))
$$;

COMMENT ON FUNCTION public.audit_entry_hash(entry public.audit_logs) IS 'SHA-256 over the hash of the entry before and all of this one.';

CREATE FUNCTION public.audit_faults() RETURNS TABLE(actor_id text, entry_number bigint, fault text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select a.actor_id, a.entry_number, 'changed'
      from audit_entries a
     where a.hash <> audit_entry_hash(row(
               a.actor_id, a.entry_number, a.id, a.actor_role, a.action, a.target_type, a.target_id, a.metadata,
               a.ip_address, a.user_agent, a.session_id, a.created_at, a.previous_hash, a.hash, a.workspace_id)::audit_logs)
    union all
    select a.actor_id, a.entry_number, 'does not follow the entry before'
      from (select l.actor_id, l.entry_number, l.previous_hash,
                   lag(l.hash, 1, coalesce(c.removed_hash, ''::bytea)) over w as before,
                   row_number() over w + coalesce(c.removed_entries, 0) as place
              from audit_entries l
              left join audit_chains c on c.actor_id = l.actor_id
            window w as (partition by l.actor_id order by l.entry_number)) a
     where a.previous_hash <> a.before or a.entry_number <> a.place
    union all
    select c.actor_id, c.entry_number, 'the newest entry is missing'
      from audit_chains c
     where c.entry_number > c.removed_entries
       and not exists (select from audit_entries a
                        where a.actor_id = c.actor_id and a.entry_number = c.entry_number and a.hash = c.hash)
$$;

COMMENT ON FUNCTION public.audit_faults() IS 'Audit entries that were changed, removed or slipped in. Empty when all is well.';

CREATE TABLE public.audit_retention_policies (
    id text NOT NULL,
    workspace_id text,
    name text NOT NULL,
    retention_days integer DEFAULT 365 NOT NULL,
    archive_after_days integer,
    delete_after_days integer,
    action_types text[] DEFAULT '{}'::text[] NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_retention_policies_days_range CHECK ((((retention_days >= 90) AND (retention_days <= 36500)) AND ((archive_after_days >= 30) AND (archive_after_days <= 36500)) AND (delete_after_days <= 36500))),
    CONSTRAINT audit_retention_policies_deleted_from_archive CHECK (((delete_after_days IS NULL) OR ((archive_after_days IS NOT NULL) AND (delete_after_days > archive_after_days) AND (delete_after_days >= retention_days)))),
    CONSTRAINT audit_retention_policies_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

COMMENT ON TABLE public.audit_retention_policies IS 'How long audit entries are kept: a workspace''s own policy before the general ones, one for certain actions before one for all.';

COMMENT ON COLUMN public.audit_retention_policies.retention_days IS 'At least so long they are kept.';

COMMENT ON COLUMN public.audit_retention_policies.archive_after_days IS 'Then they move to archived_audit_logs; null: never.';

COMMENT ON COLUMN public.audit_retention_policies.delete_after_days IS 'Then they go for good; null: never.';

COMMENT ON COLUMN public.audit_retention_policies.action_types IS 'Empty: all.';

CREATE FUNCTION public.audit_policy(of_workspace text, of_action text) RETURNS public.audit_retention_policies
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select p
      from audit_retention_policies p
     where p.is_active
       and (p.workspace_id is null or p.workspace_id = of_workspace)
       and (p.action_types = '{}' or of_action = any (p.action_types))
     order by p.workspace_id nulls last, p.action_types = '{}', p.id
     limit 1
$$;

COMMENT ON FUNCTION public.audit_policy(of_workspace text, of_action text) IS 'The policy for an action, in a workspace or (null) in none.';

CREATE FUNCTION public.box_status_may_become(old_status text, new_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case old_status
               when 'CREATING' then new_status in ('RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'STARTING' then new_status in ('RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'RUNNING' then new_status in ('STARTING', 'PAUSED', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'PAUSED' then new_status in ('STARTING', 'RUNNING', 'STOPPING', 'ERROR', 'TERMINATED')
               when 'STOPPING' then new_status in ('STOPPED', 'ERROR', 'TERMINATED')
               when 'STOPPED' then new_status in ('STARTING', 'ERROR', 'TERMINATED')
               when 'ERROR' then new_status in ('STARTING', 'STOPPING', 'TERMINATED')
               else false
           end
$$;

COMMENT ON FUNCTION public.box_status_may_become(old_status text, new_status text) IS 'Which status of a box may follow which. A restart is RUNNING to STARTING.';

CREATE FUNCTION public.caller(kind text, secret_hash bytea, at_time timestamp with time zone) RETURNS TABLE(user_id text, role text, email text, name text, image text, session_id text, expires_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    select u.id, u.role::text, u.email, u.name, u.image, s.id, s.expires_at
      from sessions s
      join users u on u.id = s.user_id
     where kind = 'session'
       and s.token_hash = secret_hash
       and s.expires_at > at_time
       and s.revoked_at is null
       and u.deleted_at is null
    union all
    select u.id, u.role::text, u.email, u.name, u.image, null, null
      from api_keys k
      join users u on u.id = k.user_id
     where kind = 'api_key'
       and k.key_hash = secret_hash
       and k.is_active
       and u.deleted_at is null
$$;

COMMENT ON FUNCTION public.caller(kind text, secret_hash bytea, at_time timestamp with time zone) IS 'The person behind a session token or an API key, if it is still good.';

CREATE FUNCTION public.chain_audit_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    head audit_chains;
begin
    insert into audit_chains (actor_id, entry_number, hash) values (new.actor_id, 0, '')
    on conflict (actor_id) do nothing;
    select * into strict head from audit_chains where actor_id = new.actor_id for update;
    new.entry_number := head.entry_number + 1;
    new.previous_hash := head.hash;
    new.hash := audit_entry_hash(new);
    update audit_chains set entry_number = new.entry_number, hash = new.hash where actor_id = new.actor_id;
    return new;
end
$$;

COMMENT ON FUNCTION public.chain_audit_entry() IS 'Numbers an entry and chains it to its actor''s entry before.';

CREATE FUNCTION public.check_attribution_shares() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION public.check_attribution_shares() IS 'Under each model the shares of a conversion are numbered from 1 and add up to its value.';

CREATE FUNCTION public.check_merch_operation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    of_order merch_orders;
    refunds bigint;
begin
    -- Locked, so that refunds at once are counted one after the other.
    select * into of_order from merch_orders o where o.id = new.order_id for no key update;
    if new.kind in ('CAPTURE', 'SUBMIT') and of_order.authorized_at is null then
        raise exception 'order % is not authorised', new.order_id
            using errcode = 'check_violation', constraint = 'merch_operations_after_authorization', table = 'merch_operations';
    end if;
    if new.kind in ('CREATE_INTENT', 'CAPTURE') and new.amount_minor <> of_order.total_minor then
        raise exception 'order % costs another amount', new.order_id
            using errcode = 'check_violation', constraint = 'merch_operations_amount_is_total', table = 'merch_operations';
    end if;
    if new.kind = 'REFUND' then
        select coalesce(sum(r.amount_minor), 0) into refunds
          from merch_operations r
         where r.order_id = new.order_id and r.kind = 'REFUND' and r.status <> 'FAILED' and r.id <> new.id;
        if refunds + new.amount_minor > of_order.captured_minor then
            raise exception 'order % would be refunded more than was paid', new.order_id
                using errcode = 'check_violation', constraint = 'merch_operations_refund_fits', table = 'merch_operations';
        end if;
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION public.check_merch_operation() IS 'Nothing is captured or printed before the bank has agreed, and never more is given back than was taken.';

CREATE FUNCTION public.check_merch_price() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    of_product text;
begin
    if tg_table_name = 'merch_products' then
        of_product := new.id;
    else
        of_product := new.product_id;
    end if;
    perform from merch_products p where p.id = of_product for no key update;
    if exists (
        select from merch_variants v
          join merch_products p on p.id = v.product_id
         where v.product_id = of_product and p.retail_price_minor + v.price_delta_minor < 1
    ) then
        raise exception 'a variant of product % would cost nothing', of_product
            using errcode = 'check_violation', constraint = 'merch_variants_price_positive', table = 'merch_variants';
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION public.check_merch_price() IS 'No variant costs nothing or less.';

CREATE FUNCTION public.check_merch_subtotal() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    of_order text;
begin
    if tg_op = 'DELETE' then
        of_order := old.order_id;
    elsif tg_table_name = 'merch_orders' then
        of_order := new.id;
    else
        of_order := new.order_id;
    end if;
    if exists (
        select from merch_orders o
         where o.id = of_order
           and o.subtotal_minor is distinct from
               (select sum(i.total_price_minor) from merch_order_items i where i.order_id = o.id)
    ) then
        raise exception 'the items of order % do not add up to its subtotal', of_order
            using errcode = 'check_violation', constraint = 'merch_orders_subtotal_is_sum_of_items', table = 'merch_orders';
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION public.check_merch_subtotal() IS 'An order''s subtotal is the sum of its items.';

CREATE FUNCTION public.delete_archived_audit_logs(at_time timestamp with time zone, batch integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    chain audit_chains;
    kept_from bigint;
    last_gone archived_audit_logs;
    deleted bigint := 0;
    of_chain bigint;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: nothing is deleted'
            using errcode = 'invalid_parameter_value';
    end if;
    for chain in
        select c.*
          from audit_chains c
         where exists (
               select from archived_audit_logs a
                cross join lateral audit_policy(a.workspace_id, a.action) p
                where a.actor_id = c.actor_id and a.entry_number = c.removed_entries + 1
                  and a.created_at < at_time - make_interval(days => p.delete_after_days))
         order by c.actor_id
           for update of c skip locked
    loop
        exit when deleted >= batch;
        -- From the oldest on and without a hole, so that what stays is still a chain.
        select min(e.entry_number) into kept_from
          from audit_entries e
         cross join lateral audit_policy(e.workspace_id, e.action) p
         where e.actor_id = chain.actor_id
           and (not e.archived or p.delete_after_days is null
                or e.created_at >= at_time - make_interval(days => p.delete_after_days));
        kept_from := least(coalesce(kept_from, chain.entry_number + 1), chain.removed_entries + 1 + batch - deleted);
        select a.* into last_gone
          from archived_audit_logs a
         where a.actor_id = chain.actor_id and a.entry_number = kept_from - 1;
        continue when not found;
        delete from archived_audit_logs a where a.actor_id = chain.actor_id and a.entry_number < kept_from;
        get diagnostics of_chain = row_count;
        deleted := deleted + of_chain;
        update audit_chains c
           set removed_entries = last_gone.entry_number, removed_hash = last_gone.hash
         where c.actor_id = chain.actor_id;
    end loop;
    return deleted;
end
$$;

COMMENT ON FUNCTION public.delete_archived_audit_logs(at_time timestamp with time zone, batch integer) IS 'Deletes archived audit entries whose time is up, about so many; answers how many. Each actor''s from the oldest on.';

CREATE FUNCTION public.explain_statement(wanted bigint) RETURNS TABLE(statement text, plan text, problem text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $_$
declare
    preparable text;
    arguments text;
    line text;
begin
    begin
        select s.query into statement
          from pg_stat_statements s
         where s.queryid = wanted
           and s.userid = (select oid from pg_roles where rolname = current_user)
           and s.dbid = (select oid from pg_database where datname = current_database())
           and s.toplevel
           and s.query ~* '^\s*(select|with|insert|update|delete)\y';
    exception
        when undefined_table or object_not_in_prerequisite_state then
            problem := 'statements are not counted';
            return next;
            return;
    end;
    if statement is null then
        return;
    end if;
    -- Counted texts have $n for each constant, also where only a constant may be, which seldom matters to a plan; and a moment
    -- less an interval is taken for two intervals where nothing says what the moment is.
    preparable := regexp_replace(
        statement, '\y(interval|timestamptz|timestamp|date|time|jsonb|json)\s+(\$\d+)', '\2::\1', 'gi');
    preparable := regexp_replace(preparable, '\yextract\((\$\d+) from\y', 'pg_catalog."extract"(\1,', 'gi');
    preparable := regexp_replace(preparable, '(\$\d+)(\s*[-+]\s*)(?=\$\d+::interval)', '\1::timestamptz\2', 'gi');
    begin
        if exists (select from pg_prepared_statements where name = 'explained') then
            deallocate explained;
        end if;
        execute 'prepare explained as ' || preparable;
        select ' (' || string_agg('null', ', ') || ')' into arguments
          from pg_prepared_statements p, unnest(p.parameter_types)
         where p.name = 'explained';
        for line in execute 'explain execute explained' || coalesce(arguments, '') loop
            plan := concat_ws(E'\n', plan, line);
        end loop;
        deallocate explained;
    exception
        -- Also when it is cancelled: a prepared statement outlives the transaction.
        when query_canceled or others then
            if exists (select from pg_prepared_statements where name = 'explained') then
                deallocate explained;
            end if;
            if sqlstate = '57014' then
                raise;
            end if;
            plan := null;
            problem := sqlerrm;
    end;
    return next;
end
$_$;

COMMENT ON FUNCTION public.explain_statement(wanted bigint) IS 'The plan of a statement that the calling role has run, by its id in pg_stat_statements, for any values; nothing is executed. No row: there is none.';

CREATE FUNCTION public.job_status_may_become(old_status text, new_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case old_status
               when 'PENDING' then true
               when 'PROCESSING' then true
               when 'FAILED' then new_status = 'REFUNDED'
               else false
           end
$$;

COMMENT ON FUNCTION public.job_status_may_become(old_status text, new_status text) IS 'A job that has ended stays as it is, however late a worker answers; an active one may also go back to the queue.';

CREATE FUNCTION public.log_ddl() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    -- What "security definer" hides: the role that was set, if one was.
    acting constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
    application constant text := current_setting('application_name', true);
begin
    if tg_event = 'sql_drop' then
        insert into ddl_log (command, object_type, object_identity, acting_role, client_address, application_name)
        select tg_tag, d.object_type, d.object_identity, acting, inet_client_addr()::text, application
          from pg_event_trigger_dropped_objects() d
         where d.original and not d.is_temporary;
    else
        insert into ddl_log (command, object_type, object_identity, acting_role, client_address, application_name)
        select c.command_tag, c.object_type, c.object_identity, acting, inet_client_addr()::text, application
          from pg_event_trigger_ddl_commands() c
         where c.schema_name is distinct from 'pg_temp';
    end if;
end
$$;

COMMENT ON FUNCTION public.log_ddl() IS 'Writes ddl_log.';

CREATE FUNCTION public.maintain_partitions(at_time timestamp with time zone) RETURNS TABLE(table_name text, partition_name text, action text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
declare
    this_month constant date := date_trunc('month', at_time at time zone 'UTC')::date;
    policy partition_policies;
    child record;
    made text;
begin
    if abs(extract(epoch from at_time - now())) > 40 * 86400 then
        raise exception 'the time given is more than 40 days from the server''s: no partition is made or dropped'
            using errcode = 'invalid_parameter_value';
    end if;
    for policy in select p.* from partition_policies p order by p.table_name loop
        for ahead in 0 .. policy.months_ahead loop
            made := make_month_partition(policy.table_name, (this_month + make_interval(months => ahead))::date);
            if made is not null then
                return query values (policy.table_name, made, 'made'::text);
            end if;
        end loop;
        continue when policy.keep_months is null;
        for child in
            select c.relname::text as name
              from pg_inherits i
              join pg_class c on c.oid = i.inhrelid
             where i.inhparent = format('public.%I', policy.table_name)::regclass
               and c.relname ~ ('^' || policy.table_name || '_[0-9]{4}_[0-9]{2}$')
               and to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => policy.keep_months)
             order by c.relname
        loop
            execute format('drop table %I', child.name);
            return query values (policy.table_name, child.name, 'dropped'::text);
        end loop;
    end loop;
end
$_$;

COMMENT ON FUNCTION public.maintain_partitions(at_time timestamp with time zone) IS 'Makes the months ahead and drops those past their keep; refuses a time far from the server''s, so that a wrong clock drops nothing.';

CREATE FUNCTION public.make_month_partition(parent text, month_start date) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    first_day constant date := date_trunc('month', month_start)::date;
    next_month constant date := (first_day + interval '1 month')::date;
    partition_name constant text := parent || to_char(first_day, '"_"YYYY"_"MM');
begin
    if to_regclass(format('public.%I', partition_name)) is not null then
        return null;
    end if;
    execute format('create table %I (like %I including defaults including constraints)', partition_name, parent);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, partition_name, first_day::timestamp at time zone 'UTC', next_month::timestamp at time zone 'UTC'
    );
    return partition_name;
end
$$;

COMMENT ON FUNCTION public.make_month_partition(parent text, month_start date) IS 'Makes and attaches the partition of the month (UTC) that holds a day, if it is missing; answers its name, or null.';

CREATE FUNCTION public.merch_order_may_become(old_status text, new_status text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case new_status
               when 'PAYMENT_PENDING' then old_status = 'PENDING'
               when 'PAID' then old_status = 'PAYMENT_PENDING'
               when 'SUBMITTED' then old_status = 'PAID'
               when 'IN_PRODUCTION' then old_status = 'SUBMITTED'
               when 'SHIPPED' then old_status in ('SUBMITTED', 'IN_PRODUCTION')
               when 'DELIVERED' then old_status = 'SHIPPED'
               when 'CANCELLED' then old_status in ('PENDING', 'PAYMENT_PENDING', 'PAID', 'SUBMITTED')
               when 'REFUNDED' then old_status in ('PAID', 'SUBMITTED', 'IN_PRODUCTION', 'SHIPPED', 'DELIVERED', 'CANCELLED')
               else false
           end
$$;

COMMENT ON FUNCTION public.merch_order_may_become(old_status text, new_status text) IS 'The way of an order. It never goes back, however late or often it is told something.';

CREATE FUNCTION public.move_merch_order(of_order text, new_status text, event_id text, event_type text, event_data jsonb, at_time timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    moved text;
begin
    update merch_orders o
       set status = new_status,
           authorized_at = case when new_status = 'PAYMENT_PENDING' then at_time else o.authorized_at end,
           paid_at = case when new_status = 'PAID' then at_time else o.paid_at end,
           captured_minor = case when new_status = 'PAID' then o.total_minor else o.captured_minor end,
           refunded_minor = case when new_status = 'REFUNDED' then o.captured_minor else o.refunded_minor end,
           stripe_payment_status = case new_status
               when 'PAYMENT_PENDING' then 'authorized'
               when 'PAID' then 'captured'
               when 'REFUNDED' then 'refunded'
               when 'CANCELLED' then case when o.paid_at is null then 'cancelled' else o.stripe_payment_status::text end
               else o.stripe_payment_status::text
           end
     where o.id = of_order and merch_order_may_become(o.status, new_status)
       and (new_status <> 'REFUNDED' or o.paid_at is not null)
    returning o.id into moved;
    if moved is not null then
        insert into merch_order_events (order_id, id, type, to_status, data, created_at)
        values (of_order, event_id, event_type, new_status, event_data, at_time);
    end if;
    return moved;
end
$$;

COMMENT ON FUNCTION public.move_merch_order(of_order text, new_status text, event_id text, event_type text, event_data jsonb, at_time timestamp with time zone) IS 'Takes an order a step on and writes the event; answers its id, or null and changes nothing where the step is not allowed (any more).';

CREATE FUNCTION public.next_merch_order_number(on_day date) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    symbols constant text := 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
    counted merch_order_days;
    code bigint;
begin
    insert into merch_order_days as d (day, issued) values (on_day, 1)
    on conflict (day) do update set issued = d.issued + 1
    returning * into counted;
    -- An odd factor maps the 2^20 numbers of a day one to one onto the 2^20 codes of four symbols.
    code := (counted.issued::bigint * 662917 + counted.scramble) % 1048576;
    return 'SL-' || to_char(on_day, 'YYYYMMDD') || '-'
        || substr(symbols, (code >> 15 & 31)::integer + 1, 1) || substr(symbols, (code >> 10 & 31)::integer + 1, 1)
        || substr(symbols, (code >> 5 & 31)::integer + 1, 1) || substr(symbols, (code & 31)::integer + 1, 1);
end
$$;

COMMENT ON FUNCTION public.next_merch_order_number(on_day date) IS 'The next order number of a day, SL-YYYYMMDD-XXXX. To be asked for last in a transaction: until its end others wait.';

CREATE FUNCTION public.partition_by_month(parent text, time_column text, keep_months integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    this_month constant date := date_trunc('month', now() at time zone 'UTC')::date;
    policy partition_policies;
begin
    insert into partition_policies (table_name, time_column, keep_months)
    values (parent, time_column, keep_months)
    returning * into policy;
    for ahead in -1 .. policy.months_ahead loop
        perform make_month_partition(parent, (this_month + make_interval(months => ahead))::date);
    end loop;
end
$$;

COMMENT ON FUNCTION public.partition_by_month(parent text, time_column text, keep_months integer) IS 'Registers a table partitioned by range on a time column and makes its months; null months kept means for ever.';

CREATE FUNCTION public.queue_object_deletions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    before constant jsonb := to_jsonb(old);
    after jsonb := '{}';
    key_column text;
begin
    if tg_op = 'UPDATE' then
        after := to_jsonb(new);
    end if;
    foreach key_column in array tg_argv[1:] loop
        if before ->> key_column is not null and before ->> key_column is distinct from after ->> key_column then
            insert into object_deletions (bucket, object_key, queued_at)
            values (tg_argv[0], before ->> key_column, clock_timestamp())
            on conflict do nothing;
        end if;
    end loop;
    return null;
end
$$;

COMMENT ON FUNCTION public.queue_object_deletions() IS 'After a row is deleted or points at another object, its old objects are to be deleted.';

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'new row for relation "%" violates "%"', tg_table_name, tg_argv[0]
        using errcode = 'check_violation', constraint = tg_argv[0], table = tg_table_name;
end
$$;

COMMENT ON FUNCTION public.refuse_change() IS 'For triggers with a condition: a check on the old and the new row together.';

CREATE FUNCTION public.require_caller(kind text, secret_hash bytea, at_time timestamp with time zone, needed_role text) RETURNS TABLE(user_id text, role text, email text, name text, image text, session_id text, expires_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return query select * from caller(kind, secret_hash, at_time);
    if not found then
        if kind = 'api_key' and exists (select from api_keys k where k.key_hash = secret_hash) then
            raise exception 'the API key was revoked' using errcode = 'SL410';
        end if;
        raise exception 'nobody is calling' using errcode = 'SL401';
    end if;
    if needed_role <> 'USER' and not exists (
        select from caller(kind, secret_hash, at_time) c where c.role in (needed_role, 'SUPER_ADMIN')
    ) then
        raise exception 'the role is too low' using errcode = 'SL403';
    end if;
end
$$;

COMMENT ON FUNCTION public.require_caller(kind text, secret_hash bytea, at_time timestamp with time zone, needed_role text) IS 'As caller(), or an error: SL401 nobody, SL410 revoked key, SL403 lacks the role.';

CREATE FUNCTION public.require_user_id_salt(fingerprint bytea) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from deployment where user_id_salt_fingerprint = fingerprint) then
        return;
    end if;
    -- Of several first ones at once, those who waited for the row look again.
    update deployment set user_id_salt_fingerprint = fingerprint where user_id_salt_fingerprint is null;
    if not found and not exists (select from deployment where user_id_salt_fingerprint = fingerprint) then
        raise exception 'user ids here were made with another salt' using errcode = 'SL500';
    end if;
end
$$;

COMMENT ON FUNCTION public.require_user_id_salt(fingerprint bytea) IS 'Raises SL500 when user ids in this database were made with another salt.';

CREATE FUNCTION public.require_writable() RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    stopped record;
begin
    select maintenance_message into stopped from deployment where maintenance_since is not null;
    if found then
        raise exception 'writing is stopped for maintenance'
            using errcode = 'SL503', detail = coalesce(stopped.maintenance_message, '');
    end if;
end
$$;

COMMENT ON FUNCTION public.require_writable() IS 'Raises SL503 while the system is under maintenance.';

CREATE FUNCTION public.set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;

COMMENT ON FUNCTION public.set_updated_at() IS 'Keeps updated_at right whoever writes the row.';

CREATE FUNCTION public.settle_ownership() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    found record;
begin
    for found in
        select case
                   when c.relkind in ('r', 'p') then 'table'
                   when c.relkind = 'v' then 'view'
                   when c.relkind = 'm' then 'materialized view'
                   else 'sequence'
               end as kind,
               format('%I', c.relname) as name
          from pg_class c
         where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p', 'v', 'm', 'S')
           and c.relowner <> 'spike_owner'::regrole
           -- A column's own sequence goes with its table.
           and not exists (
               select
                 from pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid
                  and (d.deptype = 'e' or c.relkind = 'S' and d.deptype in ('a', 'i')))
        union all
        select 'domain', format('%I', t.typname)
          from pg_type t
         where t.typnamespace = 'public'::regnamespace
           and t.typtype = 'd'
           and t.typowner <> 'spike_owner'::regrole
           and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
        union all
        select 'routine', p.oid::regprocedure::text
          from pg_proc p
         where p.pronamespace = 'public'::regnamespace
           and p.proowner <> 'spike_owner'::regrole
           and p.prorettype <> 'event_trigger'::regtype
           and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    loop
        execute format('alter %s %s owner to spike_owner', found.kind, found.name);
    end loop;

    for found in
        select format('%I', c.relname) as name,
               string_agg(format('%I', a.attname), ', ' order by a.attnum)
                   filter (where col_description(c.oid, a.attnum) not like 'secret:%' or col_description(c.oid, a.attnum) is null) as shown,
               bool_or(coalesce(col_description(c.oid, a.attnum) like 'secret:%', false)) as has_secret,
               bool_and(has_column_privilege('spike_readonly', c.oid, a.attnum, 'select')
                        = (col_description(c.oid, a.attnum) not like 'secret:%' or col_description(c.oid, a.attnum) is null)) as settled
          from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p', 'v', 'm')
           -- The months of a table are read through it.
           and not c.relispartition
           and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         group by c.oid, c.relname
    loop
        continue when found.settled;
        execute format('revoke select on %s from spike_readonly', found.name);
        if not found.has_secret then
            execute format('grant select on %s to spike_readonly', found.name);
        elsif found.shown is not null then
            execute format('grant select (%s) on %s to spike_readonly', found.shown, found.name);
        end if;
    end loop;
end
$$;

COMMENT ON FUNCTION public.settle_ownership() IS 'Gives every object to spike_owner and every column that is no secret to spike_readonly; changes only what is not so yet.';

CREATE FUNCTION public.visit_platform(gclid text, fbclid text, utm_source text, referrer text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
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
$_$;

COMMENT ON FUNCTION public.visit_platform(gclid text, fbclid text, utm_source text, referrer text) IS 'Where a visit came from, by its click ids, its utm_source and its referrer.';

CREATE TABLE public.accounts (
    id text NOT NULL,
    user_id text NOT NULL,
    provider public.oauth_provider NOT NULL,
    provider_account_id text NOT NULL,
    access_token text,
    refresh_token text,
    id_token text,
    expires_at timestamp with time zone,
    token_type text,
    scope text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE public.accounts IS 'Sign-in providers linked to a person.';

COMMENT ON COLUMN public.accounts.access_token IS 'secret: AES-256-GCM: key id, nonce and ciphertext.';

COMMENT ON COLUMN public.accounts.refresh_token IS 'secret: AES-256-GCM: key id, nonce and ciphertext.';

COMMENT ON COLUMN public.accounts.id_token IS 'secret: AES-256-GCM: key id, nonce and ciphertext.';

COMMENT ON COLUMN public.accounts.expires_at IS 'When the access token ends.';

CREATE TABLE public.agent_credentials (
    id text NOT NULL,
    name text NOT NULL,
    scope public.agent_scope NOT NULL,
    box_id text,
    key_hash bytea NOT NULL,
    key_prefix text NOT NULL,
    created_by text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT agent_credentials_box_with_its_scope CHECK ((((scope)::text = 'BOX'::text) = (box_id IS NOT NULL))),
    CONSTRAINT agent_credentials_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT agent_credentials_key_hash_is_sha256 CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT agent_credentials_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50)))
);

COMMENT ON TABLE public.agent_credentials IS 'Keys of agents of our own, beside the one in the configuration. A key is shown once, when it is made; revoking it is final.';

COMMENT ON COLUMN public.agent_credentials.box_id IS 'The one box that it may speak for.';

COMMENT ON COLUMN public.agent_credentials.key_hash IS 'secret: SHA-256 of the key; the key itself is stored nowhere.';

COMMENT ON COLUMN public.agent_credentials.key_prefix IS 'What a list shows.';

CREATE TABLE public.agent_session_activities (
    session_id text NOT NULL,
    id text NOT NULL,
    external_id text,
    type text NOT NULL,
    content text,
    metadata jsonb,
    created_by text,
    delivery public.agent_delivery,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT agent_session_activities_content_length CHECK ((char_length(content) <= 100000)),
    CONSTRAINT agent_session_activities_delivered_is_ours CHECK (((delivery IS NULL) OR (external_id IS NULL) OR ((delivery)::text = 'SENT'::text))),
    CONSTRAINT agent_session_activities_type_shape CHECK ((type ~ '^[a-z][a-z0-9_]{0,49}$'::text))
);

COMMENT ON TABLE public.agent_session_activities IS 'What happened in a session: what we said, and what the provider reports.';

COMMENT ON COLUMN public.agent_session_activities.external_id IS 'The provider''s; seen again it is the same activity.';

COMMENT ON COLUMN public.agent_session_activities.delivery IS 'Of what we say, written before it is sent; null of what the provider reports.';

CREATE TABLE public.agent_tasks (
    id text NOT NULL,
    box_id text NOT NULL,
    type text NOT NULL,
    payload jsonb,
    status public.job_status DEFAULT 'PENDING'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    result jsonb,
    error text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT agent_tasks_attempts_fit CHECK (((attempt >= 0) AND ((max_attempts >= 1) AND (max_attempts <= 10)) AND (attempt <= max_attempts))),
    CONSTRAINT agent_tasks_ended_has_a_time CHECK ((((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text])) = (completed_at IS NULL))),
    CONSTRAINT agent_tasks_error_length CHECK ((char_length(error) <= 10000)),
    CONSTRAINT agent_tasks_never_refunded CHECK (((status)::text <> 'REFUNDED'::text)),
    CONSTRAINT agent_tasks_payload_is_small CHECK ((pg_column_size(payload) <= 65536)),
    CONSTRAINT agent_tasks_processing_is_leased CHECK (((((status)::text = 'PROCESSING'::text) = (lease_until IS NOT NULL)) AND ((lease_until IS NULL) = (lease_owner IS NULL)))),
    CONSTRAINT agent_tasks_result_is_small CHECK ((pg_column_size(result) <= 1048576)),
    CONSTRAINT agent_tasks_type_shape CHECK ((type ~ '^[A-Z][A-Z0-9_]{0,49}$'::text))
);

COMMENT ON TABLE public.agent_tasks IS 'What the agent in a box is to do: fetched by it, each by one.';

COMMENT ON COLUMN public.agent_tasks.type IS 'NAVIGATE, CLICK, TYPE …: the agents name them.';

COMMENT ON COLUMN public.agent_tasks.lease_owner IS 'Who fetched it; after lease_until another may.';

CREATE TABLE public.ai_decision_logs (
    created_at timestamp with time zone NOT NULL,
    id text NOT NULL,
    workspace_id text,
    user_id text,
    request_type text NOT NULL,
    model text NOT NULL,
    system_prompt text,
    input_prompt text,
    output text,
    tokens_used integer,
    latency_ms integer,
    status public.ai_decision_status NOT NULL,
    error_message text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT ai_decision_logs_error_told CHECK ((((status)::text <> 'success'::text) OR (error_message IS NULL))),
    CONSTRAINT ai_decision_logs_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 16384))),
    CONSTRAINT ai_decision_logs_not_negative CHECK (((tokens_used >= 0) AND (latency_ms >= 0))),
    CONSTRAINT ai_decision_logs_text_length CHECK ((((char_length(request_type) >= 1) AND (char_length(request_type) <= 100)) AND ((char_length(model) >= 1) AND (char_length(model) <= 100)) AND (char_length(system_prompt) <= 20000) AND (char_length(input_prompt) <= 50000) AND (char_length(output) <= 50000) AND (char_length(error_message) <= 2000)))
)
PARTITION BY RANGE (created_at);

COMMENT ON TABLE public.ai_decision_logs IS 'What was asked of a model and what came back. Kept a year; cut by month.';

COMMENT ON COLUMN public.ai_decision_logs.input_prompt IS 'personal: as the person wrote it.';

COMMENT ON COLUMN public.ai_decision_logs.output IS 'personal: what the model made of it.';

COMMENT ON COLUMN public.ai_decision_logs.tokens_used IS 'The model''s tokens, which have nothing to do with a wallet''s.';

CREATE TABLE public.album_images (
    id text NOT NULL,
    user_id text NOT NULL,
    album_id text NOT NULL,
    image_id text NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    is_cover boolean DEFAULT false NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT album_images_sort_order_not_negative CHECK ((sort_order >= 0))
);

COMMENT ON TABLE public.album_images IS 'Which picture is in which album, and where in it. Both are of one owner.';

COMMENT ON COLUMN public.album_images.is_cover IS 'The album''s cover; so a cover is always a picture of the album.';

CREATE TABLE public.albums (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text,
    privacy public.album_privacy DEFAULT 'PRIVATE'::text NOT NULL,
    default_tier public.enhancement_tier DEFAULT 'TIER_1K'::text NOT NULL,
    share_token public.share_token,
    sort_order integer DEFAULT 0 NOT NULL,
    pipeline_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT albums_default_tier_is_paid CHECK (((default_tier)::text <> 'FREE'::text)),
    CONSTRAINT albums_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT albums_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT albums_name_trimmed CHECK ((name = btrim(name))),
    CONSTRAINT albums_sort_order_not_negative CHECK ((sort_order >= 0)),
    CONSTRAINT albums_token_unless_private CHECK ((((privacy)::text = 'PRIVATE'::text) = (share_token IS NULL)))
);

COMMENT ON TABLE public.albums IS 'Somebody''s pictures under one name.';

COMMENT ON COLUMN public.albums.default_tier IS 'At which what is uploaded into it is enhanced.';

COMMENT ON COLUMN public.albums.pipeline_id IS 'With which; a pipeline that an album uses can''t be deleted.';

CREATE TABLE public.alert_events (
    rule text NOT NULL,
    id text NOT NULL,
    from_state public.alert_status NOT NULL,
    to_state public.alert_status NOT NULL,
    value double precision,
    threshold double precision NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT alert_events_is_a_change CHECK (((from_state)::text <> (to_state)::text)),
    CONSTRAINT alert_events_way CHECK ((((to_state)::text = 'FIRING'::text) OR (((from_state)::text = 'FIRING'::text) AND ((to_state)::text = 'RESOLVED'::text))))
);

COMMENT ON TABLE public.alert_events IS 'Every change of a rule''s state, and nothing else.';

CREATE TABLE public.alert_outbox (
    id text NOT NULL,
    rule text NOT NULL,
    event_id text NOT NULL,
    channel public.alert_channel NOT NULL,
    payload jsonb NOT NULL,
    status public.outbox_status DEFAULT 'PENDING'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    last_error text,
    CONSTRAINT alert_outbox_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT alert_outbox_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT alert_outbox_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT alert_outbox_sent_has_a_time CHECK ((((status)::text = 'SENT'::text) = (sent_at IS NOT NULL)))
);

COMMENT ON TABLE public.alert_outbox IS 'Who has still to be told of which change. Written with the change; once per channel, tried until it arrives.';

COMMENT ON COLUMN public.alert_outbox.id IS 'Also what the receiver gets, so that it notices one that came twice.';

CREATE TABLE public.alert_states (
    rule text NOT NULL,
    state public.alert_status DEFAULT 'OK'::text NOT NULL,
    since timestamp with time zone NOT NULL,
    value double precision,
    threshold double precision NOT NULL,
    calm_evaluations integer DEFAULT 0 NOT NULL,
    evaluated_at timestamp with time zone NOT NULL,
    last_notified_at timestamp with time zone,
    CONSTRAINT alert_states_calm_not_negative CHECK ((calm_evaluations >= 0)),
    CONSTRAINT alert_states_evaluated_since CHECK ((evaluated_at >= since)),
    CONSTRAINT alert_states_rule_shape CHECK ((rule ~ '^[a-z][a-z0-9_.:-]{0,99}$'::text))
);

COMMENT ON TABLE public.alert_states IS 'How each rule stands. One row per rule; locked while it is evaluated.';

COMMENT ON COLUMN public.alert_states.since IS 'When it took this state.';

COMMENT ON COLUMN public.alert_states.value IS 'At the last evaluation; null where it could not be measured.';

COMMENT ON COLUMN public.alert_states.calm_evaluations IS 'In a row below the threshold while FIRING: only several make it RESOLVED.';

CREATE TABLE public.analytics_events (
    session_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    value double precision,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT analytics_events_category_length CHECK (((char_length(category) >= 1) AND (char_length(category) <= 100))),
    CONSTRAINT analytics_events_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 8192))),
    CONSTRAINT analytics_events_name_shape CHECK ((name ~ '^[a-z][a-z0-9_]{0,99}$'::text)),
    CONSTRAINT analytics_events_value_is_finite CHECK (((value > '-Infinity'::double precision) AND (value < 'Infinity'::double precision)))
)
PARTITION BY RANGE (created_at);

COMMENT ON TABLE public.analytics_events IS 'What a visitor did, of a fixed list of names. Kept 90 days; cut by month.';

CREATE TABLE public.api_keys (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    key_prefix text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT api_keys_key_hash_is_sha256 CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT api_keys_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50)))
);

COMMENT ON TABLE public.api_keys IS 'Keys for programs. The key is shown once, when it is made.';

COMMENT ON COLUMN public.api_keys.key_hash IS 'secret: SHA-256 of the key, which is shown once and stored nowhere.';

COMMENT ON COLUMN public.api_keys.key_prefix IS 'What a list shows: sk_live_ or sk_test_ and the last four characters.';

CREATE TABLE public.app_attachments (
    app_id text NOT NULL,
    message_id text NOT NULL,
    image_id text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.app_attachments IS 'Which pictures belong to which message. Both are of one app.';

CREATE TABLE public.app_images (
    app_id text NOT NULL,
    id text NOT NULL,
    r2_key text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes bigint NOT NULL,
    format public.image_format DEFAULT 'webp'::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    ai_description text,
    analysis jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT app_images_size_positive CHECK (((width > 0) AND (height > 0) AND (size_bytes > 0))),
    CONSTRAINT app_images_tags_fit CHECK (((cardinality(tags) <= 50) AND (array_position(tags, NULL::text) IS NULL)))
);

COMMENT ON TABLE public.app_images IS 'Pictures that were shown to the agents of an app. One that is sent before its app exists is an upload until then.';

COMMENT ON COLUMN public.app_images.ai_description IS 'What a picture shows, in words.';

CREATE TABLE public.app_messages (
    app_id text NOT NULL,
    id text NOT NULL,
    role public.message_role NOT NULL,
    content text NOT NULL,
    is_read boolean DEFAULT false NOT NULL,
    metadata jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT app_messages_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 50000))),
    CONSTRAINT app_messages_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 16384)))
);

COMMENT ON TABLE public.app_messages IS 'The talk about an app.';

COMMENT ON COLUMN public.app_messages.is_read IS 'Of a person''s message: an agent has worked on it. Of an agent''s: its owner has seen it.';

CREATE TABLE public.app_status_history (
    app_id text NOT NULL,
    id text NOT NULL,
    status public.app_build_status NOT NULL,
    message text,
    metadata jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT app_status_history_message_length CHECK ((char_length(message) <= 1000)),
    CONSTRAINT app_status_history_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 16384)))
);

COMMENT ON TABLE public.app_status_history IS 'One row per change of an app''s status, the first one included; written by the statement that changes it.';

CREATE TABLE public.apps (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    slug text,
    description text,
    forked_from text,
    status public.app_build_status DEFAULT 'PROMPTING'::text NOT NULL,
    domain text,
    codespace_id text,
    is_curated boolean DEFAULT false NOT NULL,
    is_public boolean DEFAULT false NOT NULL,
    last_agent_activity timestamp with time zone,
    agent_working_until timestamp with time zone,
    code_updated_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT apps_codespace_id_shape CHECK ((codespace_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'::text)),
    CONSTRAINT apps_description_length CHECK ((char_length(description) <= 4000)),
    CONSTRAINT apps_domain_shape CHECK (((domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$'::text) AND (char_length(domain) <= 253))),
    CONSTRAINT apps_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT apps_not_forked_from_itself CHECK ((forked_from <> id)),
    CONSTRAINT apps_slug_shape CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 100)))
);

COMMENT ON TABLE public.apps IS 'One row per app. Its code lives at codespace_id, which names its address, too.';

COMMENT ON COLUMN public.apps.slug IS 'Together with id and codespace_id one of the three names by which its owner finds it.';

COMMENT ON COLUMN public.apps.agent_working_until IS 'An agent says that it is at it; it has to say so again before this time.';

COMMENT ON COLUMN public.apps.code_updated_at IS 'When an agent last said that it changed the code.';

CREATE TABLE public.archived_audit_logs (
    actor_id text NOT NULL,
    entry_number bigint NOT NULL,
    id text NOT NULL,
    actor_role public.user_role,
    action public.audit_action NOT NULL,
    target_type text,
    target_id text,
    metadata jsonb NOT NULL,
    ip_address text,
    user_agent text,
    session_id text,
    created_at timestamp with time zone NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    workspace_id text,
    archived_at timestamp with time zone NOT NULL,
    retention_policy_id text
);

COMMENT ON TABLE public.archived_audit_logs IS 'Audit entries that have aged, whole and with their hashes. Nobody but archive_audit_logs() and delete_archived_audit_logs() writes here.';

CREATE TABLE public.audio_mixer_projects (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audio_mixer_projects_description_length CHECK ((char_length(description) <= 1000)),
    CONSTRAINT audio_mixer_projects_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

COMMENT ON TABLE public.audio_mixer_projects IS 'Somebody''s mix.';

CREATE TABLE public.audio_tracks (
    id text NOT NULL,
    project_id text NOT NULL,
    upload_id text,
    name text NOT NULL,
    storage_type public.audio_storage DEFAULT 'R2'::text NOT NULL,
    file_format public.audio_format NOT NULL,
    file_r2_key text,
    file_size_bytes bigint DEFAULT 0 NOT NULL,
    duration_seconds double precision DEFAULT 0 NOT NULL,
    volume double precision DEFAULT 1 NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    solo boolean DEFAULT false NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audio_tracks_browser_has_no_key CHECK ((((storage_type)::text = 'R2'::text) OR ((file_r2_key IS NULL) AND (upload_id IS NULL)))),
    CONSTRAINT audio_tracks_duration_range CHECK (((duration_seconds >= (0)::double precision) AND (duration_seconds <= (604800)::double precision))),
    CONSTRAINT audio_tracks_key_is_its_own CHECK (((split_part(file_r2_key, '/'::text, 1) = 'users'::text) AND (split_part(file_r2_key, '/'::text, 3) = 'audio-projects'::text) AND (split_part(file_r2_key, '/'::text, 4) = project_id) AND (split_part(file_r2_key, '/'::text, 5) = 'tracks'::text) AND (split_part(file_r2_key, '/'::text, 6) = ((id || '.'::text) || (file_format)::text)))),
    CONSTRAINT audio_tracks_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT audio_tracks_size_range CHECK (((file_size_bytes >= 0) AND (file_size_bytes <= 524288000))),
    CONSTRAINT audio_tracks_sort_order_not_negative CHECK ((sort_order >= 0)),
    CONSTRAINT audio_tracks_stored_has_a_size CHECK (((file_r2_key IS NULL) OR (file_size_bytes > 0))),
    CONSTRAINT audio_tracks_volume_range CHECK (((volume >= (0)::double precision) AND (volume <= (2)::double precision)))
);

COMMENT ON TABLE public.audio_tracks IS 'The tracks of a mix.';

COMMENT ON COLUMN public.audio_tracks.upload_id IS 'The upload that it waits for, or came by.';

COMMENT ON COLUMN public.audio_tracks.file_r2_key IS 'users/PERSON/audio-projects/PROJECT/tracks/TRACK.FORMAT; null until the file has arrived, and for ever when the browser keeps it.';

CREATE TABLE public.audit_chains (
    actor_id text NOT NULL,
    entry_number bigint NOT NULL,
    hash bytea NOT NULL,
    removed_entries bigint DEFAULT 0 NOT NULL,
    removed_hash bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT audit_chains_removed_fits CHECK (((removed_entries >= 0) AND (removed_entries <= entry_number)))
);

COMMENT ON TABLE public.audit_chains IS 'The head of each actor''s chain of audit entries, so that a cut-off end is noticed, too.';

COMMENT ON COLUMN public.audit_chains.removed_entries IS 'How many entries, from the first on, are gone for good because of their age; the chain begins after them.';

COMMENT ON COLUMN public.audit_chains.removed_hash IS 'Hash of the last of them, which the next one follows.';

CREATE VIEW public.audit_entries AS
 SELECT audit_logs.actor_id,
    audit_logs.entry_number,
    audit_logs.id,
    (audit_logs.actor_role)::text AS actor_role,
    (audit_logs.action)::text AS action,
    audit_logs.target_type,
    audit_logs.target_id,
    audit_logs.metadata,
    audit_logs.ip_address,
    audit_logs.user_agent,
    audit_logs.session_id,
    audit_logs.created_at,
    audit_logs.previous_hash,
    audit_logs.hash,
    audit_logs.workspace_id,
    false AS archived
   FROM public.audit_logs
UNION ALL
 SELECT archived_audit_logs.actor_id,
    archived_audit_logs.entry_number,
    archived_audit_logs.id,
    (archived_audit_logs.actor_role)::text AS actor_role,
    (archived_audit_logs.action)::text AS action,
    archived_audit_logs.target_type,
    archived_audit_logs.target_id,
    archived_audit_logs.metadata,
    archived_audit_logs.ip_address,
    archived_audit_logs.user_agent,
    archived_audit_logs.session_id,
    archived_audit_logs.created_at,
    archived_audit_logs.previous_hash,
    archived_audit_logs.hash,
    archived_audit_logs.workspace_id,
    true AS archived
   FROM public.archived_audit_logs;

COMMENT ON VIEW public.audit_entries IS 'The audit trail, archive included.';

CREATE TABLE public.backup_runs (
    id text NOT NULL,
    kind public.backup_kind NOT NULL,
    day date NOT NULL,
    status public.backup_status DEFAULT 'RUNNING'::text NOT NULL,
    object_key text,
    bytes bigint,
    sha256 text,
    migration_version integer,
    table_rows jsonb,
    promoted_from text,
    encrypted_with text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    verified_at timestamp with time zone,
    pruned_at timestamp with time zone,
    error text,
    CONSTRAINT backup_runs_bytes_positive CHECK ((bytes > 0)),
    CONSTRAINT backup_runs_failed_says_why CHECK ((((status)::text = 'FAILED'::text) = (error IS NOT NULL))),
    CONSTRAINT backup_runs_finished_after_start CHECK ((finished_at >= started_at)),
    CONSTRAINT backup_runs_finished_has_a_time CHECK ((((status)::text = 'RUNNING'::text) = (finished_at IS NULL))),
    CONSTRAINT backup_runs_object_key_shape CHECK (((object_key ~ '^(daily|weekly|monthly|pre-migration)/[0-9]{4}/[0-9]{2}/spike_land_[0-9]{8}_[0-9]{6}\.backup\.gz$'::text) AND starts_with(object_key, ((kind)::text || '/'::text)))),
    CONSTRAINT backup_runs_only_good_ones_verified CHECK (((verified_at IS NULL) OR ((status)::text = 'SUCCEEDED'::text))),
    CONSTRAINT backup_runs_pre_migration_is_kept CHECK (((pruned_at IS NULL) OR ((kind)::text <> 'pre-migration'::text))),
    CONSTRAINT backup_runs_promoted_are_periodic CHECK (((promoted_from IS NULL) OR ((kind)::text = ANY (ARRAY['weekly'::text, 'monthly'::text])))),
    CONSTRAINT backup_runs_sha256_shape CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT backup_runs_succeeded_is_whole CHECK ((((status)::text <> 'SUCCEEDED'::text) OR (num_nulls(object_key, bytes, sha256, migration_version, table_rows) = 0)))
);

COMMENT ON TABLE public.backup_runs IS 'Backups, good and bad. The manifest beside each object says the same; it is what counts when this database is lost.';

COMMENT ON COLUMN public.backup_runs.day IS 'UTC. One per day and kind, unless it failed; any number before migrations.';

COMMENT ON COLUMN public.backup_runs.migration_version IS 'The newest migration in it.';

COMMENT ON COLUMN public.backup_runs.table_rows IS 'Rows per table, in the same snapshot as the data.';

COMMENT ON COLUMN public.backup_runs.promoted_from IS 'The daily one that it is a copy of.';

COMMENT ON COLUMN public.backup_runs.encrypted_with IS 'Id of the key; null: only as the object store itself encrypts.';

COMMENT ON COLUMN public.backup_runs.verified_at IS 'When it was last restored and compared.';

COMMENT ON COLUMN public.backup_runs.pruned_at IS 'When its object was deleted because of its age.';

CREATE TABLE public.box_actions (
    id text NOT NULL,
    user_id text NOT NULL,
    box_id text NOT NULL,
    action public.box_action_kind NOT NULL,
    tokens_cost bigint DEFAULT 0 NOT NULL,
    charge_key text,
    refund_key text,
    status public.job_status DEFAULT 'PENDING'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    next_attempt_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    metadata jsonb,
    error_message text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT box_actions_attempts_fit CHECK (((attempt >= 0) AND ((max_attempts >= 1) AND (max_attempts <= 10)) AND (attempt <= max_attempts))),
    CONSTRAINT box_actions_cost_not_negative CHECK ((tokens_cost >= 0)),
    CONSTRAINT box_actions_ended_has_a_time CHECK ((((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text])) = (completed_at IS NULL))),
    CONSTRAINT box_actions_failed_says_why CHECK ((((status)::text <> ALL (ARRAY['FAILED'::text, 'REFUNDED'::text])) OR (error_message IS NOT NULL))),
    CONSTRAINT box_actions_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 16384))),
    CONSTRAINT box_actions_paid_is_charged CHECK (((tokens_cost > 0) = (charge_key IS NOT NULL))),
    CONSTRAINT box_actions_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT box_actions_processing_is_leased CHECK (((((status)::text = 'PROCESSING'::text) = (lease_until IS NOT NULL)) AND ((lease_until IS NULL) = (lease_owner IS NULL)))),
    CONSTRAINT box_actions_refund_of_its_charge CHECK ((refund_key = ('refund:'::text || charge_key))),
    CONSTRAINT box_actions_refunded_unless_done CHECK (((refund_key IS NOT NULL) = ((charge_key IS NOT NULL) AND ((status)::text = ANY (ARRAY['FAILED'::text, 'REFUNDED'::text, 'CANCELLED'::text])))))
);

COMMENT ON TABLE public.box_actions IS 'What was asked of a box and what came of it; also the place in the queue of what a provider has to do.';

COMMENT ON COLUMN public.box_actions.user_id IS 'The box''s owner, who pays.';

COMMENT ON COLUMN public.box_actions.charge_key IS 'Event key of the ledger''s entry that paid it; refund_key: that gave it back. Both are seen to at commit.';

COMMENT ON COLUMN public.box_actions.attempt IS 'Times it was taken from the queue. A worker writes only while the number is the one it took.';

COMMENT ON COLUMN public.box_actions.metadata IS 'Of a clone: the box on the other side.';

CREATE TABLE public.box_messages (
    box_id text NOT NULL,
    id text NOT NULL,
    role public.message_role NOT NULL,
    content text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT box_messages_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 10000)))
);

COMMENT ON TABLE public.box_messages IS 'The talk with the agent of a box.';

CREATE TABLE public.box_tiers (
    id text NOT NULL,
    name text NOT NULL,
    description text,
    cpu integer NOT NULL,
    ram_mb integer NOT NULL,
    storage_gb integer NOT NULL,
    price_per_hour bigint NOT NULL,
    price_per_month bigint DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT box_tiers_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50))),
    CONSTRAINT box_tiers_price_not_negative CHECK (((price_per_hour >= 0) AND (price_per_month >= 0))),
    CONSTRAINT box_tiers_size_positive CHECK (((cpu > 0) AND (ram_mb > 0) AND (storage_gb > 0)))
);

COMMENT ON TABLE public.box_tiers IS 'Sizes of boxes. One that is no longer offered is inactive; boxes of it go on.';

COMMENT ON COLUMN public.box_tiers.cpu IS 'Virtual processors.';

COMMENT ON COLUMN public.box_tiers.price_per_hour IS 'In tokens; price_per_month, too.';

CREATE TABLE public.boxes (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text,
    tier_id text NOT NULL,
    cloned_from text,
    status public.box_status DEFAULT 'CREATING'::text NOT NULL,
    connection_url text,
    storage_volume_id text,
    paid_hours integer DEFAULT 0 NOT NULL,
    billed_until timestamp with time zone,
    last_heartbeat_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT boxes_billed_when_paid CHECK (((paid_hours > 0) = (billed_until IS NOT NULL))),
    CONSTRAINT boxes_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 60))),
    CONSTRAINT boxes_not_cloned_from_itself CHECK ((cloned_from <> id)),
    CONSTRAINT boxes_paid_hours_not_negative CHECK ((paid_hours >= 0)),
    CONSTRAINT boxes_terminated_has_no_address CHECK ((((status)::text <> 'TERMINATED'::text) OR (connection_url IS NULL))),
    CONSTRAINT boxes_terminated_is_deleted CHECK ((((status)::text = 'TERMINATED'::text) = (deleted_at IS NOT NULL)))
);

COMMENT ON TABLE public.boxes IS 'One row per box. A deleted one stays as TERMINATED: its actions and the ledger speak of it.';

COMMENT ON COLUMN public.boxes.name IS 'Up to 50 characters as asked for; a clone''s own begins with "Clone of ".';

COMMENT ON COLUMN public.boxes.cloned_from IS 'A clone has the tier of its source and a storage of its own, which is empty.';

COMMENT ON COLUMN public.boxes.storage_volume_id IS 'The provider''s name of its disk; null until it has one.';

COMMENT ON COLUMN public.boxes.paid_hours IS 'Started hours that were charged; the number names the next charge in the ledger, so that no hour is charged twice.';

COMMENT ON COLUMN public.boxes.billed_until IS 'Until when it may run for what was paid: restarting within that time is free.';

CREATE TABLE public.campaign_attributions (
    conversion_id text NOT NULL,
    attribution_type public.attribution_type NOT NULL,
    touch integer NOT NULL,
    session_id text,
    platform public.traffic_platform NOT NULL,
    utm_campaign text,
    utm_source text,
    utm_medium text,
    click_id text,
    share_minor bigint,
    share_tokens bigint,
    CONSTRAINT campaign_attributions_one_kind_of_share CHECK (((share_minor IS NULL) OR (share_tokens IS NULL))),
    CONSTRAINT campaign_attributions_share_not_negative CHECK (((share_minor >= 0) AND (share_tokens >= 0))),
    CONSTRAINT campaign_attributions_touch_fits_type CHECK (((touch >= 1) AND ((touch = 1) OR ((attribution_type)::text = 'LINEAR'::text))))
);

COMMENT ON TABLE public.campaign_attributions IS 'Shares of a conversion: all to the first visit, all to the last, and evenly to each. Without a visit one share each, DIRECT.';

COMMENT ON COLUMN public.campaign_attributions.touch IS 'Number of the visit, from 1 in the order of their start.';

COMMENT ON COLUMN public.campaign_attributions.session_id IS 'Null without a visit, and once the visit is older than visits are kept: what counts is copied here.';

COMMENT ON COLUMN public.campaign_attributions.click_id IS 'gclid or fbclid. Which campaign it was follows from campaign_links at the time of asking.';

COMMENT ON COLUMN public.campaign_attributions.share_minor IS 'In the currency of the conversion. Linear shares, of money and of tokens, differ by at most one unit, the first ones being larger.';

CREATE TABLE public.campaign_conversions (
    id text NOT NULL,
    user_id text NOT NULL,
    type public.conversion_type NOT NULL,
    event_key text NOT NULL,
    value_minor bigint,
    currency public.currency,
    value_tokens bigint,
    converted_at timestamp with time zone NOT NULL,
    CONSTRAINT campaign_conversions_event_key_length CHECK (((char_length(event_key) >= 1) AND (char_length(event_key) <= 200))),
    CONSTRAINT campaign_conversions_value_fits_type CHECK (
CASE type
    WHEN 'PURCHASE'::text THEN ((value_minor IS NOT NULL) AND (currency IS NOT NULL) AND (value_tokens IS NULL))
    WHEN 'ENHANCEMENT'::text THEN ((value_minor IS NULL) AND (currency IS NULL) AND (value_tokens IS NOT NULL))
    ELSE ((value_minor IS NULL) AND (currency IS NULL) AND (value_tokens IS NULL))
END),
    CONSTRAINT campaign_conversions_value_not_negative CHECK (((value_minor >= 0) AND (value_tokens >= 0)))
);

COMMENT ON TABLE public.campaign_conversions IS 'What somebody did that campaigns are measured by, once per cause. Kept for ever; the person in it becomes anonymous.';

COMMENT ON COLUMN public.campaign_conversions.event_key IS 'What caused it: the person (SIGNUP), the job (ENHANCEMENT), Stripe''s checkout (PURCHASE). A repetition finds it and adds nothing.';

COMMENT ON COLUMN public.campaign_conversions.value_minor IS 'Paid, in minor units of currency. What was spent in tokens is in value_tokens.';

CREATE TABLE public.campaign_links (
    id text NOT NULL,
    utm_campaign text NOT NULL,
    platform public.marketing_platform NOT NULL,
    external_campaign_id text NOT NULL,
    external_campaign_name text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT campaign_links_google_id_is_a_number CHECK ((((platform)::text <> 'GOOGLE_ADS'::text) OR (external_campaign_id ~ '^[0-9]{1,20}$'::text))),
    CONSTRAINT campaign_links_length CHECK ((((char_length(utm_campaign) >= 1) AND (char_length(utm_campaign) <= 255)) AND ((char_length(external_campaign_id) >= 1) AND (char_length(external_campaign_id) <= 100)) AND (char_length(external_campaign_name) <= 500)))
);

COMMENT ON TABLE public.campaign_links IS 'Which campaign of a platform a utm_campaign stands for. Several names may stand for the same campaign.';

CREATE UNLOGGED TABLE public.campaign_metrics_cache (
    cache_key text NOT NULL,
    version integer NOT NULL,
    metrics jsonb,
    computing_until timestamp with time zone,
    computed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT campaign_metrics_cache_computed_or_under_way CHECK ((((metrics IS NULL) = (computed_at IS NULL)) AND ((metrics IS NOT NULL) OR (computing_until IS NOT NULL)))),
    CONSTRAINT campaign_metrics_cache_key_length CHECK (((char_length(cache_key) >= 1) AND (char_length(cache_key) <= 300)))
);

COMMENT ON TABLE public.campaign_metrics_cache IS 'Figures that are dear to work out, for a few minutes.';

COMMENT ON COLUMN public.campaign_metrics_cache.version IS 'Of the shape of the figures: another build does not read those of an older one.';

COMMENT ON COLUMN public.campaign_metrics_cache.computing_until IS 'Somebody works the figures out; until then others wait or take the old ones.';

CREATE TABLE public.campaign_spend_daily (
    platform public.marketing_platform NOT NULL,
    account_id text NOT NULL,
    campaign_id text NOT NULL,
    day date NOT NULL,
    impressions bigint DEFAULT 0 NOT NULL,
    clicks bigint DEFAULT 0 NOT NULL,
    spend_minor bigint DEFAULT 0 NOT NULL,
    currency public.currency NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    CONSTRAINT campaign_spend_daily_ids_are_numbers CHECK (((account_id ~ '^[0-9]{1,20}$'::text) AND (campaign_id ~ '^[0-9]{1,20}$'::text))),
    CONSTRAINT campaign_spend_daily_not_negative CHECK (((impressions >= 0) AND (clicks >= 0) AND (spend_minor >= 0)))
);

COMMENT ON TABLE public.campaign_spend_daily IS 'What a campaign cost on a day of its account, once, however many people have connected that account.';

COMMENT ON COLUMN public.campaign_spend_daily.account_id IS 'As in marketing_accounts.account_id.';

COMMENT ON COLUMN public.campaign_spend_daily.spend_minor IS 'In minor units of currency; sums are per currency.';

COMMENT ON COLUMN public.campaign_spend_daily.fetched_at IS 'An answer that was asked for earlier does not replace a later one.';

CREATE TABLE public.ddl_log (
    executed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    id text DEFAULT ('ddl_'::text || replace((gen_random_uuid())::text, '-'::text, ''::text)) NOT NULL,
    command text NOT NULL,
    object_type text,
    object_identity text,
    login_role text DEFAULT SESSION_USER NOT NULL,
    acting_role text NOT NULL,
    client_address text,
    application_name text
);

COMMENT ON TABLE public.ddl_log IS 'Who created, altered or dropped what, and when. Written by the server itself.';

COMMENT ON COLUMN public.ddl_log.login_role IS 'Who signed in; acting_role is what they acted as.';

CREATE TABLE public.deployment (
    one_row boolean DEFAULT true NOT NULL,
    environment text,
    first_admin_at timestamp with time zone,
    user_id_salt_fingerprint bytea,
    maintenance_since timestamp with time zone,
    maintenance_message text,
    maintenance_by text,
    CONSTRAINT deployment_environment_check CHECK ((environment = ANY (ARRAY['production'::text, 'staging'::text, 'development'::text, 'test'::text]))),
    CONSTRAINT deployment_maintenance_is_whole CHECK (((maintenance_since IS NOT NULL) OR (num_nonnulls(maintenance_message, maintenance_by) = 0))),
    CONSTRAINT deployment_maintenance_message_length CHECK (((char_length(maintenance_message) >= 1) AND (char_length(maintenance_message) <= 500))),
    CONSTRAINT deployment_one_row_check CHECK (one_row)
);

COMMENT ON TABLE public.deployment IS 'One row: the environment marker and the first administrator''s claim.';

COMMENT ON COLUMN public.deployment.user_id_salt_fingerprint IS 'secret: of the salt that user ids here are made with, from the first start on: another salt would give everybody another id.';

COMMENT ON COLUMN public.deployment.maintenance_since IS 'Since when nothing is written: reads and health checks go on, all else is answered 503. Null: all is open.';

COMMENT ON COLUMN public.deployment.maintenance_message IS 'What those who are turned away are told.';

COMMENT ON COLUMN public.deployment.maintenance_by IS 'Who switched it: a person''s id, or the command line.';

CREATE TABLE public.email_days (
    day date NOT NULL,
    sent integer NOT NULL,
    CONSTRAINT email_days_sent_not_negative CHECK ((sent >= 0))
);

COMMENT ON TABLE public.email_days IS 'Mails handed over per day (UTC): what the daily allowance is counted by, across all functions.';

CREATE TABLE public.email_events (
    event_id text NOT NULL,
    email_id text,
    type public.email_event_type NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    detail text,
    CONSTRAINT email_events_detail_length CHECK ((char_length(detail) <= 500)),
    CONSTRAINT email_events_event_id_length CHECK (((char_length(event_id) >= 1) AND (char_length(event_id) <= 200)))
);

COMMENT ON TABLE public.email_events IS 'Reports of the mail provider, each once, written in the transaction of their effect. Kept 90 days.';

COMMENT ON COLUMN public.email_events.email_id IS 'Null: of a mail that is not known here.';

CREATE TABLE public.email_logs (
    id text NOT NULL,
    user_id text,
    recipient text NOT NULL,
    template text NOT NULL,
    subject text NOT NULL,
    status public.email_status DEFAULT 'PENDING'::text NOT NULL,
    verification_id text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error text,
    provider_message_id text,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    opened_at timestamp with time zone,
    clicked_at timestamp with time zone,
    bounced_at timestamp with time zone,
    delivered_at timestamp with time zone,
    CONSTRAINT email_logs_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT email_logs_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL)))
);

COMMENT ON TABLE public.email_logs IS 'Every mail: written with what caused it, sent after that is committed, tried again until it is delivered or given up.';

COMMENT ON COLUMN public.email_logs.verification_id IS 'The token in the link of the mail; the link itself is not kept.';

COMMENT ON COLUMN public.email_logs.metadata IS 'What the template needs besides; no secret.';

COMMENT ON COLUMN public.email_logs.delivered_at IS 'The other side has taken it.';

CREATE TABLE public.email_suppressions (
    recipient_hash bytea NOT NULL,
    reason public.email_event_type NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT email_suppressions_hash_is_sha256 CHECK ((octet_length(recipient_hash) = 32)),
    CONSTRAINT email_suppressions_reason_fits CHECK (((reason)::text = ANY (ARRAY['BOUNCED'::text, 'COMPLAINED'::text])))
);

COMMENT ON TABLE public.email_suppressions IS 'Addresses that no mail is sent to any more.';

COMMENT ON COLUMN public.email_suppressions.recipient_hash IS 'SHA-256 of the address in lower case, so that it outlasts the person without naming them.';

CREATE TABLE public.enhanced_images (
    id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    description text,
    original_r2_key text NOT NULL,
    original_format public.image_format NOT NULL,
    original_width integer NOT NULL,
    original_height integer NOT NULL,
    original_size_bytes bigint NOT NULL,
    is_public boolean DEFAULT false NOT NULL,
    view_count bigint DEFAULT 0 NOT NULL,
    share_token public.share_token,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT enhanced_images_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT enhanced_images_name_is_safe CHECK ((((char_length(name) >= 1) AND (char_length(name) <= 255)) AND (name !~ '^\.|\.\.|[/\\]'::text))),
    CONSTRAINT enhanced_images_size_positive CHECK (((original_width > 0) AND (original_height > 0) AND (original_size_bytes > 0))),
    CONSTRAINT enhanced_images_views_not_negative CHECK ((view_count >= 0))
);

COMMENT ON TABLE public.enhanced_images IS 'One row per original. Addresses are made of the key and the configured public address, so they are not stored.';

COMMENT ON COLUMN public.enhanced_images.original_format IS 'As stored: uploads become webp.';

COMMENT ON COLUMN public.enhanced_images.original_width IS 'Of what is stored, not of what was sent; likewise height and size.';

COMMENT ON COLUMN public.enhanced_images.expires_at IS 'When an anonymous upload goes; null: never.';

CREATE TABLE public.enhancement_pipelines (
    id text NOT NULL,
    user_id text,
    name text NOT NULL,
    description text,
    visibility public.pipeline_visibility DEFAULT 'PRIVATE'::text NOT NULL,
    share_token public.share_token,
    is_default boolean DEFAULT false NOT NULL,
    tier public.enhancement_tier DEFAULT 'TIER_1K'::text NOT NULL,
    analysis_config jsonb,
    auto_crop_config jsonb,
    prompt_config jsonb,
    generation_config jsonb,
    usage_count bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT enhancement_pipelines_configs_are_objects CHECK (((jsonb_typeof(analysis_config) = 'object'::text) AND (jsonb_typeof(auto_crop_config) = 'object'::text) AND (jsonb_typeof(prompt_config) = 'object'::text) AND (jsonb_typeof(generation_config) = 'object'::text))),
    CONSTRAINT enhancement_pipelines_configs_are_small CHECK (((((COALESCE(pg_column_size(analysis_config), 0) + COALESCE(pg_column_size(auto_crop_config), 0)) + COALESCE(pg_column_size(prompt_config), 0)) + COALESCE(pg_column_size(generation_config), 0)) <= 32768)),
    CONSTRAINT enhancement_pipelines_default_is_of_the_system CHECK (((NOT is_default) OR (user_id IS NULL))),
    CONSTRAINT enhancement_pipelines_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT enhancement_pipelines_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT enhancement_pipelines_tier_is_paid CHECK (((tier)::text <> 'FREE'::text)),
    CONSTRAINT enhancement_pipelines_token_with_link CHECK ((((visibility)::text = 'LINK'::text) = (share_token IS NOT NULL))),
    CONSTRAINT enhancement_pipelines_usage_not_negative CHECK ((usage_count >= 0))
);

COMMENT ON TABLE public.enhancement_pipelines IS 'How an image is enhanced, to be used again.';

COMMENT ON COLUMN public.enhancement_pipelines.user_id IS 'Null: one of the system''s, which everybody may use and nobody may change.';

COMMENT ON COLUMN public.enhancement_pipelines.is_default IS 'The one that is used where neither the request nor the album names one.';

COMMENT ON COLUMN public.enhancement_pipelines.analysis_config IS 'Null: the defaults of that stage; likewise the other three.';

COMMENT ON COLUMN public.enhancement_pipelines.prompt_config IS 'Without the reference images, which are rows of their own.';

COMMENT ON COLUMN public.enhancement_pipelines.usage_count IS 'Jobs that were made with it.';

CREATE TABLE public.error_logs (
    created_at timestamp with time zone NOT NULL,
    id text NOT NULL,
    environment public.error_environment NOT NULL,
    message text NOT NULL,
    stack text,
    source_file text,
    source_line integer,
    source_column integer,
    caller_name text,
    user_id text,
    route text,
    error_type text,
    error_code text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT error_logs_message_length CHECK (((char_length(message) >= 1) AND (char_length(message) <= 10000))),
    CONSTRAINT error_logs_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 8192))),
    CONSTRAINT error_logs_place_not_negative CHECK (((source_line >= 0) AND (source_column >= 0))),
    CONSTRAINT error_logs_stack_length CHECK ((char_length(stack) <= 50000)),
    CONSTRAINT error_logs_text_length CHECK (((char_length(source_file) <= 500) AND (char_length(route) <= 500) AND (char_length(caller_name) <= 200) AND (char_length(error_type) <= 100) AND (char_length(error_code) <= 100) AND (char_length(user_id) <= 100)))
)
PARTITION BY RANGE (created_at);

COMMENT ON TABLE public.error_logs IS 'Errors of the front end and of the functions. Kept 30 days; cut by month.';

COMMENT ON COLUMN public.error_logs.created_at IS 'When it arrived here, by our clock.';

COMMENT ON COLUMN public.error_logs.environment IS 'By who reported it, not by what they said.';

COMMENT ON COLUMN public.error_logs.user_id IS 'Who was signed in, as their session proved. No foreign key: a log refuses nothing.';

COMMENT ON COLUMN public.error_logs.metadata IS 'Without what looks like a secret.';

CREATE TABLE public.external_agent_sessions (
    id text NOT NULL,
    external_id text,
    provider public.agent_provider DEFAULT 'JULES'::text NOT NULL,
    name text NOT NULL,
    description text,
    status public.agent_session_status DEFAULT 'CREATING'::text NOT NULL,
    source_repo text,
    starting_branch text,
    output_branch text,
    pull_request_url text,
    plan_summary text,
    plan_approved_at timestamp with time zone,
    plan_approved_by text,
    error_message text,
    metadata jsonb,
    created_by text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_activity_at timestamp with time zone,
    last_synced_at timestamp with time zone,
    CONSTRAINT external_agent_sessions_approved_by_somebody_at_a_time CHECK (((plan_approved_by IS NULL) OR (plan_approved_at IS NOT NULL))),
    CONSTRAINT external_agent_sessions_branch_shape CHECK (((starting_branch ~ '^[^[:space:]~^:?*\[\\]{1,255}$'::text) AND (output_branch ~ '^[^[:space:]~^:?*\[\\]{1,255}$'::text))),
    CONSTRAINT external_agent_sessions_description_length CHECK ((char_length(description) <= 4000)),
    CONSTRAINT external_agent_sessions_external_id_shape CHECK ((external_id ~ '^(sessions/)?[A-Za-z0-9_-]{1,200}$'::text)),
    CONSTRAINT external_agent_sessions_failed_says_why CHECK ((((status)::text <> 'FAILED'::text) OR (error_message IS NOT NULL))),
    CONSTRAINT external_agent_sessions_known_to_the_provider CHECK (((external_id IS NOT NULL) OR ((status)::text = ANY (ARRAY['CREATING'::text, 'FAILED'::text])))),
    CONSTRAINT external_agent_sessions_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT external_agent_sessions_pull_request_is_https CHECK ((pull_request_url ~ '^https://'::text))
);

COMMENT ON TABLE public.external_agent_sessions IS 'Work that an agent of another provider does for us. Written before the provider is asked, so that no agent runs unseen.';

COMMENT ON COLUMN public.external_agent_sessions.id IS 'Also the key under which the provider is asked, again when its answer was lost.';

COMMENT ON COLUMN public.external_agent_sessions.external_id IS 'The provider''s; null until it has answered.';

COMMENT ON COLUMN public.external_agent_sessions.description IS 'The task.';

COMMENT ON COLUMN public.external_agent_sessions.plan_approved_at IS 'Claimed before the provider is told: of two approvals one tells it.';

COMMENT ON COLUMN public.external_agent_sessions.last_synced_at IS 'When the provider was last asked how it stands.';

CREATE TABLE public.featured_gallery_items (
    id text NOT NULL,
    title text NOT NULL,
    description text,
    category public.gallery_category DEFAULT 'PORTRAIT'::text NOT NULL,
    source_job_id text,
    original_url text,
    enhanced_url text,
    width integer DEFAULT 16 NOT NULL,
    height integer DEFAULT 9 NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_by text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT featured_gallery_items_aspect_positive CHECK (((width > 0) AND (height > 0))),
    CONSTRAINT featured_gallery_items_description_length CHECK ((char_length(description) <= 1000)),
    CONSTRAINT featured_gallery_items_job_or_urls CHECK (
CASE
    WHEN (source_job_id IS NULL) THEN (num_nulls(original_url, enhanced_url) = 0)
    ELSE (num_nonnulls(original_url, enhanced_url) = 0)
END),
    CONSTRAINT featured_gallery_items_sort_order_not_negative CHECK ((sort_order >= 0)),
    CONSTRAINT featured_gallery_items_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200))),
    CONSTRAINT featured_gallery_items_urls_are_https_or_ours CHECK (((original_url ~ '^(https://|/[^/])'::text) AND (enhanced_url ~ '^(https://|/[^/])'::text)))
);

COMMENT ON TABLE public.featured_gallery_items IS 'What the start page shows.';

COMMENT ON COLUMN public.featured_gallery_items.source_job_id IS 'The completed job whose image and result are shown. The item goes with it: its pictures would be gone, too.';

COMMENT ON COLUMN public.featured_gallery_items.original_url IS 'Only of an item without a job: a picture that the site itself has; likewise enhanced_url.';

COMMENT ON COLUMN public.featured_gallery_items.width IS 'Pixels, or only the ratio; likewise height.';

CREATE TABLE public.feedback (
    id text NOT NULL,
    user_id text,
    email text,
    type public.feedback_type NOT NULL,
    status public.feedback_status DEFAULT 'NEW'::text NOT NULL,
    message text NOT NULL,
    page text,
    user_agent text,
    admin_note text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT feedback_message_length CHECK (((char_length(message) >= 1) AND (char_length(message) <= 5000))),
    CONSTRAINT feedback_text_length CHECK ((((char_length(email) >= 3) AND (char_length(email) <= 254)) AND (char_length(page) <= 2048) AND (char_length(user_agent) <= 300) AND (char_length(admin_note) <= 5000)))
);

COMMENT ON TABLE public.feedback IS 'What visitors and members tell us.';

COMMENT ON COLUMN public.feedback.email IS 'personal: where an answer goes, of somebody who was not signed in.';

CREATE TABLE public.google_ads_campaigns (
    id text NOT NULL,
    marketing_account_id text NOT NULL,
    campaign_id text NOT NULL,
    name text NOT NULL,
    status public.ad_campaign_status NOT NULL,
    spend_minor bigint DEFAULT 0 NOT NULL,
    currency public.currency,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT google_ads_campaigns_campaign_id_shape CHECK ((campaign_id ~ '^[0-9]{1,20}$'::text)),
    CONSTRAINT google_ads_campaigns_name_length CHECK ((char_length(name) <= 500)),
    CONSTRAINT google_ads_campaigns_spend_has_a_currency CHECK (((spend_minor = 0) OR (currency IS NOT NULL))),
    CONSTRAINT google_ads_campaigns_spend_not_negative CHECK ((spend_minor >= 0))
);

COMMENT ON TABLE public.google_ads_campaigns IS 'Campaigns as the platform last listed them, per connected account: two people may connect the same one.';

COMMENT ON COLUMN public.google_ads_campaigns.spend_minor IS 'Last 30 days, in minor units of currency. Left alone when the platform did not tell.';

CREATE TABLE public.idempotency_keys (
    user_id text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    answer jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 200))),
    CONSTRAINT idempotency_keys_request_hash_check CHECK ((octet_length(request_hash) = 32))
);

COMMENT ON TABLE public.idempotency_keys IS 'Answers to requests that spend or buy, kept 30 days: the same key and request get the same answer and do nothing again.';

COMMENT ON COLUMN public.idempotency_keys.answer IS 'secret: what the client was told, which may hold a link to pay by.';

CREATE TABLE public.image_enhancement_jobs (
    id text NOT NULL,
    user_id text NOT NULL,
    image_id text NOT NULL,
    batch_id text,
    tier public.enhancement_tier NOT NULL,
    tokens_cost bigint NOT NULL,
    charge_key text,
    refund_part smallint,
    refund_key text,
    status public.job_status DEFAULT 'PENDING'::text NOT NULL,
    current_stage public.pipeline_stage,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    next_attempt_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    pipeline_id text,
    pipeline_config jsonb,
    is_blend boolean DEFAULT false NOT NULL,
    source_image_id text,
    source_r2_key text,
    is_anonymous boolean DEFAULT false NOT NULL,
    enhanced_r2_key text,
    enhanced_width integer,
    enhanced_height integer,
    enhanced_size_bytes bigint,
    prompt text,
    model text,
    temperature double precision,
    analysis_result jsonb,
    analysis_source text,
    alt_text text,
    quality_score double precision,
    was_cropped boolean DEFAULT false NOT NULL,
    crop_dimensions jsonb,
    error_code text,
    error_message text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    processing_started_at timestamp with time zone,
    processing_completed_at timestamp with time zone,
    CONSTRAINT image_enhancement_jobs_anonymous_is_free CHECK (((NOT is_anonymous) OR ((tier)::text = 'FREE'::text))),
    CONSTRAINT image_enhancement_jobs_attempts_fit CHECK (((attempt >= 0) AND ((max_attempts >= 1) AND (max_attempts <= 10)) AND (attempt <= max_attempts))),
    CONSTRAINT image_enhancement_jobs_completed_has_a_result CHECK (
CASE status
    WHEN 'COMPLETED'::text THEN (num_nulls(enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes) = 0)
    ELSE (num_nonnulls(enhanced_r2_key, enhanced_width, enhanced_height, enhanced_size_bytes) = 0)
END),
    CONSTRAINT image_enhancement_jobs_cost_not_negative CHECK ((tokens_cost >= 0)),
    CONSTRAINT image_enhancement_jobs_crop_is_an_object CHECK ((jsonb_typeof(crop_dimensions) = 'object'::text)),
    CONSTRAINT image_enhancement_jobs_ended_has_a_time CHECK ((((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text])) = (processing_completed_at IS NULL))),
    CONSTRAINT image_enhancement_jobs_failed_says_why CHECK ((((status)::text <> ALL (ARRAY['FAILED'::text, 'REFUNDED'::text])) OR (error_message IS NOT NULL))),
    CONSTRAINT image_enhancement_jobs_one_source CHECK (((source_image_id IS NULL) OR (source_r2_key IS NULL))),
    CONSTRAINT image_enhancement_jobs_only_free_is_free CHECK ((((tier)::text = 'FREE'::text) = (tokens_cost = 0))),
    CONSTRAINT image_enhancement_jobs_paid_is_charged CHECK (((tokens_cost > 0) = (charge_key IS NOT NULL))),
    CONSTRAINT image_enhancement_jobs_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT image_enhancement_jobs_processing_is_leased CHECK (((((status)::text = 'PROCESSING'::text) = (lease_until IS NOT NULL)) AND ((lease_until IS NULL) = (lease_owner IS NULL)))),
    CONSTRAINT image_enhancement_jobs_quality_range CHECK (((quality_score >= (0)::double precision) AND (quality_score <= (1)::double precision))),
    CONSTRAINT image_enhancement_jobs_refund_of_its_charge CHECK ((refund_key = (('refund:'::text || charge_key) || COALESCE((':'::text || refund_part), ''::text)))),
    CONSTRAINT image_enhancement_jobs_refund_part_range CHECK (((refund_part IS NULL) OR (((refund_part >= 1) AND (refund_part <= 100)) AND (charge_key IS NOT NULL)))),
    CONSTRAINT image_enhancement_jobs_refunded_unless_done CHECK (((refund_key IS NOT NULL) = ((charge_key IS NOT NULL) AND ((status)::text = ANY (ARRAY['FAILED'::text, 'REFUNDED'::text, 'CANCELLED'::text]))))),
    CONSTRAINT image_enhancement_jobs_size_positive CHECK (((enhanced_width > 0) AND (enhanced_height > 0) AND (enhanced_size_bytes > 0))),
    CONSTRAINT image_enhancement_jobs_source_of_a_blend CHECK ((is_blend OR ((source_image_id IS NULL) AND (source_r2_key IS NULL)))),
    CONSTRAINT image_enhancement_jobs_stage_while_processing CHECK (((current_stage IS NULL) OR ((status)::text = 'PROCESSING'::text))),
    CONSTRAINT image_enhancement_jobs_started_has_a_time CHECK ((((status)::text <> 'PROCESSING'::text) OR (processing_started_at IS NOT NULL))),
    CONSTRAINT image_enhancement_jobs_temperature_range CHECK (((temperature >= (0)::double precision) AND (temperature <= (2)::double precision)))
);

COMMENT ON TABLE public.image_enhancement_jobs IS 'One enhancement of one image, also its place in the queue.';

COMMENT ON COLUMN public.image_enhancement_jobs.user_id IS 'The image''s owner, who pays.';

COMMENT ON COLUMN public.image_enhancement_jobs.batch_id IS 'Jobs that were asked for and charged together.';

COMMENT ON COLUMN public.image_enhancement_jobs.tokens_cost IS 'The price when it was made.';

COMMENT ON COLUMN public.image_enhancement_jobs.charge_key IS 'Event key of the ledger''s entry that paid it; the same one for all jobs of a batch.';

COMMENT ON COLUMN public.image_enhancement_jobs.refund_part IS 'Which part of a batch''s charge is this job''s; null when the charge is for this job alone.';

COMMENT ON COLUMN public.image_enhancement_jobs.refund_key IS 'Event key of the ledger''s entry that gave it back.';

COMMENT ON COLUMN public.image_enhancement_jobs.attempt IS 'Times it was taken from the queue. A worker writes only while the number is the one it took.';

COMMENT ON COLUMN public.image_enhancement_jobs.next_attempt_at IS 'From when it may be taken from the queue.';

COMMENT ON COLUMN public.image_enhancement_jobs.lease_owner IS 'The worker that has it, until lease_until: after that another may take it.';

COMMENT ON COLUMN public.image_enhancement_jobs.pipeline_config IS 'The resolved settings as they were when the job was made.';

COMMENT ON COLUMN public.image_enhancement_jobs.source_image_id IS 'The image to blend in; null for an uploaded one, and after that image was deleted.';

COMMENT ON COLUMN public.image_enhancement_jobs.source_r2_key IS 'The picture to blend in that was sent with the request.';

COMMENT ON COLUMN public.image_enhancement_jobs.is_anonymous IS 'Whoever knows the id may see it.';

COMMENT ON COLUMN public.image_enhancement_jobs.alt_text IS 'What the picture shows, in words.';

COMMENT ON COLUMN public.image_enhancement_jobs.crop_dimensions IS 'left, top, width and height in pixels of the original; the original itself is never cut.';

COMMENT ON COLUMN public.image_enhancement_jobs.error_message IS 'A sentence for the person; what really happened is in the log.';

COMMENT ON COLUMN public.image_enhancement_jobs.processing_completed_at IS 'When it ended, however.';

CREATE TABLE public.incident_updates (
    incident_id text NOT NULL,
    id text NOT NULL,
    status public.incident_status NOT NULL,
    message text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT incident_updates_message_length CHECK (((char_length(message) >= 1) AND (char_length(message) <= 2000)))
);

COMMENT ON TABLE public.incident_updates IS 'What people were told of an incident, in order.';

CREATE TABLE public.incidents (
    id text NOT NULL,
    title text NOT NULL,
    status public.incident_status DEFAULT 'INVESTIGATING'::text NOT NULL,
    impact public.incident_impact NOT NULL,
    message text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    created_by text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT incidents_message_length CHECK (((char_length(message) >= 1) AND (char_length(message) <= 2000))),
    CONSTRAINT incidents_resolved_after_start CHECK ((resolved_at >= started_at)),
    CONSTRAINT incidents_resolved_has_a_time CHECK ((((status)::text = 'RESOLVED'::text) = (resolved_at IS NOT NULL))),
    CONSTRAINT incidents_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);

COMMENT ON TABLE public.incidents IS 'Troubles that people are told of, with the newest message.';

CREATE TABLE public.job_runs (
    id text NOT NULL,
    job text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ends_by timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    status public.job_run_status DEFAULT 'RUNNING'::text NOT NULL,
    result jsonb,
    error text,
    CONSTRAINT job_runs_ends_after_it_starts CHECK ((ends_by > started_at)),
    CONSTRAINT job_runs_failed_has_an_error CHECK ((((status)::text = 'FAILED'::text) = (error IS NOT NULL))),
    CONSTRAINT job_runs_finished_has_a_time CHECK ((((status)::text = 'RUNNING'::text) = (finished_at IS NULL)))
);

COMMENT ON TABLE public.job_runs IS 'Each run of a scheduled job, kept 30 days.';

COMMENT ON COLUMN public.job_runs.ends_by IS 'A run that has not ended by then was killed: the next one marks it FAILED and takes its place.';

COMMENT ON COLUMN public.job_runs.result IS 'What it did, as counts.';

COMMENT ON COLUMN public.job_runs.error IS 'Why it failed; no values of rows, no secrets.';

CREATE TABLE public.marketing_accounts (
    id text NOT NULL,
    user_id text NOT NULL,
    platform public.marketing_platform NOT NULL,
    account_id text NOT NULL,
    account_name text,
    manager_account_id text,
    currency public.currency,
    is_active boolean DEFAULT true NOT NULL,
    access_token bytea,
    refresh_token bytea,
    token_key_id text,
    expires_at timestamp with time zone,
    revoke_due_at timestamp with time zone,
    last_sync_at timestamp with time zone,
    next_sync_at timestamp with time zone,
    sync_failures integer DEFAULT 0 NOT NULL,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT marketing_accounts_account_id_shape CHECK (((account_id = 'pending'::text) OR (account_id ~ '^[0-9]{1,20}$'::text))),
    CONSTRAINT marketing_accounts_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT marketing_accounts_failures_not_negative CHECK ((sync_failures >= 0)),
    CONSTRAINT marketing_accounts_manager_id_shape CHECK ((manager_account_id ~ '^[0-9]{1,20}$'::text)),
    CONSTRAINT marketing_accounts_name_length CHECK ((char_length(account_name) <= 500)),
    CONSTRAINT marketing_accounts_revoked_when_disconnected CHECK (((NOT is_active) OR (revoke_due_at IS NULL))),
    CONSTRAINT marketing_accounts_synced_while_active CHECK ((is_active OR (next_sync_at IS NULL))),
    CONSTRAINT marketing_accounts_tokens_only_while_needed CHECK ((((access_token IS NOT NULL) = (is_active OR (revoke_due_at IS NOT NULL))) AND ((access_token IS NOT NULL) OR (refresh_token IS NULL)) AND ((access_token IS NOT NULL) = (token_key_id IS NOT NULL))))
);

COMMENT ON TABLE public.marketing_accounts IS 'Ad accounts that an administrator has connected. Disconnecting revokes the grant at the platform, then the tokens go; the row stays. Who leaves takes theirs along.';

COMMENT ON COLUMN public.marketing_accounts.account_id IS 'Of the platform, digits only; "pending" while Google has not told which ones there are.';

COMMENT ON COLUMN public.marketing_accounts.manager_account_id IS 'Google: the manager account through which it is reached.';

COMMENT ON COLUMN public.marketing_accounts.access_token IS 'secret: AES-256-GCM, nonce and ciphertext, bound to this row and column.';

COMMENT ON COLUMN public.marketing_accounts.refresh_token IS 'secret: as access_token. Meta gives none.';

COMMENT ON COLUMN public.marketing_accounts.token_key_id IS 'Which key both are encrypted with.';

COMMENT ON COLUMN public.marketing_accounts.expires_at IS 'When the access token ends.';

COMMENT ON COLUMN public.marketing_accounts.revoke_due_at IS 'Disconnected, and the platform has still to be told: the next attempt.';

COMMENT ON COLUMN public.marketing_accounts.sync_failures IS 'Attempts in a row that failed; last_error says how.';

CREATE TABLE public.marketing_deletion_requests (
    confirmation_code text NOT NULL,
    platform_user_hash bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT marketing_deletion_requests_code_shape CHECK ((confirmation_code ~ '^[A-Za-z0-9_-]{8,64}$'::text)),
    CONSTRAINT marketing_deletion_requests_completed_after CHECK ((completed_at >= received_at)),
    CONSTRAINT marketing_deletion_requests_hash_is_sha256 CHECK ((octet_length(platform_user_hash) = 32))
);

COMMENT ON TABLE public.marketing_deletion_requests IS 'People who asked at Meta to be forgotten here. The code lets them look up whether it is done.';

COMMENT ON COLUMN public.marketing_deletion_requests.platform_user_hash IS 'SHA-256 of the person''s id at Meta: asked again they get the same code.';

CREATE TABLE public.marketing_leads (
    id text NOT NULL,
    platform public.marketing_platform NOT NULL,
    external_lead_id text NOT NULL,
    form_id text,
    page_id text,
    campaign_id text,
    ad_group_id text,
    creative_id text,
    click_id text,
    is_test boolean DEFAULT false NOT NULL,
    fields bytea,
    fields_key_id text,
    fetch_due_at timestamp with time zone,
    fetch_attempts integer DEFAULT 0 NOT NULL,
    last_error text,
    submitted_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT marketing_leads_attempts_not_negative CHECK ((fetch_attempts >= 0)),
    CONSTRAINT marketing_leads_erased_are_empty CHECK (((erased_at IS NULL) OR ((fields IS NULL) AND (fetch_due_at IS NULL)))),
    CONSTRAINT marketing_leads_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT marketing_leads_fetched_once CHECK (((fields IS NULL) OR (fetch_due_at IS NULL))),
    CONSTRAINT marketing_leads_fields_have_a_key CHECK (((fields IS NULL) = (fields_key_id IS NULL))),
    CONSTRAINT marketing_leads_id_length CHECK ((((char_length(external_lead_id) >= 1) AND (char_length(external_lead_id) <= 200)) AND (char_length(form_id) <= 100) AND (char_length(page_id) <= 100) AND (char_length(campaign_id) <= 100) AND (char_length(ad_group_id) <= 100) AND (char_length(creative_id) <= 100) AND (char_length(click_id) <= 255)))
);

COMMENT ON TABLE public.marketing_leads IS 'People who filled in a form on a platform, each once.';

COMMENT ON COLUMN public.marketing_leads.form_id IS 'Ids are text: as numbers of JSON the platform''s 64 bits would lose digits.';

COMMENT ON COLUMN public.marketing_leads.is_test IS 'Sent by the platform''s test button: never counted.';

COMMENT ON COLUMN public.marketing_leads.fields IS 'secret: AES-256-GCM over the answers as JSON, nonce and ciphertext.';

COMMENT ON COLUMN public.marketing_leads.fetch_due_at IS 'Meta tells only that there is a lead: when to ask for it next.';

CREATE TABLE public.marketing_oauth_attempts (
    state_hash bytea NOT NULL,
    user_id text NOT NULL,
    browser_hash bytea NOT NULL,
    platform public.marketing_platform NOT NULL,
    code_verifier text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT marketing_oauth_attempts_expiry_follows CHECK ((expires_at > created_at)),
    CONSTRAINT marketing_oauth_attempts_hashes_are_sha256 CHECK (((octet_length(state_hash) = 32) AND (octet_length(browser_hash) = 32)))
);

COMMENT ON TABLE public.marketing_oauth_attempts IS 'An administrator on the way to a platform and back. Taken out on return: a state works once, for the same person and browser.';

COMMENT ON COLUMN public.marketing_oauth_attempts.state_hash IS 'secret: SHA-256 of the state.';

COMMENT ON COLUMN public.marketing_oauth_attempts.browser_hash IS 'secret: SHA-256 of what the browser''s cookie holds.';

COMMENT ON COLUMN public.marketing_oauth_attempts.code_verifier IS 'secret: proves that the code is redeemed by who asked for it (PKCE), where the platform offers it.';

CREATE TABLE public.marketing_webhook_events (
    provider public.marketing_platform NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    object_id text,
    received_at timestamp with time zone NOT NULL,
    payload jsonb NOT NULL,
    outcome public.inbox_outcome,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    processed_at timestamp with time zone,
    last_error text,
    CONSTRAINT marketing_webhook_events_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT marketing_webhook_events_done_has_a_time CHECK (((outcome IS NULL) = (processed_at IS NULL))),
    CONSTRAINT marketing_webhook_events_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT marketing_webhook_events_id_length CHECK (((char_length(event_id) >= 1) AND (char_length(event_id) <= 200))),
    CONSTRAINT marketing_webhook_events_kind_length CHECK (((char_length(kind) >= 1) AND (char_length(kind) <= 100))),
    CONSTRAINT marketing_webhook_events_open_is_due CHECK (((outcome IS NULL) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT marketing_webhook_events_payload_is_small CHECK ((pg_column_size(payload) <= 65536)),
    CONSTRAINT marketing_webhook_events_reason_given CHECK (((outcome IS NULL) OR ((outcome)::text = 'APPLIED'::text) OR (reason IS NOT NULL)))
);

COMMENT ON TABLE public.marketing_webhook_events IS 'What the platforms told us, each change once, stored before it is worked on.';

COMMENT ON COLUMN public.marketing_webhook_events.event_id IS 'The lead''s id, or where there is none SHA-256 in hex over object, entry, field, value and time.';

COMMENT ON COLUMN public.marketing_webhook_events.payload IS 'The change, without shared keys and without what a lead says of a person: that is in marketing_leads, encrypted.';

COMMENT ON COLUMN public.marketing_webhook_events.outcome IS 'Null while it is still to be worked on.';

CREATE TABLE public.mcp_generation_jobs (
    id text NOT NULL,
    user_id text NOT NULL,
    api_key_id text,
    type public.mcp_job_type NOT NULL,
    tier public.enhancement_tier NOT NULL,
    tokens_cost bigint NOT NULL,
    charge_key text NOT NULL,
    refund_key text,
    status public.job_status DEFAULT 'PENDING'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    next_attempt_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    prompt text NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    input_r2_key text,
    input_format public.image_format,
    output_r2_key text,
    output_width integer,
    output_height integer,
    output_size_bytes bigint,
    model text,
    error_code text,
    error_message text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    processing_started_at timestamp with time zone,
    processing_completed_at timestamp with time zone,
    CONSTRAINT mcp_generation_jobs_aspect_ratio_known CHECK (((params ->> 'aspectRatio'::text) = ANY (ARRAY['1:1'::text, '3:2'::text, '2:3'::text, '3:4'::text, '4:3'::text, '4:5'::text, '5:4'::text, '9:16'::text, '16:9'::text, '21:9'::text]))),
    CONSTRAINT mcp_generation_jobs_attempts_fit CHECK (((attempt >= 0) AND ((max_attempts >= 1) AND (max_attempts <= 10)) AND (attempt <= max_attempts))),
    CONSTRAINT mcp_generation_jobs_completed_has_a_result CHECK (
CASE status
    WHEN 'COMPLETED'::text THEN (num_nulls(output_r2_key, output_width, output_height, output_size_bytes) = 0)
    ELSE (num_nonnulls(output_r2_key, output_width, output_height, output_size_bytes) = 0)
END),
    CONSTRAINT mcp_generation_jobs_cost_positive CHECK ((tokens_cost > 0)),
    CONSTRAINT mcp_generation_jobs_ended_has_a_time CHECK ((((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text])) = (processing_completed_at IS NULL))),
    CONSTRAINT mcp_generation_jobs_failed_says_why CHECK ((((status)::text <> ALL (ARRAY['FAILED'::text, 'REFUNDED'::text])) OR (error_message IS NOT NULL))),
    CONSTRAINT mcp_generation_jobs_input_of_a_change CHECK (((((type)::text = 'MODIFY'::text) = (input_r2_key IS NOT NULL)) AND ((input_r2_key IS NULL) = (input_format IS NULL)))),
    CONSTRAINT mcp_generation_jobs_negative_prompt_length CHECK ((char_length((params ->> 'negativePrompt'::text)) <= 4000)),
    CONSTRAINT mcp_generation_jobs_params_are_small CHECK (((jsonb_typeof(params) = 'object'::text) AND (pg_column_size(params) <= 32768))),
    CONSTRAINT mcp_generation_jobs_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT mcp_generation_jobs_processing_is_leased CHECK (((((status)::text = 'PROCESSING'::text) = (lease_until IS NOT NULL)) AND ((lease_until IS NULL) = (lease_owner IS NULL)))),
    CONSTRAINT mcp_generation_jobs_prompt_length CHECK (((char_length(prompt) >= 1) AND (char_length(prompt) <= 4000))),
    CONSTRAINT mcp_generation_jobs_refund_of_its_charge CHECK ((refund_key = ('refund:'::text || charge_key))),
    CONSTRAINT mcp_generation_jobs_refunded_unless_done CHECK (((refund_key IS NOT NULL) = ((status)::text = ANY (ARRAY['FAILED'::text, 'REFUNDED'::text, 'CANCELLED'::text])))),
    CONSTRAINT mcp_generation_jobs_size_positive CHECK (((output_width > 0) AND (output_height > 0) AND (output_size_bytes > 0))),
    CONSTRAINT mcp_generation_jobs_started_has_a_time CHECK ((((status)::text <> 'PROCESSING'::text) OR (processing_started_at IS NOT NULL))),
    CONSTRAINT mcp_generation_jobs_tier_is_paid CHECK (((tier)::text <> 'FREE'::text))
);

COMMENT ON TABLE public.mcp_generation_jobs IS 'One image that was asked for over the API; also its place in the queue. All are paid, one charge each.';

COMMENT ON COLUMN public.mcp_generation_jobs.api_key_id IS 'The key that asked; null for a browser, and after the key was deleted.';

COMMENT ON COLUMN public.mcp_generation_jobs.tokens_cost IS 'The price when it was made.';

COMMENT ON COLUMN public.mcp_generation_jobs.charge_key IS 'Event key of the ledger''s entry that paid it; refund_key: that gave it back. Both are seen to at commit.';

COMMENT ON COLUMN public.mcp_generation_jobs.attempt IS 'Times it was taken from the queue. A worker writes only while the number is the one it took.';

COMMENT ON COLUMN public.mcp_generation_jobs.next_attempt_at IS 'From when it may be taken from the queue.';

COMMENT ON COLUMN public.mcp_generation_jobs.lease_owner IS 'The worker that has it, until lease_until: after that another may take it.';

COMMENT ON COLUMN public.mcp_generation_jobs.params IS 'negativePrompt and aspectRatio as asked for, so that it can be asked for again.';

COMMENT ON COLUMN public.mcp_generation_jobs.input_r2_key IS 'The image to change: fetched or received before the job is made. A job that repeats another has its own copy.';

COMMENT ON COLUMN public.mcp_generation_jobs.error_message IS 'A sentence for the person; what really happened is in the log.';

COMMENT ON COLUMN public.mcp_generation_jobs.processing_completed_at IS 'When it ended, however.';

CREATE TABLE public.merch_cart_items (
    id text NOT NULL,
    user_id text NOT NULL,
    product_id text NOT NULL,
    variant_id text,
    image_id text,
    uploaded_image_r2_key text,
    quantity integer DEFAULT 1 NOT NULL,
    custom_text text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_cart_items_custom_text_length CHECK (((char_length(custom_text) >= 1) AND (char_length(custom_text) <= 200))),
    CONSTRAINT merch_cart_items_one_image CHECK ((num_nonnulls(image_id, uploaded_image_r2_key) = 1)),
    CONSTRAINT merch_cart_items_quantity_range CHECK (((quantity >= 1) AND (quantity <= 100)))
);

COMMENT ON TABLE public.merch_cart_items IS 'Lines of a cart. The picture is the cart owner''s own, an image or an upload; when an image is deleted its lines go, too.';

COMMENT ON COLUMN public.merch_cart_items.user_id IS 'Whose cart.';

CREATE TABLE public.merch_carts (
    user_id text NOT NULL,
    id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE public.merch_carts IS 'Everybody has at most one.';

CREATE TABLE public.merch_categories (
    id text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    icon text,
    sort_order integer DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_categories_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT merch_categories_slug_shape CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 100))),
    CONSTRAINT merch_categories_sort_order_not_negative CHECK ((sort_order >= 0)),
    CONSTRAINT merch_categories_text_length CHECK (((char_length(description) <= 1000) AND (char_length(icon) <= 100)))
);

COMMENT ON TABLE public.merch_categories IS 'Shelves of the shop.';

CREATE TABLE public.merch_countries (
    code public.country_code NOT NULL,
    zone public.merch_shipping_zone NOT NULL,
    vat_basis_points integer NOT NULL,
    CONSTRAINT merch_countries_vat_range CHECK (((vat_basis_points >= 0) AND (vat_basis_points <= 5000)))
);

COMMENT ON TABLE public.merch_countries IS 'Countries that are shipped to; all others are refused.';

COMMENT ON COLUMN public.merch_countries.vat_basis_points IS 'Standard rate of the destination in hundredths of a percent; part of the prices.';

CREATE TABLE public.merch_operations (
    id text NOT NULL,
    order_id text NOT NULL,
    kind public.merch_operation_kind NOT NULL,
    idempotency_key text NOT NULL,
    amount_minor bigint,
    status public.merch_operation_status DEFAULT 'PENDING'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    result jsonb,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT merch_operations_amount_fits_kind CHECK (((((kind)::text = ANY (ARRAY['CREATE_INTENT'::text, 'CAPTURE'::text, 'REFUND'::text])) = (amount_minor IS NOT NULL)) AND (amount_minor > 0))),
    CONSTRAINT merch_operations_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT merch_operations_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT merch_operations_finished_has_a_time CHECK ((((status)::text = 'PENDING'::text) = (finished_at IS NULL))),
    CONSTRAINT merch_operations_idempotency_key_length CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200))),
    CONSTRAINT merch_operations_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL)))
);

COMMENT ON TABLE public.merch_operations IS 'What is asked of Stripe and of the printer: written with what causes it, asked for after that is committed, and again with the same key until it is answered.';

COMMENT ON COLUMN public.merch_operations.idempotency_key IS 'Kind and order, such as capture:<order>; what the other side gets, so that nothing happens twice.';

COMMENT ON COLUMN public.merch_operations.amount_minor IS 'In the order''s currency.';

CREATE TABLE public.merch_order_days (
    day date NOT NULL,
    issued integer NOT NULL,
    scramble integer DEFAULT (floor((random() * (1048576)::double precision)))::integer NOT NULL,
    CONSTRAINT merch_order_days_issued_range CHECK (((issued >= 1) AND (issued <= 1048576))),
    CONSTRAINT merch_order_days_scramble_range CHECK (((scramble >= 0) AND (scramble <= 1048575)))
);

COMMENT ON TABLE public.merch_order_days IS 'How many order numbers were given out on a day. Rolled back with the order, so there is neither a gap nor a number twice.';

COMMENT ON COLUMN public.merch_order_days.scramble IS 'Where the day begins, so that a number does not tell how much was sold.';

CREATE TABLE public.merch_order_events (
    order_id text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    to_status public.merch_order_status,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT merch_order_events_data_is_small CHECK (((jsonb_typeof(data) = 'object'::text) AND (pg_column_size(data) <= 16384))),
    CONSTRAINT merch_order_events_type_shape CHECK ((type ~ '^[A-Z][A-Z0-9_]{0,99}$'::text))
);

COMMENT ON TABLE public.merch_order_events IS 'What happened to an order, in the order of the ids. Never changed; without personal data.';

COMMENT ON COLUMN public.merch_order_events.to_status IS 'Of a step: the status that the order has from then on. Each is reached once.';

CREATE TABLE public.merch_order_items (
    order_id text NOT NULL,
    id text NOT NULL,
    product_id text NOT NULL,
    variant_id text,
    product_name text NOT NULL,
    variant_name text,
    provider public.pod_provider NOT NULL,
    provider_sku text NOT NULL,
    image_r2_key text,
    quantity integer NOT NULL,
    unit_price_minor bigint NOT NULL,
    total_price_minor bigint NOT NULL,
    tax_basis_points integer DEFAULT 0 NOT NULL,
    tax_included_minor bigint DEFAULT 0 NOT NULL,
    custom_text text,
    pod_order_id text,
    pod_status text,
    shipment_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_order_items_own_image CHECK ((starts_with(image_r2_key, (('merch/orders/'::text || order_id) || '/'::text)) AND (char_length(image_r2_key) <= 500))),
    CONSTRAINT merch_order_items_quantity_range CHECK (((quantity >= 1) AND (quantity <= 100))),
    CONSTRAINT merch_order_items_tax_fits CHECK ((((tax_basis_points >= 0) AND (tax_basis_points <= 5000)) AND ((tax_included_minor >= 0) AND (tax_included_minor <= total_price_minor)))),
    CONSTRAINT merch_order_items_text_length CHECK ((((char_length(product_name) >= 1) AND (char_length(product_name) <= 200)) AND ((char_length(variant_name) >= 1) AND (char_length(variant_name) <= 200)) AND ((char_length(provider_sku) >= 1) AND (char_length(provider_sku) <= 100)) AND ((char_length(custom_text) >= 1) AND (char_length(custom_text) <= 200)) AND ((char_length(pod_order_id) >= 1) AND (char_length(pod_order_id) <= 100)) AND (char_length(pod_status) <= 100))),
    CONSTRAINT merch_order_items_total_adds_up CHECK ((total_price_minor = (unit_price_minor * quantity))),
    CONSTRAINT merch_order_items_unit_price_positive CHECK ((unit_price_minor > 0))
);

COMMENT ON TABLE public.merch_order_items IS 'Lines of an order, with name and price as they were when it was made.';

COMMENT ON COLUMN public.merch_order_items.provider_sku IS 'What the printer makes: the variant''s, else the product''s.';

COMMENT ON COLUMN public.merch_order_items.image_r2_key IS 'The order''s own copy of the picture, so that it can be printed whatever becomes of the image; null once it is not needed any more.';

COMMENT ON COLUMN public.merch_order_items.tax_included_minor IS 'Of total_price_minor, at tax_basis_points (hundredths of a percent).';

COMMENT ON COLUMN public.merch_order_items.pod_order_id IS 'The printer''s order.';

CREATE TABLE public.merch_orders (
    id text NOT NULL,
    user_id text NOT NULL,
    order_number text NOT NULL,
    status public.merch_order_status DEFAULT 'PENDING'::text NOT NULL,
    subtotal_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    tax_minor bigint DEFAULT 0 NOT NULL,
    total_minor bigint NOT NULL,
    tax_included_minor bigint DEFAULT 0 NOT NULL,
    currency public.currency DEFAULT 'gbp'::text NOT NULL,
    shipping_country public.country_code NOT NULL,
    shipping_address jsonb,
    billing_address jsonb,
    customer_email text,
    customer_phone text,
    notes text,
    stripe_payment_intent_id text,
    stripe_payment_status public.merch_payment_status DEFAULT 'pending'::text NOT NULL,
    captured_minor bigint DEFAULT 0 NOT NULL,
    refunded_minor bigint DEFAULT 0 NOT NULL,
    authorized_at timestamp with time zone,
    paid_at timestamp with time zone,
    provider_changed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    anonymized_at timestamp with time zone,
    CONSTRAINT merch_orders_address_shape CHECK (((jsonb_typeof(shipping_address) = 'object'::text) AND (shipping_address ?& ARRAY['name'::text, 'line1'::text, 'city'::text, 'postalCode'::text, 'countryCode'::text]) AND ((shipping_address ->> 'countryCode'::text) = (shipping_country)::text) AND (pg_column_size(shipping_address) <= 4096))),
    CONSTRAINT merch_orders_address_until_anonymous CHECK ((((shipping_address IS NOT NULL) AND (customer_email IS NOT NULL)) = (anonymized_at IS NULL))),
    CONSTRAINT merch_orders_anonymous_is_empty CHECK (((anonymized_at IS NULL) OR (num_nonnulls(shipping_address, billing_address, customer_email, customer_phone, notes) = 0))),
    CONSTRAINT merch_orders_authorized_fits_status CHECK (
CASE status
    WHEN 'PENDING'::text THEN (authorized_at IS NULL)
    WHEN 'CANCELLED'::text THEN true
    ELSE (authorized_at IS NOT NULL)
END),
    CONSTRAINT merch_orders_billing_address_shape CHECK (((jsonb_typeof(billing_address) = 'object'::text) AND (pg_column_size(billing_address) <= 4096))),
    CONSTRAINT merch_orders_captured_fits CHECK (((captured_minor = 0) OR (captured_minor = total_minor))),
    CONSTRAINT merch_orders_customer_length CHECK ((((char_length(customer_email) >= 3) AND (char_length(customer_email) <= 254)) AND (char_length(customer_phone) <= 50) AND (char_length(notes) <= 1000))),
    CONSTRAINT merch_orders_intent_from_authorization CHECK (((authorized_at IS NULL) OR (stripe_payment_intent_id IS NOT NULL))),
    CONSTRAINT merch_orders_not_negative CHECK (((subtotal_minor > 0) AND (shipping_minor >= 0) AND (tax_minor >= 0) AND (tax_included_minor >= 0))),
    CONSTRAINT merch_orders_order_number_shape CHECK ((order_number ~ '^SL-([0-9]{8}-[A-HJ-NP-Z2-9]{4}|E2E-[0-9]{3})$'::text)),
    CONSTRAINT merch_orders_paid_at_fits_status CHECK (
CASE
    WHEN ((status)::text = ANY (ARRAY['PENDING'::text, 'PAYMENT_PENDING'::text])) THEN (paid_at IS NULL)
    WHEN ((status)::text = 'CANCELLED'::text) THEN true
    ELSE (paid_at IS NOT NULL)
END),
    CONSTRAINT merch_orders_paid_is_captured CHECK (((paid_at IS NOT NULL) = (captured_minor > 0))),
    CONSTRAINT merch_orders_payment_status_fits CHECK (
CASE stripe_payment_status
    WHEN 'captured'::text THEN (paid_at IS NOT NULL)
    WHEN 'refunded'::text THEN ((paid_at IS NOT NULL) AND (refunded_minor = captured_minor))
    WHEN 'authorized'::text THEN ((authorized_at IS NOT NULL) AND (paid_at IS NULL))
    ELSE (paid_at IS NULL)
END),
    CONSTRAINT merch_orders_refund_fits CHECK (((refunded_minor >= 0) AND (refunded_minor <= captured_minor))),
    CONSTRAINT merch_orders_refunded_in_full CHECK ((((status)::text <> 'REFUNDED'::text) OR (refunded_minor = captured_minor))),
    CONSTRAINT merch_orders_tax_included_fits CHECK ((tax_included_minor <= (subtotal_minor + shipping_minor))),
    CONSTRAINT merch_orders_total_adds_up CHECK ((total_minor = ((subtotal_minor + shipping_minor) + tax_minor)))
);

COMMENT ON TABLE public.merch_orders IS 'What somebody ordered. Kept for the books; when the person leaves, or asks for it, the order loses name and address.';

COMMENT ON COLUMN public.merch_orders.order_number IS 'For people; a number of its own kind is only in seeds.';

COMMENT ON COLUMN public.merch_orders.subtotal_minor IS 'Sum of the items, checked at commit.';

COMMENT ON COLUMN public.merch_orders.tax_minor IS 'On top of the prices: nothing today.';

COMMENT ON COLUMN public.merch_orders.tax_included_minor IS 'The tax that is part of subtotal and shipping.';

COMMENT ON COLUMN public.merch_orders.shipping_country IS 'Stays when the address goes: taxes are reported by country.';

COMMENT ON COLUMN public.merch_orders.shipping_address IS 'personal: name, line1, line2, city, postalCode, countryCode, phone.';

COMMENT ON COLUMN public.merch_orders.billing_address IS 'personal: as shipping_address.';

COMMENT ON COLUMN public.merch_orders.customer_email IS 'personal: where news of this order goes.';

COMMENT ON COLUMN public.merch_orders.customer_phone IS 'personal: for the carrier.';

COMMENT ON COLUMN public.merch_orders.notes IS 'personal: what the customer added.';

COMMENT ON COLUMN public.merch_orders.provider_changed_at IS 'Time of the newest news of the printer that was applied: older ones change nothing.';

CREATE TABLE public.merch_prints (
    user_id text NOT NULL,
    r2_key text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes bigint NOT NULL,
    content_type text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT merch_prints_content_type_known CHECK ((content_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'image/webp'::text]))),
    CONSTRAINT merch_prints_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT merch_prints_own_prefix CHECK ((starts_with(r2_key, (('merch/prints/'::text || user_id) || '/'::text)) AND (char_length(r2_key) <= 500))),
    CONSTRAINT merch_prints_size_positive CHECK (((width > 0) AND (height > 0) AND (size_bytes > 0)))
);

COMMENT ON TABLE public.merch_prints IS 'Pictures that somebody uploaded for printing only, measured. What is not in a cart when it expires goes, with its object.';

CREATE TABLE public.merch_products (
    id text NOT NULL,
    category_id text NOT NULL,
    name text NOT NULL,
    description text,
    provider public.pod_provider NOT NULL,
    provider_sku text NOT NULL,
    base_price_minor bigint NOT NULL,
    retail_price_minor bigint NOT NULL,
    currency public.currency DEFAULT 'gbp'::text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    min_dpi integer DEFAULT 150 NOT NULL,
    min_width integer DEFAULT 1800 NOT NULL,
    min_height integer DEFAULT 1800 NOT NULL,
    print_area_width integer,
    print_area_height integer,
    mockup_template text,
    sort_order integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_products_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT merch_products_pixels_positive CHECK (((min_dpi > 0) AND (min_width > 0) AND (min_height > 0) AND (print_area_width > 0) AND (print_area_height > 0))),
    CONSTRAINT merch_products_price_range CHECK ((((base_price_minor >= 1) AND (base_price_minor <= 10000000)) AND ((retail_price_minor >= 1) AND (retail_price_minor <= 10000000)))),
    CONSTRAINT merch_products_print_area_is_whole CHECK (((print_area_width IS NULL) = (print_area_height IS NULL))),
    CONSTRAINT merch_products_provider_sku_length CHECK (((char_length(provider_sku) >= 1) AND (char_length(provider_sku) <= 100))),
    CONSTRAINT merch_products_sort_order_not_negative CHECK ((sort_order >= 0)),
    CONSTRAINT merch_products_text_length CHECK (((char_length(description) <= 5000) AND (char_length(mockup_template) <= 2048)))
);

COMMENT ON TABLE public.merch_products IS 'What can be printed on. Taken out of the shop by is_active, never deleted: orders point at it.';

COMMENT ON COLUMN public.merch_products.base_price_minor IS 'What the printer charges; not for the public, nor is provider_sku.';

COMMENT ON COLUMN public.merch_products.min_width IS 'Pixels that a picture needs at least; likewise min_height.';

COMMENT ON COLUMN public.merch_products.print_area_width IS 'Pixels; likewise print_area_height.';

CREATE TABLE public.merch_shipments (
    order_id text NOT NULL,
    id text NOT NULL,
    provider public.pod_provider NOT NULL,
    provider_shipment_id text,
    carrier text,
    tracking_number text,
    tracking_url text,
    status public.shipment_status DEFAULT 'PENDING'::text NOT NULL,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_shipments_delivered_after_shipped CHECK ((delivered_at >= shipped_at)),
    CONSTRAINT merch_shipments_delivered_has_a_time CHECK ((((status)::text = 'DELIVERED'::text) = (delivered_at IS NOT NULL))),
    CONSTRAINT merch_shipments_text_length CHECK ((((char_length(provider_shipment_id) >= 1) AND (char_length(provider_shipment_id) <= 100)) AND (char_length(carrier) <= 100) AND (char_length(tracking_number) <= 100) AND (char_length(tracking_url) <= 2048))),
    CONSTRAINT merch_shipments_tracking_url_is_https CHECK ((tracking_url ~ '^https?://'::text))
);

COMMENT ON TABLE public.merch_shipments IS 'Parcels of an order, one row per parcel of the printer.';

COMMENT ON COLUMN public.merch_shipments.provider_shipment_id IS 'The printer''s, such as shp_…; null only in seeds.';

CREATE TABLE public.merch_shipping_rates (
    zone public.merch_shipping_zone NOT NULL,
    amount_minor bigint NOT NULL,
    free_from_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    CONSTRAINT merch_shipping_rates_not_negative CHECK (((amount_minor >= 0) AND (free_from_minor >= 0)))
);

COMMENT ON TABLE public.merch_shipping_rates IS 'Price of shipping per order.';

COMMENT ON COLUMN public.merch_shipping_rates.free_from_minor IS 'From this subtotal on it costs nothing.';

CREATE TABLE public.merch_variants (
    product_id text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    provider_sku text NOT NULL,
    price_delta_minor bigint DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merch_variants_attributes_are_small CHECK (((jsonb_typeof(attributes) = 'object'::text) AND (pg_column_size(attributes) <= 4096))),
    CONSTRAINT merch_variants_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT merch_variants_price_delta_range CHECK (((price_delta_minor >= '-10000000'::integer) AND (price_delta_minor <= 10000000))),
    CONSTRAINT merch_variants_provider_sku_length CHECK (((char_length(provider_sku) >= 1) AND (char_length(provider_sku) <= 100)))
);

COMMENT ON TABLE public.merch_variants IS 'Sizes and the like of a product.';

COMMENT ON COLUMN public.merch_variants.price_delta_minor IS 'On top of the product''s retail price, in its currency; the sum stays above zero.';

CREATE TABLE public.merch_webhook_events (
    provider public.pod_provider NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    pod_order_id text,
    occurred_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    payload jsonb NOT NULL,
    outcome public.inbox_outcome,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    processed_at timestamp with time zone,
    last_error text,
    CONSTRAINT merch_webhook_events_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT merch_webhook_events_done_has_a_time CHECK (((outcome IS NULL) = (processed_at IS NULL))),
    CONSTRAINT merch_webhook_events_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT merch_webhook_events_id_length CHECK (((char_length(event_id) >= 1) AND (char_length(event_id) <= 200))),
    CONSTRAINT merch_webhook_events_open_is_due CHECK (((outcome IS NULL) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT merch_webhook_events_payload_is_small CHECK ((pg_column_size(payload) <= 262144)),
    CONSTRAINT merch_webhook_events_reason_given CHECK (((outcome IS NULL) OR ((outcome)::text = 'APPLIED'::text) OR (reason IS NOT NULL))),
    CONSTRAINT merch_webhook_events_type_length CHECK (((char_length(event_type) >= 1) AND (char_length(event_type) <= 200)))
);

COMMENT ON TABLE public.merch_webhook_events IS 'What the printer told us, once each. The order is asked for again before anything follows from it. Stripe''s events are in stripe_events.';

COMMENT ON COLUMN public.merch_webhook_events.payload IS 'personal: the printer sends the recipient along. Kept 30 days.';

COMMENT ON COLUMN public.merch_webhook_events.outcome IS 'Null while it is still to be worked on.';

CREATE TABLE public.metric_samples (
    metric text NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    CONSTRAINT metric_samples_label_length CHECK ((char_length(label) <= 200)),
    CONSTRAINT metric_samples_metric_shape CHECK ((metric ~ '^[a-z][a-z0-9_.]{0,99}$'::text)),
    CONSTRAINT metric_samples_value_is_finite CHECK (((value > '-Infinity'::double precision) AND (value < 'Infinity'::double precision)))
)
PARTITION BY RANGE (created_at);

COMMENT ON TABLE public.metric_samples IS 'Figures over time: connections, sizes, slow queries, lag. Kept a year; cut by month.';

COMMENT ON COLUMN public.metric_samples.label IS 'What it was measured of, such as a table; empty: of the whole.';

CREATE TABLE public.monetization_models (
    id text NOT NULL,
    app_id text NOT NULL,
    type public.monetization_type DEFAULT 'FREE'::text NOT NULL,
    price_minor bigint,
    currency public.currency,
    subscription_interval public.subscription_interval,
    features text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT monetization_models_features_fit CHECK (((cardinality(features) <= 50) AND (array_position(features, NULL::text) IS NULL))),
    CONSTRAINT monetization_models_free_is_free CHECK ((((type)::text <> 'FREE'::text) OR (COALESCE(price_minor, (0)::bigint) = 0))),
    CONSTRAINT monetization_models_interval_of_a_subscription CHECK (((subscription_interval IS NULL) OR ((type)::text = 'SUBSCRIPTION'::text))),
    CONSTRAINT monetization_models_price_has_a_currency CHECK (((price_minor IS NULL) = (currency IS NULL))),
    CONSTRAINT monetization_models_price_range CHECK (((price_minor >= 0) AND (price_minor <= '9999999999'::bigint))),
    CONSTRAINT monetization_models_priced_subscription_has_an_interval CHECK ((((type)::text <> 'SUBSCRIPTION'::text) OR (price_minor IS NULL) OR (subscription_interval IS NOT NULL)))
);

COMMENT ON TABLE public.monetization_models IS 'How an app is to earn money. A wish of its owner: nobody is charged by it.';

COMMENT ON COLUMN public.monetization_models.price_minor IS 'In minor units (pence) of currency; null while it is undecided.';

CREATE TABLE public.oauth_attempts (
    state_hash bytea NOT NULL,
    browser_hash bytea NOT NULL,
    provider public.oauth_provider NOT NULL,
    code_verifier text NOT NULL,
    nonce text NOT NULL,
    callback_url text NOT NULL,
    referral_code text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT oauth_attempts_browser_hash_check CHECK ((octet_length(browser_hash) = 32)),
    CONSTRAINT oauth_attempts_state_hash_check CHECK ((octet_length(state_hash) = 32))
);

COMMENT ON TABLE public.oauth_attempts IS 'A sign-in on its way to a provider and back. Taken out when it returns: a state works once.';

COMMENT ON COLUMN public.oauth_attempts.state_hash IS 'secret: SHA-256 of the state.';

COMMENT ON COLUMN public.oauth_attempts.browser_hash IS 'secret: SHA-256 of what the browser''s cookie holds: only the browser that left may come back.';

COMMENT ON COLUMN public.oauth_attempts.code_verifier IS 'secret: of PKCE.';

COMMENT ON COLUMN public.oauth_attempts.nonce IS 'secret: the id token has to repeat it.';

CREATE TABLE public.object_deletions (
    bucket public.object_bucket NOT NULL,
    object_key text NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error text,
    CONSTRAINT object_deletions_attempts_not_negative CHECK ((attempts >= 0)),
    CONSTRAINT object_deletions_key_length CHECK (((char_length(object_key) >= 1) AND (char_length(object_key) <= 1024)))
);

COMMENT ON TABLE public.object_deletions IS 'Objects whose row is gone and which are still to be deleted; a row goes when its object has.';

COMMENT ON COLUMN public.object_deletions.next_attempt_at IS 'After a failed attempt; null: at once.';

CREATE TABLE public.page_views (
    session_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    id text NOT NULL,
    path text NOT NULL,
    title text,
    time_on_page_seconds integer,
    scroll_depth_percent integer,
    CONSTRAINT page_views_path_length CHECK (((char_length(path) >= 1) AND (char_length(path) <= 2048))),
    CONSTRAINT page_views_scroll_depth_range CHECK (((scroll_depth_percent >= 0) AND (scroll_depth_percent <= 100))),
    CONSTRAINT page_views_time_on_page_range CHECK (((time_on_page_seconds >= 0) AND (time_on_page_seconds <= 86400))),
    CONSTRAINT page_views_title_length CHECK ((char_length(title) <= 512))
)
PARTITION BY RANGE (created_at);

COMMENT ON TABLE public.page_views IS 'Pages of a visit. Kept 90 days; cut by month.';

COMMENT ON COLUMN public.page_views.time_on_page_seconds IS '0 and "not told" are different.';

CREATE TABLE public.partition_policies (
    table_name text NOT NULL,
    time_column text NOT NULL,
    months_ahead integer DEFAULT 3 NOT NULL,
    keep_months integer,
    CONSTRAINT partition_policies_keep_months_range CHECK ((keep_months >= 1)),
    CONSTRAINT partition_policies_months_ahead_range CHECK (((months_ahead >= 1) AND (months_ahead <= 36)))
);

COMMENT ON TABLE public.partition_policies IS 'Which tables are cut by month, how far ahead months are made, and when they are dropped.';

COMMENT ON COLUMN public.partition_policies.months_ahead IS 'Months after the present one that exist at any time.';

COMMENT ON COLUMN public.partition_policies.keep_months IS 'Months before the present one that are kept; null keeps them for ever.';

CREATE TABLE public.pipeline_reference_images (
    pipeline_id text NOT NULL,
    "position" smallint NOT NULL,
    r2_key text NOT NULL,
    description text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT pipeline_reference_images_at_most_three CHECK ((("position" >= 1) AND ("position" <= 3))),
    CONSTRAINT pipeline_reference_images_description_length CHECK ((char_length(description) <= 500)),
    CONSTRAINT pipeline_reference_images_own_prefix CHECK ((starts_with(r2_key, (('pipelines/'::text || pipeline_id) || '/references/'::text)) AND (char_length(r2_key) <= 500)))
);

COMMENT ON TABLE public.pipeline_reference_images IS 'Up to three pictures that show a pipeline what is wanted. A fork has copies of its own.';

CREATE UNLOGGED TABLE public.rate_limits (
    key bytea NOT NULL,
    hits bigint NOT NULL,
    window_ends_at timestamp with time zone NOT NULL,
    CONSTRAINT rate_limits_key_check CHECK ((octet_length(key) = 32))
);

COMMENT ON TABLE public.rate_limits IS 'One row per limit and subject: hits in a fixed window that starts with the first.';

COMMENT ON COLUMN public.rate_limits.key IS 'SHA-256 of the limit''s name and whom it is about, so that no address is kept here.';

CREATE TABLE public.referrals (
    id text NOT NULL,
    referrer_id text NOT NULL,
    referee_id text NOT NULL,
    status public.referral_status DEFAULT 'PENDING'::text NOT NULL,
    tokens_granted bigint DEFAULT 0 NOT NULL,
    ip_address text,
    invalid_reason text,
    created_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT referrals_completed_has_a_time CHECK ((((status)::text = 'COMPLETED'::text) = (completed_at IS NOT NULL))),
    CONSTRAINT referrals_invalid_has_a_reason CHECK ((((status)::text = 'INVALID'::text) = (invalid_reason IS NOT NULL))),
    CONSTRAINT referrals_not_of_oneself CHECK ((referrer_id <> referee_id)),
    CONSTRAINT referrals_tokens_granted_check CHECK ((tokens_granted >= 0)),
    CONSTRAINT referrals_tokens_when_completed CHECK ((((status)::text = 'COMPLETED'::text) OR (tokens_granted = 0)))
);

COMMENT ON TABLE public.referrals IS 'Who brought whom. A newcomer is brought once; COMPLETED and INVALID are final.';

COMMENT ON COLUMN public.referrals.tokens_granted IS 'To both sides together.';

COMMENT ON COLUMN public.referrals.ip_address IS 'Where the newcomer signed up from.';

CREATE TABLE public.requirements (
    id text NOT NULL,
    app_id text NOT NULL,
    description text NOT NULL,
    priority public.requirement_priority DEFAULT 'MEDIUM'::text NOT NULL,
    status public.requirement_status DEFAULT 'PENDING'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT requirements_description_length CHECK (((char_length(description) >= 1) AND (char_length(description) <= 4000))),
    CONSTRAINT requirements_version_positive CHECK ((version >= 1))
);

COMMENT ON TABLE public.requirements IS 'What an app has to do.';

COMMENT ON COLUMN public.requirements.version IS 'One more with each change; who changes it says which version they saw.';

CREATE TABLE public.restore_runs (
    id text NOT NULL,
    purpose public.restore_purpose NOT NULL,
    backup_id text,
    object_key text NOT NULL,
    target_database text NOT NULL,
    status public.restore_status DEFAULT 'RUNNING'::text NOT NULL,
    table_rows jsonb,
    differences jsonb,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    target_dropped_at timestamp with time zone,
    error text,
    CONSTRAINT restore_runs_failed_says_why CHECK ((((status)::text = 'FAILED'::text) = (error IS NOT NULL))),
    CONSTRAINT restore_runs_finished_after_start CHECK ((finished_at >= started_at)),
    CONSTRAINT restore_runs_finished_has_a_time CHECK ((((status)::text = 'RUNNING'::text) = (finished_at IS NULL))),
    CONSTRAINT restore_runs_object_key_length CHECK (((char_length(object_key) >= 1) AND (char_length(object_key) <= 1024))),
    CONSTRAINT restore_runs_passed_was_compared CHECK ((((status)::text <> 'PASSED'::text) OR ((table_rows IS NOT NULL) AND (differences IS NULL)))),
    CONSTRAINT restore_runs_target_database_shape CHECK ((target_database ~ '^[a-z_][a-z0-9_]{0,62}$'::text))
);

COMMENT ON TABLE public.restore_runs IS 'Backups that were loaded again, for whatever reason: untested ones don''t count.';

COMMENT ON COLUMN public.restore_runs.backup_id IS 'Null for an object that this database knows nothing of.';

COMMENT ON COLUMN public.restore_runs.table_rows IS 'Rows per table as they were after loading.';

COMMENT ON COLUMN public.restore_runs.differences IS 'Tables whose rows are not those of the manifest: expected and found.';

COMMENT ON COLUMN public.restore_runs.target_dropped_at IS 'Of a scratch database: that it is gone again.';

CREATE TABLE public.sessions (
    id text NOT NULL,
    user_id text NOT NULL,
    token_hash bytea NOT NULL,
    user_agent text,
    ip_address text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    network text,
    last_seen_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT sessions_token_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON TABLE public.sessions IS 'One row per signed-in browser or phone. Revoking it signs that one out at once.';

COMMENT ON COLUMN public.sessions.token_hash IS 'secret: SHA-256 of the token that the client holds, by itself or inside its cookie; the token itself is stored nowhere. For a cookie that the front end made: SHA-256 of the cookie.';

COMMENT ON COLUMN public.sessions.network IS 'The address it was opened from, for IPv6 its /64: where the person has been before, strangers'' guesses don''t slow them.';

COMMENT ON COLUMN public.sessions.last_seen_at IS 'Last request, to the nearest few minutes.';

COMMENT ON COLUMN public.sessions.revoked_at IS 'Signed out. The row stays until it would have expired: a cookie made elsewhere must not open it again.';

CREATE TABLE public.stripe_disputes (
    id text NOT NULL,
    payment_id text,
    stripe_charge_id text,
    status text NOT NULL,
    amount_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.stripe_disputes IS 'Payments that a bank asks back. A lost one takes the tokens back like a refund.';

CREATE TABLE public.stripe_events (
    event_id text NOT NULL,
    type text NOT NULL,
    object_id text,
    stripe_created timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    outcome public.inbox_outcome NOT NULL,
    reason text,
    payload json NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT stripe_events_attempts_check CHECK ((attempts > 0)),
    CONSTRAINT stripe_events_reason_given CHECK ((((outcome)::text = 'APPLIED'::text) OR (reason IS NOT NULL)))
);

COMMENT ON TABLE public.stripe_events IS 'Every verified event, once, written in the transaction of its effect.';

COMMENT ON COLUMN public.stripe_events.reason IS 'Why an event changed nothing (IGNORED), could not be honoured (REJECTED: someone has to look) or was not applied yet (FAILED).';

COMMENT ON COLUMN public.stripe_events.payload IS 'The bytes that were signed; json, not jsonb, so that they stay as they came.';

COMMENT ON COLUMN public.stripe_events.attempts IS 'Times that it came or was replayed and was worked on.';

CREATE TABLE public.stripe_operations (
    id text NOT NULL,
    user_id text NOT NULL,
    kind public.stripe_operation_kind NOT NULL,
    item text,
    amount_minor bigint,
    currency public.currency,
    status public.stripe_operation_status DEFAULT 'PENDING'::text NOT NULL,
    stripe_object_id text,
    url text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT stripe_operations_pending_is_due CHECK ((((status)::text = 'PENDING'::text) = (next_attempt_at IS NOT NULL)))
);

COMMENT ON TABLE public.stripe_operations IS 'What is asked of Stripe: written and committed before the request, settled after the answer, asked again with the same key when the answer was lost.';

COMMENT ON COLUMN public.stripe_operations.id IS 'Also the Idempotency-Key that Stripe gets.';

COMMENT ON COLUMN public.stripe_operations.item IS 'The package, plan or tier; of CANCEL_NOW the subscription.';

CREATE TABLE public.stripe_payments (
    id text NOT NULL,
    user_id text NOT NULL,
    package_code text NOT NULL,
    tokens_granted bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    status public.stripe_payment_status NOT NULL,
    stripe_checkout_session_id text NOT NULL,
    stripe_payment_intent_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    stripe_charge_id text,
    refunded_minor bigint DEFAULT 0 NOT NULL,
    tokens_taken_back bigint DEFAULT 0 NOT NULL,
    CONSTRAINT stripe_payments_amount_minor_check CHECK ((amount_minor >= 0)),
    CONSTRAINT stripe_payments_refund_fits CHECK (((refunded_minor >= 0) AND (refunded_minor <= amount_minor))),
    CONSTRAINT stripe_payments_taken_back_fits CHECK (((tokens_taken_back >= 0) AND (tokens_taken_back <= tokens_granted))),
    CONSTRAINT stripe_payments_tokens_granted_check CHECK ((tokens_granted > 0))
);

COMMENT ON TABLE public.stripe_payments IS 'One row per paid checkout; the tokens it granted are in the ledger under the same session.';

COMMENT ON COLUMN public.stripe_payments.tokens_taken_back IS 'Of tokens_granted, by refunds and lost disputes; what the wallet did not have is in token_debts.';

CREATE TABLE public.subscription_plans (
    code text NOT NULL,
    name text NOT NULL,
    tokens_per_month bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    max_rollover bigint NOT NULL,
    priority boolean DEFAULT false NOT NULL,
    api_access boolean DEFAULT false NOT NULL,
    active boolean DEFAULT true NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT subscription_plans_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT subscription_plans_max_rollover_check CHECK ((max_rollover >= 0)),
    CONSTRAINT subscription_plans_tokens_per_month_check CHECK ((tokens_per_month > 0))
);

COMMENT ON TABLE public.subscription_plans IS 'Monthly plans from before the tiers. What a renewal grants is read here.';

COMMENT ON COLUMN public.subscription_plans.amount_minor IS 'Per month, in minor units (pence) of currency.';

COMMENT ON COLUMN public.subscription_plans.max_rollover IS 'Monthly tokens that are kept into the next month; 0 keeps all. Bought tokens are never cut.';

CREATE TABLE public.subscriptions (
    user_id text NOT NULL,
    stripe_subscription_id text NOT NULL,
    stripe_item_id text,
    status public.subscription_status NOT NULL,
    tier public.subscription_tier,
    plan_code text,
    current_period_start timestamp with time zone,
    current_period_end timestamp with time zone,
    cancel_at_period_end boolean DEFAULT false NOT NULL,
    downgrade_to public.subscription_tier,
    plan_pool bigint DEFAULT 0 NOT NULL,
    spent_before bigint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT subscriptions_downgrade_of_a_tier CHECK (((downgrade_to IS NULL) OR (tier IS NOT NULL))),
    CONSTRAINT subscriptions_plan_pool_check CHECK ((plan_pool >= 0)),
    CONSTRAINT subscriptions_spent_before_check CHECK ((spent_before >= 0)),
    CONSTRAINT subscriptions_tier_or_plan CHECK (((tier IS NULL) <> (plan_code IS NULL)))
);

COMMENT ON TABLE public.subscriptions IS 'One row per person: the subscription that counts, the last one of theirs.';

COMMENT ON COLUMN public.subscriptions.downgrade_to IS 'The tier from the end of the period on.';

COMMENT ON COLUMN public.subscriptions.plan_pool IS 'Tokens that the plan had granted and that were left at the last renewal, that month''s included.';

COMMENT ON COLUMN public.subscriptions.spent_before IS 'What the person had spent in all at the last renewal: plan tokens are spent before bought ones.';

COMMENT ON COLUMN public.subscriptions.changed_at IS 'When Stripe made the newest event about it; changed_by is that event''s id. What holds is worked out from all events in the inbox, whatever their order.';

CREATE TABLE public.table_maintenance (
    table_name text NOT NULL,
    vacuumed_at timestamp with time zone NOT NULL,
    duration_ms bigint NOT NULL,
    bytes bigint,
    dead_rows bigint,
    error text,
    CONSTRAINT table_maintenance_error_length CHECK ((char_length(error) <= 1000)),
    CONSTRAINT table_maintenance_not_negative CHECK (((duration_ms >= 0) AND (bytes >= 0) AND (dead_rows >= 0)))
);

COMMENT ON TABLE public.table_maintenance IS 'When each table was last vacuumed and analysed by us, how long it took and how it was before.';

CREATE TABLE public.tiers (
    tier public.subscription_tier NOT NULL,
    display_name text NOT NULL,
    well_capacity bigint NOT NULL,
    price_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT tiers_price_minor_check CHECK ((price_minor >= 0)),
    CONSTRAINT tiers_well_capacity_check CHECK ((well_capacity > 0))
);

COMMENT ON TABLE public.tiers IS 'The four tiers. Regeneration fills a balance up to well_capacity and never beyond.';

COMMENT ON COLUMN public.tiers.price_minor IS 'Per month, in minor units (pence) of currency.';

CREATE TABLE public.token_debts (
    id text NOT NULL,
    user_id text NOT NULL,
    payment_id text,
    cause text NOT NULL,
    tokens bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    collected bigint DEFAULT 0 NOT NULL,
    CONSTRAINT token_debts_collected_fits CHECK (((collected >= 0) AND (collected <= tokens))),
    CONSTRAINT token_debts_settled_is_collected CHECK (((settled_at IS NULL) OR (collected = tokens))),
    CONSTRAINT token_debts_tokens_check CHECK ((tokens > 0))
);

COMMENT ON TABLE public.token_debts IS 'Tokens that should have been taken back and were spent already. Nobody''s balance goes below zero.';

COMMENT ON COLUMN public.token_debts.settled_at IS 'When the last of it was collected.';

COMMENT ON COLUMN public.token_debts.collected IS 'Of tokens, taken from the wallet since; each part is an entry of the ledger.';

CREATE TABLE public.token_transactions (
    user_id text NOT NULL,
    entry_number bigint NOT NULL,
    id text NOT NULL,
    amount bigint NOT NULL,
    type public.token_transaction_type NOT NULL,
    source text NOT NULL,
    source_id text,
    event_key text NOT NULL,
    balance_after bigint NOT NULL,
    metadata jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT token_transactions_amount_check CHECK ((amount <> 0)),
    CONSTRAINT token_transactions_balance_after_check CHECK ((balance_after >= 0)),
    CONSTRAINT token_transactions_entry_number_check CHECK ((entry_number > 0)),
    CONSTRAINT token_transactions_sign_fits_type CHECK (
CASE
    WHEN ((type)::text ~~ 'SPEND_%'::text) THEN (amount < 0)
    WHEN ((type)::text = 'EARN_ADMIN_ADJUSTMENT'::text) THEN true
    ELSE (amount > 0)
END)
);

COMMENT ON TABLE public.token_transactions IS 'The ledger: every movement of tokens, in order, never changed.';

COMMENT ON COLUMN public.token_transactions.entry_number IS '1, 2, 3 … per person without a gap: the order in which the balance changed.';

COMMENT ON COLUMN public.token_transactions.event_key IS 'What caused the entry, once: a repetition of the same event finds this key and changes nothing.';

CREATE TABLE public.tokens_packages (
    code text NOT NULL,
    name text NOT NULL,
    tokens bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency public.currency NOT NULL,
    active boolean DEFAULT true NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT tokens_packages_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT tokens_packages_tokens_check CHECK ((tokens > 0))
);

COMMENT ON TABLE public.tokens_packages IS 'Token packages. What a payment grants is read here, never from the payment.';

COMMENT ON COLUMN public.tokens_packages.amount_minor IS 'In minor units (pence) of currency.';

CREATE TABLE public.tracked_urls (
    id text NOT NULL,
    path text NOT NULL,
    label text,
    is_active boolean DEFAULT true NOT NULL,
    created_by_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT tracked_urls_label_length CHECK ((char_length(label) <= 200)),
    CONSTRAINT tracked_urls_path_shape CHECK (((path ~ '^/([^/].*)?$'::text) AND (strpos(path, '://'::text) = 0) AND (char_length(path) <= 500)))
);

COMMENT ON TABLE public.tracked_urls IS 'Paths of the site that administrators keep an eye on.';

CREATE TABLE public.uploads (
    id text NOT NULL,
    user_id text NOT NULL,
    purpose public.upload_purpose NOT NULL,
    target_id text,
    status public.upload_status DEFAULT 'PENDING'::text NOT NULL,
    bucket public.object_bucket NOT NULL,
    object_key text NOT NULL,
    file_name text NOT NULL,
    content_type text NOT NULL,
    declared_bytes bigint NOT NULL,
    size_bytes bigint,
    multipart_id text,
    result_id text,
    object_adopted boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT uploads_adopted_when_used CHECK (((NOT object_adopted) OR ((status)::text = 'USED'::text))),
    CONSTRAINT uploads_bucket_fits_purpose CHECK ((((bucket)::text = 'AUDIO'::text) = ((purpose)::text = 'AUDIO_TRACK'::text))),
    CONSTRAINT uploads_completed_is_measured CHECK (((((status)::text = 'PENDING'::text) = (completed_at IS NULL)) AND ((completed_at IS NULL) = (size_bytes IS NULL)))),
    CONSTRAINT uploads_declared_bytes_range CHECK (((declared_bytes >= 1) AND (declared_bytes <= 524288000))),
    CONSTRAINT uploads_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT uploads_file_name_is_safe CHECK ((((char_length(file_name) >= 1) AND (char_length(file_name) <= 255)) AND (file_name !~ '^\.|\.\.|[/\\]'::text))),
    CONSTRAINT uploads_result_when_used CHECK ((((status)::text = 'USED'::text) = (result_id IS NOT NULL))),
    CONSTRAINT uploads_size_bytes_range CHECK (((size_bytes >= 1) AND (size_bytes <= 524288000)))
);

COMMENT ON TABLE public.uploads IS 'Files on their way: asked for here, sent to the object store by the client, checked, then used. A row that has expired goes, with its object.';

COMMENT ON COLUMN public.uploads.target_id IS 'The album, pipeline, app or track that it is meant for; whose that is, is checked when it is used.';

COMMENT ON COLUMN public.uploads.multipart_id IS 'The object store''s id of a file sent in parts, while it is sent.';

COMMENT ON COLUMN public.uploads.result_id IS 'What was made of it: whoever completes it again is answered with that.';

COMMENT ON COLUMN public.uploads.object_adopted IS 'The object itself is what was made of it, as with audio, and stays when this row goes.';

CREATE TABLE public.user_token_balances (
    user_id text NOT NULL,
    balance bigint NOT NULL,
    tier public.subscription_tier DEFAULT 'FREE'::text NOT NULL,
    last_regeneration timestamp with time zone NOT NULL,
    total_earned bigint DEFAULT 0 NOT NULL,
    total_spent bigint DEFAULT 0 NOT NULL,
    total_refunded bigint DEFAULT 0 NOT NULL,
    total_adjusted bigint DEFAULT 0 NOT NULL,
    transaction_count bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT user_token_balances_adds_up CHECK ((balance = (((total_earned + total_refunded) + total_adjusted) - total_spent))),
    CONSTRAINT user_token_balances_not_negative CHECK ((balance >= 0)),
    CONSTRAINT user_token_balances_total_earned_check CHECK ((total_earned >= 0)),
    CONSTRAINT user_token_balances_total_refunded_check CHECK ((total_refunded >= 0)),
    CONSTRAINT user_token_balances_total_spent_check CHECK ((total_spent >= 0)),
    CONSTRAINT user_token_balances_transaction_count_check CHECK ((transaction_count >= 0))
);

COMMENT ON TABLE public.user_token_balances IS 'One row per person. Only the ledger''s statements write it, together with an entry.';

COMMENT ON COLUMN public.user_token_balances.last_regeneration IS 'From when the next token grows; moves by whole intervals.';

COMMENT ON COLUMN public.user_token_balances.total_adjusted IS 'Net of what administrators gave and took.';

COMMENT ON COLUMN public.user_token_balances.transaction_count IS 'Number of the newest ledger entry.';

CREATE TABLE public.users (
    id text NOT NULL,
    email text,
    name text,
    image text,
    email_verified timestamp with time zone,
    role public.user_role DEFAULT 'USER'::text NOT NULL,
    password_hash text,
    stripe_customer_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    signed_out_at timestamp with time zone,
    deleted_at timestamp with time zone,
    referral_code text,
    referred_by_id text,
    referral_count integer DEFAULT 0 NOT NULL,
    CONSTRAINT users_deleted_are_anonymous CHECK (((deleted_at IS NULL) OR ((email IS NULL) AND (name IS NULL) AND (image IS NULL) AND (password_hash IS NULL)))),
    CONSTRAINT users_email_normalised CHECK ((email = lower(btrim(email)))),
    CONSTRAINT users_not_referred_by_themselves CHECK ((referred_by_id <> id)),
    CONSTRAINT users_preferences_are_small CHECK (((jsonb_typeof(preferences) = 'object'::text) AND (pg_column_size(preferences) <= 8192))),
    CONSTRAINT users_referral_code_shape CHECK ((referral_code ~ '^[A-HJ-NP-Z2-9]{8}$'::text)),
    CONSTRAINT users_referral_count_check CHECK ((referral_count >= 0))
);

COMMENT ON TABLE public.users IS 'One row per person. Only sign-up, OAuth, seeds and import make one.';

COMMENT ON COLUMN public.users.id IS '"user_" and 32 hex digits derived from the e-mail at sign-up; never recomputed afterwards.';

COMMENT ON COLUMN public.users.email IS 'Trimmed, lower case; null for an OAuth account without one.';

COMMENT ON COLUMN public.users.password_hash IS 'secret: Argon2id in PHC form, or bcrypt from the system before until the next sign-in; null for a person who signs in by OAuth only.';

COMMENT ON COLUMN public.users.preferences IS 'What the person chose in the settings; the front ends name the keys.';

COMMENT ON COLUMN public.users.signed_out_at IS 'Signed out everywhere: a cookie that the front end made before this is not accepted.';

COMMENT ON COLUMN public.users.deleted_at IS 'The person is gone and the row anonymous; money rows still point at it.';

COMMENT ON COLUMN public.users.referral_code IS 'Eight letters and digits without 0, O, I and 1; permanent once set.';

COMMENT ON COLUMN public.users.referral_count IS 'Referrals of this person that were rewarded.';

CREATE TABLE public.verification_tokens (
    id text NOT NULL,
    user_id text NOT NULL,
    purpose public.verification_purpose NOT NULL,
    email text NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT verification_tokens_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON TABLE public.verification_tokens IS 'Links sent by mail: each works once, until it expires, for the address it was sent to.';

COMMENT ON COLUMN public.verification_tokens.token_hash IS 'secret: SHA-256 of the token in the link.';

CREATE TABLE public.visitor_sessions (
    id text NOT NULL,
    visitor_id text NOT NULL,
    user_id text,
    started_at timestamp with time zone NOT NULL,
    last_activity_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    device_type text,
    browser text,
    os text,
    ip_country text,
    referrer text,
    landing_page text NOT NULL,
    exit_page text NOT NULL,
    page_view_count integer DEFAULT 1 NOT NULL,
    utm_source text,
    utm_medium text,
    utm_campaign text,
    utm_term text,
    utm_content text,
    gclid text,
    fbclid text,
    platform public.traffic_platform GENERATED ALWAYS AS (public.visit_platform(gclid, fbclid, utm_source, referrer)) STORED NOT NULL,
    CONSTRAINT visitor_sessions_activity_follows_start CHECK ((last_activity_at >= started_at)),
    CONSTRAINT visitor_sessions_campaign_length CHECK (((char_length(utm_source) <= 255) AND (char_length(utm_medium) <= 255) AND (char_length(utm_campaign) <= 255) AND (char_length(utm_term) <= 255) AND (char_length(utm_content) <= 255) AND (char_length(gclid) <= 255) AND (char_length(fbclid) <= 255))),
    CONSTRAINT visitor_sessions_device_length CHECK (((char_length(device_type) <= 50) AND (char_length(browser) <= 100) AND (char_length(os) <= 100))),
    CONSTRAINT visitor_sessions_end_follows_start CHECK ((ended_at >= started_at)),
    CONSTRAINT visitor_sessions_ip_country_is_iso_3166 CHECK ((ip_country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT visitor_sessions_page_length CHECK ((((char_length(landing_page) >= 1) AND (char_length(landing_page) <= 2048)) AND ((char_length(exit_page) >= 1) AND (char_length(exit_page) <= 2048)) AND (char_length(referrer) <= 2048))),
    CONSTRAINT visitor_sessions_page_views_not_negative CHECK ((page_view_count >= 0))
);

COMMENT ON TABLE public.visitor_sessions IS 'Visits: one goes on while its pauses are short and it comes from the same campaign. Kept 90 days.';

COMMENT ON COLUMN public.visitor_sessions.user_id IS 'Who was signed in, as their own session proved; never what the browser claimed.';

COMMENT ON COLUMN public.visitor_sessions.last_activity_at IS 'Decides whether the visit goes on.';

COMMENT ON COLUMN public.visitor_sessions.ended_at IS 'What the browser said when it was closed, within what is possible.';

COMMENT ON COLUMN public.visitor_sessions.ip_country IS 'ISO 3166, from the edge''s header; the address itself is not kept.';

COMMENT ON COLUMN public.visitor_sessions.platform IS 'Worked out by visit_platform().';

CREATE TABLE public.visitors (
    id text NOT NULL,
    consented_at timestamp with time zone NOT NULL,
    current_session_id text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT visitors_id_length CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128)))
);

COMMENT ON TABLE public.visitors IS 'One row per browser that consented. Locked while a session of it is opened, so that requests at once open one. Deleting it erases all that is known of the browser.';

COMMENT ON COLUMN public.visitors.id IS 'The random id that the browser made for itself.';

COMMENT ON COLUMN public.visitors.consented_at IS 'When the browser last said that it may be counted: without that nothing is stored.';

COMMENT ON COLUMN public.visitors.current_session_id IS 'The session that the next request may resume.';

CREATE TABLE public.voucher_redemptions (
    user_id text NOT NULL,
    voucher_id text NOT NULL,
    id text NOT NULL,
    tokens_granted bigint NOT NULL,
    redeemed_at timestamp with time zone NOT NULL,
    CONSTRAINT voucher_redemptions_tokens_granted_check CHECK ((tokens_granted > 0))
);

COMMENT ON TABLE public.voucher_redemptions IS 'Who redeemed what: each person each voucher once.';

CREATE TABLE public.vouchers (
    id text NOT NULL,
    code text NOT NULL,
    type public.voucher_type NOT NULL,
    value bigint NOT NULL,
    max_uses bigint,
    current_uses bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone,
    status public.voucher_status DEFAULT 'ACTIVE'::text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT vouchers_code_shape CHECK ((code ~ '^[A-Z0-9-]{1,50}$'::text)),
    CONSTRAINT vouchers_max_uses_positive CHECK ((max_uses > 0)),
    CONSTRAINT vouchers_uses_fit CHECK (((current_uses >= 0) AND ((max_uses IS NULL) OR (current_uses <= max_uses)))),
    CONSTRAINT vouchers_value_fits CHECK (((value > 0) AND (value <= 1000000) AND (((type)::text <> 'PERCENTAGE_BONUS'::text) OR (value <= 1000))))
);

COMMENT ON TABLE public.vouchers IS 'Codes for tokens. A deleted one stays, so that its code cannot be made and redeemed again.';

COMMENT ON COLUMN public.vouchers.code IS 'Upper case; letters and digits (a hyphen only in seeds).';

COMMENT ON COLUMN public.vouchers.value IS 'Tokens, or percent of the balance.';

COMMENT ON COLUMN public.vouchers.max_uses IS 'Null: any number.';

CREATE TABLE public.workspace_members (
    workspace_id text NOT NULL,
    user_id text NOT NULL,
    role public.workspace_role NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE public.workspace_members IS 'Who is in which workspace, as what.';

CREATE TABLE public.workspaces (
    id text NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    personal_user_id text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT workspaces_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT workspaces_slug_shape CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 100)))
);

COMMENT ON TABLE public.workspaces IS 'Where people work together, or one person alone.';

COMMENT ON COLUMN public.workspaces.personal_user_id IS 'Whose personal workspace it is: everybody has at most one. Null for a shared one.';

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_provider_account_key UNIQUE (provider, provider_account_id);

ALTER TABLE ONLY public.agent_credentials
    ADD CONSTRAINT agent_credentials_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.agent_credentials
    ADD CONSTRAINT agent_credentials_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.agent_session_activities
    ADD CONSTRAINT agent_session_activities_pkey PRIMARY KEY (session_id, id);

ALTER TABLE ONLY public.agent_tasks
    ADD CONSTRAINT agent_tasks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_decision_logs
    ADD CONSTRAINT ai_decision_logs_pkey PRIMARY KEY (created_at, id);

ALTER TABLE ONLY public.album_images
    ADD CONSTRAINT album_images_album_image_key UNIQUE (album_id, image_id);

ALTER TABLE ONLY public.album_images
    ADD CONSTRAINT album_images_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_name_key UNIQUE (user_id, name, privacy);

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_owner_key UNIQUE (user_id, id);

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_share_token_key UNIQUE (share_token);

ALTER TABLE ONLY public.alert_events
    ADD CONSTRAINT alert_events_pkey PRIMARY KEY (rule, id);

ALTER TABLE ONLY public.alert_outbox
    ADD CONSTRAINT alert_outbox_once_per_channel UNIQUE (rule, event_id, channel);

ALTER TABLE ONLY public.alert_outbox
    ADD CONSTRAINT alert_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_states
    ADD CONSTRAINT alert_states_pkey PRIMARY KEY (rule);

ALTER TABLE ONLY public.analytics_events
    ADD CONSTRAINT analytics_events_pkey PRIMARY KEY (session_id, created_at, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.app_attachments
    ADD CONSTRAINT app_attachments_pkey PRIMARY KEY (app_id, message_id, image_id);

ALTER TABLE ONLY public.app_images
    ADD CONSTRAINT app_images_pkey PRIMARY KEY (app_id, id);

ALTER TABLE ONLY public.app_images
    ADD CONSTRAINT app_images_r2_key_key UNIQUE (r2_key);

ALTER TABLE ONLY public.app_messages
    ADD CONSTRAINT app_messages_pkey PRIMARY KEY (app_id, id);

ALTER TABLE ONLY public.app_status_history
    ADD CONSTRAINT app_status_history_pkey PRIMARY KEY (app_id, id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_codespace_id_key UNIQUE (codespace_id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_domain_key UNIQUE (domain);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.archived_audit_logs
    ADD CONSTRAINT archived_audit_logs_id_key UNIQUE (id);

ALTER TABLE ONLY public.archived_audit_logs
    ADD CONSTRAINT archived_audit_logs_pkey PRIMARY KEY (actor_id, entry_number);

ALTER TABLE ONLY public.audio_mixer_projects
    ADD CONSTRAINT audio_mixer_projects_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audio_tracks
    ADD CONSTRAINT audio_tracks_file_r2_key_key UNIQUE (file_r2_key);

ALTER TABLE ONLY public.audio_tracks
    ADD CONSTRAINT audio_tracks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_chains
    ADD CONSTRAINT audit_chains_pkey PRIMARY KEY (actor_id);

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_id_key UNIQUE (id);

ALTER TABLE public.audit_logs
    ADD CONSTRAINT audit_logs_metadata_is_small CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))) NOT VALID;

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (actor_id, entry_number);

ALTER TABLE ONLY public.audit_retention_policies
    ADD CONSTRAINT audit_retention_policies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.backup_runs
    ADD CONSTRAINT backup_runs_object_key_key UNIQUE (object_key);

ALTER TABLE ONLY public.backup_runs
    ADD CONSTRAINT backup_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box_actions
    ADD CONSTRAINT box_actions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box_messages
    ADD CONSTRAINT box_messages_pkey PRIMARY KEY (box_id, id);

ALTER TABLE ONLY public.box_tiers
    ADD CONSTRAINT box_tiers_name_key UNIQUE (name);

ALTER TABLE ONLY public.box_tiers
    ADD CONSTRAINT box_tiers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_owner_key UNIQUE (user_id, id);

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_attributions
    ADD CONSTRAINT campaign_attributions_pkey PRIMARY KEY (conversion_id, attribution_type, touch);

ALTER TABLE ONLY public.campaign_conversions
    ADD CONSTRAINT campaign_conversions_event_key_key UNIQUE (type, event_key);

ALTER TABLE ONLY public.campaign_conversions
    ADD CONSTRAINT campaign_conversions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_links
    ADD CONSTRAINT campaign_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_links
    ADD CONSTRAINT campaign_links_utm_campaign_key UNIQUE (platform, utm_campaign);

ALTER TABLE ONLY public.campaign_metrics_cache
    ADD CONSTRAINT campaign_metrics_cache_pkey PRIMARY KEY (cache_key);

ALTER TABLE ONLY public.campaign_spend_daily
    ADD CONSTRAINT campaign_spend_daily_pkey PRIMARY KEY (platform, account_id, campaign_id, day);

ALTER TABLE ONLY public.ddl_log
    ADD CONSTRAINT ddl_log_pkey PRIMARY KEY (executed_at, id);

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (one_row);

ALTER TABLE ONLY public.email_days
    ADD CONSTRAINT email_days_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.email_events
    ADD CONSTRAINT email_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_provider_message_id_key UNIQUE (provider_message_id);

ALTER TABLE ONLY public.email_suppressions
    ADD CONSTRAINT email_suppressions_pkey PRIMARY KEY (recipient_hash);

ALTER TABLE ONLY public.enhanced_images
    ADD CONSTRAINT enhanced_images_original_r2_key_key UNIQUE (original_r2_key);

ALTER TABLE ONLY public.enhanced_images
    ADD CONSTRAINT enhanced_images_owner_key UNIQUE (user_id, id);

ALTER TABLE ONLY public.enhanced_images
    ADD CONSTRAINT enhanced_images_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.enhanced_images
    ADD CONSTRAINT enhanced_images_share_token_key UNIQUE (share_token);

ALTER TABLE ONLY public.enhancement_pipelines
    ADD CONSTRAINT enhancement_pipelines_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.enhancement_pipelines
    ADD CONSTRAINT enhancement_pipelines_share_token_key UNIQUE (share_token);

ALTER TABLE ONLY public.error_logs
    ADD CONSTRAINT error_logs_pkey PRIMARY KEY (created_at, id);

ALTER TABLE ONLY public.external_agent_sessions
    ADD CONSTRAINT external_agent_sessions_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY public.external_agent_sessions
    ADD CONSTRAINT external_agent_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.featured_gallery_items
    ADD CONSTRAINT featured_gallery_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.google_ads_campaigns
    ADD CONSTRAINT google_ads_campaigns_campaign_id_key UNIQUE (marketing_account_id, campaign_id);

ALTER TABLE ONLY public.google_ads_campaigns
    ADD CONSTRAINT google_ads_campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_enhanced_r2_key_key UNIQUE (enhanced_r2_key);

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_source_r2_key_key UNIQUE (source_r2_key);

ALTER TABLE ONLY public.incident_updates
    ADD CONSTRAINT incident_updates_pkey PRIMARY KEY (incident_id, id);

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.marketing_accounts
    ADD CONSTRAINT marketing_accounts_account_key UNIQUE (user_id, platform, account_id);

ALTER TABLE ONLY public.marketing_accounts
    ADD CONSTRAINT marketing_accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.marketing_deletion_requests
    ADD CONSTRAINT marketing_deletion_requests_pkey PRIMARY KEY (confirmation_code);

ALTER TABLE ONLY public.marketing_deletion_requests
    ADD CONSTRAINT marketing_deletion_requests_user_key UNIQUE (platform_user_hash);

ALTER TABLE ONLY public.marketing_leads
    ADD CONSTRAINT marketing_leads_external_lead_id_key UNIQUE (platform, external_lead_id);

ALTER TABLE ONLY public.marketing_leads
    ADD CONSTRAINT marketing_leads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.marketing_oauth_attempts
    ADD CONSTRAINT marketing_oauth_attempts_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY public.marketing_webhook_events
    ADD CONSTRAINT marketing_webhook_events_pkey PRIMARY KEY (provider, event_id);

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_input_r2_key_key UNIQUE (input_r2_key);

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_output_r2_key_key UNIQUE (output_r2_key);

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_carts
    ADD CONSTRAINT merch_carts_id_key UNIQUE (id);

ALTER TABLE ONLY public.merch_carts
    ADD CONSTRAINT merch_carts_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.merch_categories
    ADD CONSTRAINT merch_categories_name_key UNIQUE (name);

ALTER TABLE ONLY public.merch_categories
    ADD CONSTRAINT merch_categories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_categories
    ADD CONSTRAINT merch_categories_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.merch_countries
    ADD CONSTRAINT merch_countries_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.merch_operations
    ADD CONSTRAINT merch_operations_idempotency_key_key UNIQUE (idempotency_key);

ALTER TABLE ONLY public.merch_operations
    ADD CONSTRAINT merch_operations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_order_days
    ADD CONSTRAINT merch_order_days_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.merch_order_events
    ADD CONSTRAINT merch_order_events_pkey PRIMARY KEY (order_id, id);

ALTER TABLE ONLY public.merch_order_items
    ADD CONSTRAINT merch_order_items_pkey PRIMARY KEY (order_id, id);

ALTER TABLE ONLY public.merch_orders
    ADD CONSTRAINT merch_orders_order_number_key UNIQUE (order_number);

ALTER TABLE ONLY public.merch_orders
    ADD CONSTRAINT merch_orders_payment_intent_key UNIQUE (stripe_payment_intent_id);

ALTER TABLE ONLY public.merch_orders
    ADD CONSTRAINT merch_orders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_prints
    ADD CONSTRAINT merch_prints_pkey PRIMARY KEY (user_id, r2_key);

ALTER TABLE ONLY public.merch_products
    ADD CONSTRAINT merch_products_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merch_shipments
    ADD CONSTRAINT merch_shipments_pkey PRIMARY KEY (order_id, id);

ALTER TABLE ONLY public.merch_shipments
    ADD CONSTRAINT merch_shipments_provider_shipment_id_key UNIQUE (provider, provider_shipment_id);

ALTER TABLE ONLY public.merch_shipping_rates
    ADD CONSTRAINT merch_shipping_rates_pkey PRIMARY KEY (zone);

ALTER TABLE ONLY public.merch_variants
    ADD CONSTRAINT merch_variants_id_key UNIQUE (id);

ALTER TABLE ONLY public.merch_variants
    ADD CONSTRAINT merch_variants_pkey PRIMARY KEY (product_id, id);

ALTER TABLE ONLY public.merch_webhook_events
    ADD CONSTRAINT merch_webhook_events_pkey PRIMARY KEY (provider, event_id);

ALTER TABLE ONLY public.metric_samples
    ADD CONSTRAINT metric_samples_pkey PRIMARY KEY (metric, label, created_at);

ALTER TABLE ONLY public.monetization_models
    ADD CONSTRAINT monetization_models_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.oauth_attempts
    ADD CONSTRAINT oauth_attempts_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY public.object_deletions
    ADD CONSTRAINT object_deletions_pkey PRIMARY KEY (bucket, object_key);

ALTER TABLE ONLY public.page_views
    ADD CONSTRAINT page_views_pkey PRIMARY KEY (session_id, created_at, id);

ALTER TABLE ONLY public.partition_policies
    ADD CONSTRAINT partition_policies_pkey PRIMARY KEY (table_name);

ALTER TABLE ONLY public.pipeline_reference_images
    ADD CONSTRAINT pipeline_reference_images_pkey PRIMARY KEY (pipeline_id, "position");

ALTER TABLE ONLY public.pipeline_reference_images
    ADD CONSTRAINT pipeline_reference_images_r2_key_key UNIQUE (r2_key);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_referee_id_key UNIQUE (referee_id);

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT requirements_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.restore_runs
    ADD CONSTRAINT restore_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.stripe_disputes
    ADD CONSTRAINT stripe_disputes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stripe_events
    ADD CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.stripe_operations
    ADD CONSTRAINT stripe_operations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stripe_operations
    ADD CONSTRAINT stripe_operations_stripe_object_id_key UNIQUE (kind, stripe_object_id);

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_checkout_session_key UNIQUE (stripe_checkout_session_id);

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_payment_intent_key UNIQUE (stripe_payment_intent_id);

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_stripe_charge_id_key UNIQUE (stripe_charge_id);

ALTER TABLE ONLY public.subscription_plans
    ADD CONSTRAINT subscription_plans_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.subscription_plans
    ADD CONSTRAINT subscription_plans_position_key UNIQUE ("position");

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_stripe_subscription_id_key UNIQUE (stripe_subscription_id);

ALTER TABLE ONLY public.table_maintenance
    ADD CONSTRAINT table_maintenance_pkey PRIMARY KEY (table_name);

ALTER TABLE ONLY public.tiers
    ADD CONSTRAINT tiers_pkey PRIMARY KEY (tier);

ALTER TABLE ONLY public.tiers
    ADD CONSTRAINT tiers_position_key UNIQUE ("position");

ALTER TABLE ONLY public.token_debts
    ADD CONSTRAINT token_debts_cause_key UNIQUE (user_id, cause);

ALTER TABLE ONLY public.token_debts
    ADD CONSTRAINT token_debts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.token_transactions
    ADD CONSTRAINT token_transactions_event_key_key UNIQUE (user_id, event_key);

ALTER TABLE ONLY public.token_transactions
    ADD CONSTRAINT token_transactions_pkey PRIMARY KEY (user_id, entry_number);

ALTER TABLE ONLY public.tokens_packages
    ADD CONSTRAINT tokens_packages_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.tokens_packages
    ADD CONSTRAINT tokens_packages_position_key UNIQUE ("position");

ALTER TABLE ONLY public.tracked_urls
    ADD CONSTRAINT tracked_urls_path_key UNIQUE (path);

ALTER TABLE ONLY public.tracked_urls
    ADD CONSTRAINT tracked_urls_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_object_key_key UNIQUE (bucket, object_key);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.user_token_balances
    ADD CONSTRAINT user_token_balances_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_referral_code_key UNIQUE (referral_code);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_stripe_customer_id_key UNIQUE (stripe_customer_id);

ALTER TABLE ONLY public.verification_tokens
    ADD CONSTRAINT verification_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.verification_tokens
    ADD CONSTRAINT verification_tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.visitor_sessions
    ADD CONSTRAINT visitor_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visitors
    ADD CONSTRAINT visitors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_id_key UNIQUE (id);

ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_pkey PRIMARY KEY (user_id, voucher_id);

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_code_key UNIQUE (code);

ALTER TABLE ONLY public.vouchers
    ADD CONSTRAINT vouchers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.workspace_members
    ADD CONSTRAINT workspace_members_pkey PRIMARY KEY (workspace_id, user_id);

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_personal_user_id_key UNIQUE (personal_user_id);

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_slug_key UNIQUE (slug);

CREATE INDEX accounts_user_id_idx ON public.accounts USING btree (user_id);

CREATE INDEX agent_credentials_box_id_idx ON public.agent_credentials USING btree (box_id) WHERE (box_id IS NOT NULL);

CREATE INDEX agent_credentials_created_at_idx ON public.agent_credentials USING btree (created_at DESC, id DESC);

CREATE INDEX agent_credentials_created_by_idx ON public.agent_credentials USING btree (created_by);

CREATE UNIQUE INDEX agent_credentials_one_per_box_idx ON public.agent_credentials USING btree (box_id) WHERE ((box_id IS NOT NULL) AND (revoked_at IS NULL));

CREATE INDEX agent_session_activities_created_at_idx ON public.agent_session_activities USING btree (session_id, created_at DESC, id DESC);

CREATE INDEX agent_session_activities_created_by_idx ON public.agent_session_activities USING btree (created_by) WHERE (created_by IS NOT NULL);

CREATE UNIQUE INDEX agent_session_activities_external_id_idx ON public.agent_session_activities USING btree (session_id, external_id) WHERE (external_id IS NOT NULL);

CREATE INDEX agent_session_activities_undelivered_idx ON public.agent_session_activities USING btree (created_at) WHERE ((delivery)::text = 'PENDING'::text);

CREATE INDEX agent_tasks_box_id_idx ON public.agent_tasks USING btree (box_id, created_at DESC, id DESC);

CREATE INDEX agent_tasks_due_idx ON public.agent_tasks USING btree (box_id, created_at, id) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX agent_tasks_leases_idx ON public.agent_tasks USING btree (lease_until) WHERE ((status)::text = 'PROCESSING'::text);

CREATE INDEX ai_decision_logs_failed_idx ON ONLY public.ai_decision_logs USING btree (created_at DESC) WHERE ((status)::text <> 'success'::text);

CREATE INDEX ai_decision_logs_user_id_idx ON ONLY public.ai_decision_logs USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX ai_decision_logs_workspace_id_idx ON ONLY public.ai_decision_logs USING btree (workspace_id, created_at DESC, id DESC);

CREATE INDEX album_images_image_id_idx ON public.album_images USING btree (image_id, user_id);

CREATE UNIQUE INDEX album_images_one_cover_idx ON public.album_images USING btree (album_id) WHERE is_cover;

CREATE INDEX album_images_order_idx ON public.album_images USING btree (album_id, user_id, sort_order, added_at, id);

CREATE INDEX albums_pipeline_id_idx ON public.albums USING btree (pipeline_id);

CREATE INDEX albums_public_idx ON public.albums USING btree (created_at DESC, id DESC) WHERE ((privacy)::text = 'PUBLIC'::text);

CREATE INDEX albums_user_id_idx ON public.albums USING btree (user_id, sort_order, created_at DESC, id DESC);

CREATE INDEX alert_events_created_at_idx ON public.alert_events USING btree (created_at DESC, id DESC);

CREATE INDEX alert_outbox_due_idx ON public.alert_outbox USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX alert_outbox_sent_at_idx ON public.alert_outbox USING btree (created_at) WHERE ((status)::text <> 'PENDING'::text);

CREATE INDEX analytics_events_created_at_idx ON ONLY public.analytics_events USING btree (created_at);

CREATE INDEX analytics_events_name_idx ON ONLY public.analytics_events USING btree (name, created_at);

CREATE INDEX api_keys_active_idx ON public.api_keys USING btree (user_id) WHERE is_active;

CREATE INDEX api_keys_user_id_idx ON public.api_keys USING btree (user_id, created_at DESC);

CREATE INDEX app_attachments_image_id_idx ON public.app_attachments USING btree (app_id, image_id);

CREATE INDEX app_images_created_at_idx ON public.app_images USING btree (app_id, created_at DESC, id DESC);

CREATE INDEX app_messages_created_at_idx ON public.app_messages USING btree (app_id, created_at DESC, id DESC);

CREATE INDEX app_messages_queue_idx ON public.app_messages USING btree (created_at, app_id) WHERE (((role)::text = 'USER'::text) AND (NOT is_read));

CREATE INDEX app_messages_unread_idx ON public.app_messages USING btree (app_id) WHERE (((role)::text = 'AGENT'::text) AND (NOT is_read));

CREATE INDEX app_status_history_created_at_idx ON public.app_status_history USING btree (app_id, created_at DESC, id DESC);

CREATE INDEX apps_created_at_idx ON public.apps USING btree (created_at DESC, id DESC);

CREATE INDEX apps_curated_idx ON public.apps USING btree (updated_at DESC, id DESC) WHERE (is_curated AND is_public AND ((status)::text = 'LIVE'::text));

CREATE INDEX apps_forked_from_idx ON public.apps USING btree (forked_from);

CREATE INDEX apps_status_idx ON public.apps USING btree (status, last_agent_activity NULLS FIRST);

CREATE INDEX apps_user_id_idx ON public.apps USING btree (user_id, updated_at DESC, id DESC);

CREATE INDEX archived_audit_logs_created_at_idx ON public.archived_audit_logs USING btree (created_at DESC, id DESC);

CREATE INDEX archived_audit_logs_target_id_idx ON public.archived_audit_logs USING btree (target_id, created_at DESC);

CREATE INDEX archived_audit_logs_workspace_id_idx ON public.archived_audit_logs USING btree (workspace_id, created_at DESC, id DESC) WHERE (workspace_id IS NOT NULL);

CREATE INDEX audio_mixer_projects_user_id_idx ON public.audio_mixer_projects USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX audio_tracks_project_id_idx ON public.audio_tracks USING btree (project_id, sort_order, id);

CREATE INDEX audio_tracks_upload_id_idx ON public.audio_tracks USING btree (upload_id) WHERE (upload_id IS NOT NULL);

CREATE INDEX audit_logs_action_idx ON public.audit_logs USING btree (action, created_at DESC);

CREATE INDEX audit_logs_created_at_idx ON public.audit_logs USING btree (created_at DESC, id DESC);

CREATE INDEX audit_logs_target_idx ON public.audit_logs USING btree (target_id, created_at DESC);

CREATE INDEX audit_logs_workspace_id_idx ON public.audit_logs USING btree (workspace_id, created_at DESC, id DESC) WHERE (workspace_id IS NOT NULL);

CREATE UNIQUE INDEX audit_retention_policies_name_idx ON public.audit_retention_policies USING btree (COALESCE(workspace_id, ''::text), name);

CREATE INDEX audit_retention_policies_workspace_id_idx ON public.audit_retention_policies USING btree (workspace_id) WHERE (workspace_id IS NOT NULL);

CREATE INDEX backup_runs_kind_idx ON public.backup_runs USING btree (kind, started_at DESC);

CREATE UNIQUE INDEX backup_runs_one_per_day_idx ON public.backup_runs USING btree (kind, day) WHERE (((status)::text <> 'FAILED'::text) AND ((kind)::text <> 'pre-migration'::text));

CREATE INDEX backup_runs_promoted_from_idx ON public.backup_runs USING btree (promoted_from) WHERE (promoted_from IS NOT NULL);

CREATE INDEX backup_runs_started_at_idx ON public.backup_runs USING btree (started_at DESC, id DESC);

CREATE INDEX box_actions_box_id_idx ON public.box_actions USING btree (box_id, user_id, created_at DESC, id DESC);

CREATE UNIQUE INDEX box_actions_charge_idx ON public.box_actions USING btree (user_id, charge_key) WHERE (charge_key IS NOT NULL);

CREATE INDEX box_actions_due_idx ON public.box_actions USING btree (next_attempt_at, id) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX box_actions_leases_idx ON public.box_actions USING btree (lease_until) WHERE ((status)::text = 'PROCESSING'::text);

CREATE UNIQUE INDEX box_actions_one_open_idx ON public.box_actions USING btree (box_id) WHERE ((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]));

CREATE UNIQUE INDEX box_actions_refund_idx ON public.box_actions USING btree (user_id, refund_key) WHERE (refund_key IS NOT NULL);

CREATE INDEX box_messages_created_at_idx ON public.box_messages USING btree (box_id, created_at DESC, id DESC);

CREATE INDEX boxes_billed_until_idx ON public.boxes USING btree (billed_until) WHERE ((status)::text = ANY (ARRAY['STARTING'::text, 'RUNNING'::text, 'PAUSED'::text]));

CREATE INDEX boxes_cloned_from_idx ON public.boxes USING btree (cloned_from) WHERE (cloned_from IS NOT NULL);

CREATE INDEX boxes_heartbeat_idx ON public.boxes USING btree (last_heartbeat_at) WHERE ((status)::text = 'RUNNING'::text);

CREATE INDEX boxes_status_idx ON public.boxes USING btree (status, created_at DESC, id DESC);

CREATE INDEX boxes_tier_id_idx ON public.boxes USING btree (tier_id);

CREATE INDEX boxes_user_id_idx ON public.boxes USING btree (user_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE INDEX campaign_attributions_session_id_idx ON public.campaign_attributions USING btree (session_id) WHERE (session_id IS NOT NULL);

CREATE INDEX campaign_attributions_utm_campaign_idx ON public.campaign_attributions USING btree (utm_campaign, attribution_type) WHERE (utm_campaign IS NOT NULL);

CREATE INDEX campaign_conversions_converted_at_idx ON public.campaign_conversions USING btree (converted_at, type);

CREATE INDEX campaign_conversions_user_id_idx ON public.campaign_conversions USING btree (user_id, converted_at DESC);

CREATE INDEX campaign_links_external_campaign_id_idx ON public.campaign_links USING btree (platform, external_campaign_id);

CREATE INDEX campaign_metrics_cache_expires_at_idx ON public.campaign_metrics_cache USING btree (expires_at);

CREATE INDEX campaign_spend_daily_campaign_id_idx ON public.campaign_spend_daily USING btree (platform, campaign_id, day);

CREATE INDEX email_events_email_id_idx ON public.email_events USING btree (email_id, occurred_at);

CREATE INDEX email_events_received_at_idx ON public.email_events USING btree (received_at);

CREATE INDEX email_logs_created_at_idx ON public.email_logs USING btree (created_at DESC, id DESC);

CREATE INDEX email_logs_due_idx ON public.email_logs USING btree (next_attempt_at) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX email_logs_search_idx ON public.email_logs USING gin ((((recipient || ' '::text) || subject)) public.gin_trgm_ops);

CREATE INDEX email_logs_status_idx ON public.email_logs USING btree (status, created_at DESC);

CREATE INDEX email_logs_template_idx ON public.email_logs USING btree (template, created_at DESC);

CREATE INDEX email_logs_user_id_idx ON public.email_logs USING btree (user_id);

CREATE INDEX email_logs_verification_id_idx ON public.email_logs USING btree (verification_id);

CREATE INDEX enhanced_images_created_at_idx ON public.enhanced_images USING btree (created_at DESC, id DESC);

CREATE INDEX enhanced_images_expires_at_idx ON public.enhanced_images USING btree (expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX enhanced_images_user_id_idx ON public.enhanced_images USING btree (user_id, created_at DESC, id DESC);

CREATE UNIQUE INDEX enhancement_pipelines_one_default_idx ON public.enhancement_pipelines USING btree (is_default) WHERE is_default;

CREATE INDEX enhancement_pipelines_public_idx ON public.enhancement_pipelines USING btree (created_at DESC, id DESC) WHERE ((visibility)::text = 'PUBLIC'::text);

CREATE INDEX enhancement_pipelines_user_id_idx ON public.enhancement_pipelines USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX error_logs_error_type_idx ON ONLY public.error_logs USING btree (error_type, created_at DESC, id DESC);

CREATE INDEX error_logs_source_file_idx ON ONLY public.error_logs USING btree (source_file, created_at DESC, id DESC);

CREATE INDEX external_agent_sessions_created_by_idx ON public.external_agent_sessions USING btree (created_by);

CREATE INDEX external_agent_sessions_open_idx ON public.external_agent_sessions USING btree (last_synced_at NULLS FIRST) WHERE ((status)::text <> ALL (ARRAY['FAILED'::text, 'COMPLETED'::text]));

CREATE INDEX external_agent_sessions_plan_approved_by_idx ON public.external_agent_sessions USING btree (plan_approved_by);

CREATE INDEX external_agent_sessions_provider_idx ON public.external_agent_sessions USING btree (provider, updated_at DESC, id DESC);

CREATE INDEX external_agent_sessions_status_idx ON public.external_agent_sessions USING btree (status, updated_at DESC, id DESC);

CREATE INDEX external_agent_sessions_updated_at_idx ON public.external_agent_sessions USING btree (updated_at DESC, id DESC);

CREATE INDEX featured_gallery_items_created_by_idx ON public.featured_gallery_items USING btree (created_by);

CREATE INDEX featured_gallery_items_order_idx ON public.featured_gallery_items USING btree (sort_order, created_at DESC, id DESC);

CREATE INDEX featured_gallery_items_shown_idx ON public.featured_gallery_items USING btree (sort_order, created_at DESC, id DESC) WHERE is_active;

CREATE INDEX featured_gallery_items_source_job_id_idx ON public.featured_gallery_items USING btree (source_job_id);

CREATE INDEX feedback_created_at_idx ON public.feedback USING btree (created_at DESC, id DESC);

CREATE INDEX feedback_status_idx ON public.feedback USING btree (status, created_at DESC, id DESC);

CREATE INDEX feedback_type_idx ON public.feedback USING btree (type, created_at DESC, id DESC);

CREATE INDEX feedback_user_id_idx ON public.feedback USING btree (user_id);

CREATE INDEX idempotency_keys_created_at_idx ON public.idempotency_keys USING btree (created_at);

CREATE INDEX image_enhancement_jobs_active_idx ON public.image_enhancement_jobs USING btree (user_id) WHERE ((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]));

CREATE INDEX image_enhancement_jobs_batch_id_idx ON public.image_enhancement_jobs USING btree (batch_id) WHERE (batch_id IS NOT NULL);

CREATE INDEX image_enhancement_jobs_blends_idx ON public.image_enhancement_jobs USING btree (user_id, created_at DESC, id DESC) WHERE ((source_image_id IS NOT NULL) AND ((status)::text <> 'CANCELLED'::text));

CREATE UNIQUE INDEX image_enhancement_jobs_charge_idx ON public.image_enhancement_jobs USING btree (user_id, charge_key, COALESCE((refund_part)::integer, 0)) WHERE (charge_key IS NOT NULL);

CREATE INDEX image_enhancement_jobs_completed_idx ON public.image_enhancement_jobs USING btree (image_id, created_at DESC, id DESC) WHERE ((status)::text = 'COMPLETED'::text);

CREATE INDEX image_enhancement_jobs_created_at_idx ON public.image_enhancement_jobs USING btree (created_at DESC, id DESC);

CREATE INDEX image_enhancement_jobs_due_idx ON public.image_enhancement_jobs USING btree (next_attempt_at, id) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX image_enhancement_jobs_image_id_idx ON public.image_enhancement_jobs USING btree (image_id, user_id, created_at DESC, id DESC);

CREATE INDEX image_enhancement_jobs_leases_idx ON public.image_enhancement_jobs USING btree (lease_until) WHERE ((status)::text = 'PROCESSING'::text);

CREATE INDEX image_enhancement_jobs_pipeline_id_idx ON public.image_enhancement_jobs USING btree (pipeline_id) WHERE (pipeline_id IS NOT NULL);

CREATE UNIQUE INDEX image_enhancement_jobs_refund_idx ON public.image_enhancement_jobs USING btree (user_id, refund_key) WHERE (refund_key IS NOT NULL);

CREATE INDEX image_enhancement_jobs_source_image_id_idx ON public.image_enhancement_jobs USING btree (source_image_id) WHERE (source_image_id IS NOT NULL);

CREATE INDEX image_enhancement_jobs_status_idx ON public.image_enhancement_jobs USING btree (status, created_at DESC, id DESC);

CREATE INDEX image_enhancement_jobs_user_id_idx ON public.image_enhancement_jobs USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX incidents_created_by_idx ON public.incidents USING btree (created_by);

CREATE INDEX incidents_open_idx ON public.incidents USING btree (started_at DESC) WHERE (resolved_at IS NULL);

CREATE INDEX incidents_started_at_idx ON public.incidents USING btree (started_at DESC, id DESC);

CREATE INDEX job_runs_job_idx ON public.job_runs USING btree (job, started_at DESC);

CREATE UNIQUE INDEX job_runs_running_key ON public.job_runs USING btree (job) WHERE ((status)::text = 'RUNNING'::text);

CREATE INDEX job_runs_started_at_idx ON public.job_runs USING btree (started_at);

CREATE INDEX marketing_accounts_listing_idx ON public.marketing_accounts USING btree (user_id, created_at DESC, id DESC) WHERE is_active;

CREATE INDEX marketing_accounts_next_sync_at_idx ON public.marketing_accounts USING btree (next_sync_at) WHERE (next_sync_at IS NOT NULL);

CREATE INDEX marketing_accounts_revoke_due_at_idx ON public.marketing_accounts USING btree (revoke_due_at) WHERE (revoke_due_at IS NOT NULL);

CREATE INDEX marketing_deletion_requests_open_idx ON public.marketing_deletion_requests USING btree (received_at) WHERE (completed_at IS NULL);

CREATE INDEX marketing_leads_campaign_id_idx ON public.marketing_leads USING btree (platform, campaign_id, received_at) WHERE (NOT is_test);

CREATE INDEX marketing_leads_fetch_due_at_idx ON public.marketing_leads USING btree (fetch_due_at) WHERE (fetch_due_at IS NOT NULL);

CREATE INDEX marketing_leads_received_at_idx ON public.marketing_leads USING btree (received_at DESC, id DESC);

CREATE INDEX marketing_oauth_attempts_expires_at_idx ON public.marketing_oauth_attempts USING btree (expires_at);

CREATE INDEX marketing_oauth_attempts_user_id_idx ON public.marketing_oauth_attempts USING btree (user_id);

CREATE INDEX marketing_webhook_events_due_idx ON public.marketing_webhook_events USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX marketing_webhook_events_received_at_idx ON public.marketing_webhook_events USING btree (received_at DESC, event_id DESC);

CREATE INDEX mcp_generation_jobs_active_idx ON public.mcp_generation_jobs USING btree (user_id) WHERE ((status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]));

CREATE INDEX mcp_generation_jobs_api_key_id_idx ON public.mcp_generation_jobs USING btree (api_key_id) WHERE (api_key_id IS NOT NULL);

CREATE UNIQUE INDEX mcp_generation_jobs_charge_idx ON public.mcp_generation_jobs USING btree (user_id, charge_key);

CREATE INDEX mcp_generation_jobs_created_at_idx ON public.mcp_generation_jobs USING btree (created_at DESC, id DESC);

CREATE INDEX mcp_generation_jobs_due_idx ON public.mcp_generation_jobs USING btree (next_attempt_at, id) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX mcp_generation_jobs_leases_idx ON public.mcp_generation_jobs USING btree (lease_until) WHERE ((status)::text = 'PROCESSING'::text);

CREATE UNIQUE INDEX mcp_generation_jobs_refund_idx ON public.mcp_generation_jobs USING btree (user_id, refund_key) WHERE (refund_key IS NOT NULL);

CREATE INDEX mcp_generation_jobs_status_idx ON public.mcp_generation_jobs USING btree (status, created_at DESC, id DESC);

CREATE INDEX mcp_generation_jobs_user_id_idx ON public.mcp_generation_jobs USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX merch_cart_items_image_id_idx ON public.merch_cart_items USING btree (image_id, user_id) WHERE (image_id IS NOT NULL);

CREATE UNIQUE INDEX merch_cart_items_line_idx ON public.merch_cart_items USING btree (user_id, product_id, COALESCE(variant_id, ''::text), COALESCE(image_id, ''::text), COALESCE(uploaded_image_r2_key, ''::text));

CREATE INDEX merch_cart_items_product_id_idx ON public.merch_cart_items USING btree (product_id, variant_id);

CREATE INDEX merch_cart_items_uploaded_image_idx ON public.merch_cart_items USING btree (uploaded_image_r2_key, user_id) WHERE (uploaded_image_r2_key IS NOT NULL);

CREATE INDEX merch_countries_zone_idx ON public.merch_countries USING btree (zone);

CREATE INDEX merch_operations_due_idx ON public.merch_operations USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX merch_operations_failed_idx ON public.merch_operations USING btree (finished_at DESC) WHERE ((status)::text = 'FAILED'::text);

CREATE UNIQUE INDEX merch_operations_once_idx ON public.merch_operations USING btree (order_id, kind) WHERE ((kind)::text <> 'REFUND'::text);

CREATE INDEX merch_operations_order_id_idx ON public.merch_operations USING btree (order_id, created_at);

CREATE UNIQUE INDEX merch_order_events_step_idx ON public.merch_order_events USING btree (order_id, to_status) WHERE (to_status IS NOT NULL);

CREATE INDEX merch_order_items_pod_order_id_idx ON public.merch_order_items USING btree (provider, pod_order_id) WHERE (pod_order_id IS NOT NULL);

CREATE INDEX merch_order_items_product_id_idx ON public.merch_order_items USING btree (product_id, variant_id);

CREATE INDEX merch_order_items_shipment_id_idx ON public.merch_order_items USING btree (order_id, shipment_id) WHERE (shipment_id IS NOT NULL);

CREATE INDEX merch_orders_created_at_idx ON public.merch_orders USING btree (created_at DESC, id DESC);

CREATE INDEX merch_orders_shipping_country_idx ON public.merch_orders USING btree (shipping_country, created_at);

CREATE INDEX merch_orders_status_idx ON public.merch_orders USING btree (status, created_at DESC, id DESC);

CREATE INDEX merch_orders_unpaid_idx ON public.merch_orders USING btree (created_at) WHERE ((status)::text = ANY (ARRAY['PENDING'::text, 'PAYMENT_PENDING'::text]));

CREATE INDEX merch_orders_user_id_idx ON public.merch_orders USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX merch_prints_expires_at_idx ON public.merch_prints USING btree (expires_at);

CREATE INDEX merch_products_category_id_idx ON public.merch_products USING btree (category_id, sort_order, id);

CREATE INDEX merch_shipments_tracking_number_idx ON public.merch_shipments USING btree (tracking_number) WHERE (tracking_number IS NOT NULL);

CREATE INDEX merch_webhook_events_due_idx ON public.merch_webhook_events USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX merch_webhook_events_pod_order_id_idx ON public.merch_webhook_events USING btree (provider, pod_order_id) WHERE (pod_order_id IS NOT NULL);

CREATE INDEX merch_webhook_events_received_at_idx ON public.merch_webhook_events USING btree (received_at DESC, event_id DESC);

CREATE INDEX monetization_models_app_id_idx ON public.monetization_models USING btree (app_id, created_at, id);

CREATE INDEX monetization_models_type_idx ON public.monetization_models USING btree (type);

CREATE INDEX oauth_attempts_expires_at_idx ON public.oauth_attempts USING btree (expires_at);

CREATE INDEX object_deletions_due_idx ON public.object_deletions USING btree (next_attempt_at NULLS FIRST, queued_at);

CREATE INDEX page_views_created_at_idx ON ONLY public.page_views USING btree (created_at);

CREATE INDEX rate_limits_window_ends_at_idx ON public.rate_limits USING btree (window_ends_at);

CREATE INDEX referrals_completed_idx ON public.referrals USING btree (referrer_id, completed_at) WHERE ((status)::text = 'COMPLETED'::text);

CREATE INDEX referrals_ip_idx ON public.referrals USING btree (referrer_id, ip_address, created_at);

CREATE INDEX referrals_pending_idx ON public.referrals USING btree (created_at) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX referrals_referrer_id_idx ON public.referrals USING btree (referrer_id, created_at DESC, id DESC);

CREATE INDEX requirements_app_id_idx ON public.requirements USING btree (app_id, created_at, id);

CREATE INDEX requirements_priority_idx ON public.requirements USING btree (priority);

CREATE INDEX requirements_status_idx ON public.requirements USING btree (status);

CREATE INDEX restore_runs_backup_id_idx ON public.restore_runs USING btree (backup_id);

CREATE INDEX restore_runs_left_behind_idx ON public.restore_runs USING btree (started_at) WHERE ((target_dropped_at IS NULL) AND ((purpose)::text = ANY (ARRAY['VERIFY'::text, 'REHEARSAL'::text, 'DRILL'::text])));

CREATE INDEX restore_runs_started_at_idx ON public.restore_runs USING btree (started_at DESC, id DESC);

CREATE INDEX sessions_expires_at_idx ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_last_seen_at_idx ON public.sessions USING btree (last_seen_at);

CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX stripe_disputes_created_at_idx ON public.stripe_disputes USING btree (created_at DESC);

CREATE INDEX stripe_disputes_payment_id_idx ON public.stripe_disputes USING btree (payment_id);

CREATE INDEX stripe_events_failed_idx ON public.stripe_events USING btree (received_at DESC) WHERE ((outcome)::text = 'FAILED'::text);

CREATE INDEX stripe_events_listing_idx ON public.stripe_events USING btree (received_at DESC, event_id DESC);

CREATE INDEX stripe_events_object_id_idx ON public.stripe_events USING btree (object_id);

CREATE INDEX stripe_events_rejected_idx ON public.stripe_events USING btree (received_at DESC) WHERE ((outcome)::text = 'REJECTED'::text);

CREATE INDEX stripe_events_type_idx ON public.stripe_events USING btree (type, received_at DESC);

CREATE INDEX stripe_operations_due_idx ON public.stripe_operations USING btree (next_attempt_at) WHERE ((status)::text = 'PENDING'::text);

CREATE INDEX stripe_operations_user_id_idx ON public.stripe_operations USING btree (user_id, created_at DESC);

CREATE INDEX stripe_payments_package_code_idx ON public.stripe_payments USING btree (package_code);

CREATE INDEX stripe_payments_user_id_idx ON public.stripe_payments USING btree (user_id, created_at DESC);

CREATE INDEX subscriptions_downgrade_to_idx ON public.subscriptions USING btree (downgrade_to) WHERE (downgrade_to IS NOT NULL);

CREATE INDEX subscriptions_plan_code_idx ON public.subscriptions USING btree (plan_code);

CREATE INDEX subscriptions_status_idx ON public.subscriptions USING btree (status, current_period_end);

CREATE INDEX subscriptions_tier_idx ON public.subscriptions USING btree (tier);

CREATE INDEX table_maintenance_vacuumed_at_idx ON public.table_maintenance USING btree (vacuumed_at);

CREATE INDEX token_debts_open_idx ON public.token_debts USING btree (user_id) WHERE (settled_at IS NULL);

CREATE INDEX token_debts_payment_id_idx ON public.token_debts USING btree (payment_id);

CREATE INDEX tracked_urls_active_idx ON public.tracked_urls USING btree (created_at DESC, id DESC) WHERE is_active;

CREATE INDEX tracked_urls_created_by_id_idx ON public.tracked_urls USING btree (created_by_id);

CREATE INDEX uploads_expires_at_idx ON public.uploads USING btree (expires_at);

CREATE INDEX uploads_user_id_idx ON public.uploads USING btree (user_id, created_at DESC, id DESC);

CREATE INDEX user_token_balances_tier_idx ON public.user_token_balances USING btree (tier);

CREATE INDEX users_bcrypt_idx ON public.users USING btree (id) WHERE (password_hash ~~ '$2%'::text);

CREATE INDEX users_created_at_idx ON public.users USING btree (created_at DESC, id DESC);

CREATE INDEX users_deleted_at_idx ON public.users USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX users_referred_by_id_idx ON public.users USING btree (referred_by_id) WHERE (referred_by_id IS NOT NULL);

CREATE INDEX users_role_idx ON public.users USING btree (role) WHERE ((role)::text <> 'USER'::text);

CREATE INDEX users_search_idx ON public.users USING gin ((((COALESCE(email, ''::text) || ' '::text) || COALESCE(name, ''::text))) public.gin_trgm_ops);

CREATE INDEX verification_tokens_expires_at_idx ON public.verification_tokens USING btree (expires_at);

CREATE INDEX verification_tokens_user_id_idx ON public.verification_tokens USING btree (user_id, purpose, created_at DESC);

CREATE INDEX visitor_sessions_started_at_idx ON public.visitor_sessions USING btree (started_at);

CREATE INDEX visitor_sessions_user_id_idx ON public.visitor_sessions USING btree (user_id, started_at, id) WHERE (user_id IS NOT NULL);

CREATE INDEX visitor_sessions_utm_campaign_idx ON public.visitor_sessions USING btree (utm_campaign, started_at) WHERE (utm_campaign IS NOT NULL);

CREATE INDEX visitor_sessions_visitor_id_idx ON public.visitor_sessions USING btree (visitor_id, started_at DESC);

CREATE INDEX visitors_created_at_idx ON public.visitors USING btree (created_at) WHERE (current_session_id IS NULL);

CREATE INDEX visitors_current_session_id_idx ON public.visitors USING btree (current_session_id);

CREATE INDEX voucher_redemptions_voucher_id_idx ON public.voucher_redemptions USING btree (voucher_id, redeemed_at DESC);

CREATE INDEX vouchers_created_at_idx ON public.vouchers USING btree (created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE INDEX vouchers_status_idx ON public.vouchers USING btree (status, expires_at);

CREATE UNIQUE INDEX workspace_members_one_owner_idx ON public.workspace_members USING btree (workspace_id) WHERE ((role)::text = 'OWNER'::text);

CREATE INDEX workspace_members_user_id_idx ON public.workspace_members USING btree (user_id, created_at DESC, workspace_id DESC);

CREATE INDEX workspaces_created_at_idx ON public.workspaces USING btree (created_at DESC, id DESC);

CREATE TRIGGER accounts_updated_at BEFORE UPDATE ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER agent_credentials_revoked_stays BEFORE UPDATE OF revoked_at ON public.agent_credentials FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (new.revoked_at IS NULL))) EXECUTE FUNCTION public.refuse_change('agent_credentials_revoked_for_ever');

CREATE TRIGGER agent_credentials_updated_at BEFORE UPDATE ON public.agent_credentials FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER agent_tasks_transition BEFORE UPDATE OF status ON public.agent_tasks FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.job_status_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('agent_tasks_transition_allowed');

CREATE TRIGGER agent_tasks_updated_at BEFORE UPDATE ON public.agent_tasks FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER albums_updated_at BEFORE UPDATE ON public.albums FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER api_keys_updated_at BEFORE UPDATE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER app_images_objects AFTER DELETE OR UPDATE OF r2_key ON public.app_images FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'r2_key');

CREATE TRIGGER apps_fork_is_final BEFORE UPDATE OF forked_from ON public.apps FOR EACH ROW WHEN (((new.forked_from IS NOT NULL) AND (new.forked_from IS DISTINCT FROM old.forked_from))) EXECUTE FUNCTION public.refuse_change('apps_forked_from_is_final');

CREATE TRIGGER apps_transition BEFORE UPDATE OF status ON public.apps FOR EACH ROW WHEN ((((old.status)::text = 'ARCHIVED'::text) AND ((new.status)::text <> ALL (ARRAY['ARCHIVED'::text, 'PROMPTING'::text])))) EXECUTE FUNCTION public.refuse_change('apps_archived_is_only_restarted');

CREATE TRIGGER apps_updated_at BEFORE UPDATE ON public.apps FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER audio_mixer_projects_updated_at BEFORE UPDATE ON public.audio_mixer_projects FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER audio_tracks_objects AFTER DELETE OR UPDATE OF file_r2_key ON public.audio_tracks FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('AUDIO', 'file_r2_key');

CREATE TRIGGER audio_tracks_updated_at BEFORE UPDATE ON public.audio_tracks FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER audit_logs_chain BEFORE INSERT ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION public.chain_audit_entry();

CREATE TRIGGER audit_retention_policies_updated_at BEFORE UPDATE ON public.audit_retention_policies FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER box_actions_transition BEFORE UPDATE OF status ON public.box_actions FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.job_status_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('box_actions_transition_allowed');

CREATE TRIGGER box_actions_updated_at BEFORE UPDATE ON public.box_actions FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER box_tiers_updated_at BEFORE UPDATE ON public.box_tiers FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER boxes_transition BEFORE UPDATE OF status ON public.boxes FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.box_status_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('boxes_transition_allowed');

CREATE TRIGGER boxes_updated_at BEFORE UPDATE ON public.boxes FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE CONSTRAINT TRIGGER campaign_attributions_add_up AFTER INSERT OR UPDATE OF conversion_id, attribution_type, touch, share_minor, share_tokens ON public.campaign_attributions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_attribution_shares();

CREATE CONSTRAINT TRIGGER campaign_conversions_add_up AFTER INSERT OR UPDATE ON public.campaign_conversions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_attribution_shares();

CREATE TRIGGER campaign_links_updated_at BEFORE UPDATE ON public.campaign_links FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER enhanced_images_objects AFTER DELETE OR UPDATE OF original_r2_key ON public.enhanced_images FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'original_r2_key');

CREATE TRIGGER enhanced_images_updated_at BEFORE UPDATE ON public.enhanced_images FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER enhancement_pipelines_updated_at BEFORE UPDATE ON public.enhancement_pipelines FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER external_agent_sessions_transition BEFORE UPDATE OF status ON public.external_agent_sessions FOR EACH ROW WHEN (((((new.status)::text = 'CREATING'::text) AND ((old.status)::text <> 'CREATING'::text)) OR (((old.status)::text = ANY (ARRAY['FAILED'::text, 'COMPLETED'::text])) AND ((new.status)::text <> (old.status)::text)))) EXECUTE FUNCTION public.refuse_change('external_agent_sessions_transition_allowed');

CREATE TRIGGER external_agent_sessions_updated_at BEFORE UPDATE ON public.external_agent_sessions FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER featured_gallery_items_updated_at BEFORE UPDATE ON public.featured_gallery_items FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER feedback_updated_at BEFORE UPDATE ON public.feedback FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER google_ads_campaigns_updated_at BEFORE UPDATE ON public.google_ads_campaigns FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER image_enhancement_jobs_objects AFTER DELETE OR UPDATE OF enhanced_r2_key, source_r2_key ON public.image_enhancement_jobs FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'enhanced_r2_key', 'source_r2_key');

CREATE TRIGGER image_enhancement_jobs_refunded_first BEFORE DELETE ON public.image_enhancement_jobs FOR EACH ROW WHEN (((old.charge_key IS NOT NULL) AND ((old.status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text])))) EXECUTE FUNCTION public.refuse_change('image_enhancement_jobs_cancelled_before_deleted');

CREATE TRIGGER image_enhancement_jobs_transition BEFORE UPDATE OF status ON public.image_enhancement_jobs FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.job_status_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('image_enhancement_jobs_transition_allowed');

CREATE TRIGGER image_enhancement_jobs_updated_at BEFORE UPDATE ON public.image_enhancement_jobs FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER incidents_updated_at BEFORE UPDATE ON public.incidents FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER marketing_accounts_updated_at BEFORE UPDATE ON public.marketing_accounts FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER mcp_generation_jobs_objects AFTER DELETE OR UPDATE OF input_r2_key, output_r2_key ON public.mcp_generation_jobs FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'input_r2_key', 'output_r2_key');

CREATE TRIGGER mcp_generation_jobs_refunded_first BEFORE DELETE ON public.mcp_generation_jobs FOR EACH ROW WHEN (((old.status)::text = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]))) EXECUTE FUNCTION public.refuse_change('mcp_generation_jobs_cancelled_before_deleted');

CREATE TRIGGER mcp_generation_jobs_transition BEFORE UPDATE OF status ON public.mcp_generation_jobs FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.job_status_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('mcp_generation_jobs_transition_allowed');

CREATE TRIGGER mcp_generation_jobs_updated_at BEFORE UPDATE ON public.mcp_generation_jobs FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_cart_items_updated_at BEFORE UPDATE ON public.merch_cart_items FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_carts_updated_at BEFORE UPDATE ON public.merch_carts FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_categories_updated_at BEFORE UPDATE ON public.merch_categories FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_operations_fit_order BEFORE INSERT OR UPDATE OF order_id, kind, amount_minor ON public.merch_operations FOR EACH ROW EXECUTE FUNCTION public.check_merch_operation();

CREATE TRIGGER merch_order_items_money_is_fixed BEFORE UPDATE OF order_id, quantity, unit_price_minor, total_price_minor, tax_basis_points, tax_included_minor ON public.merch_order_items FOR EACH ROW WHEN (((((((old.order_id IS DISTINCT FROM new.order_id) OR (old.quantity IS DISTINCT FROM new.quantity)) OR (old.unit_price_minor IS DISTINCT FROM new.unit_price_minor)) OR (old.total_price_minor IS DISTINCT FROM new.total_price_minor)) OR (old.tax_basis_points IS DISTINCT FROM new.tax_basis_points)) OR (old.tax_included_minor IS DISTINCT FROM new.tax_included_minor))) EXECUTE FUNCTION public.refuse_change('merch_order_items_money_is_fixed');

CREATE TRIGGER merch_order_items_objects AFTER DELETE OR UPDATE OF image_r2_key ON public.merch_order_items FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'image_r2_key');

CREATE CONSTRAINT TRIGGER merch_order_items_subtotal AFTER INSERT OR DELETE ON public.merch_order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_merch_subtotal();

CREATE TRIGGER merch_order_items_updated_at BEFORE UPDATE ON public.merch_order_items FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_orders_kept BEFORE DELETE ON public.merch_orders FOR EACH ROW WHEN (((old.order_number !~~ 'SL-E2E-%'::text) AND (((old.status)::text <> 'PENDING'::text) OR (old.stripe_payment_intent_id IS NOT NULL)))) EXECUTE FUNCTION public.refuse_change('merch_orders_paid_ones_stay');

CREATE TRIGGER merch_orders_money_is_fixed BEFORE UPDATE OF user_id, order_number, subtotal_minor, shipping_minor, tax_minor, total_minor, tax_included_minor, currency, shipping_country ON public.merch_orders FOR EACH ROW WHEN ((((((((((old.user_id IS DISTINCT FROM new.user_id) OR (old.order_number IS DISTINCT FROM new.order_number)) OR (old.subtotal_minor IS DISTINCT FROM new.subtotal_minor)) OR (old.shipping_minor IS DISTINCT FROM new.shipping_minor)) OR (old.tax_minor IS DISTINCT FROM new.tax_minor)) OR (old.total_minor IS DISTINCT FROM new.total_minor)) OR (old.tax_included_minor IS DISTINCT FROM new.tax_included_minor)) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text)) OR ((old.shipping_country)::text IS DISTINCT FROM (new.shipping_country)::text))) EXECUTE FUNCTION public.refuse_change('merch_orders_money_is_fixed');

CREATE CONSTRAINT TRIGGER merch_orders_subtotal AFTER INSERT ON public.merch_orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_merch_subtotal();

CREATE TRIGGER merch_orders_transition BEFORE UPDATE OF status ON public.merch_orders FOR EACH ROW WHEN ((((old.status)::text <> (new.status)::text) AND (NOT public.merch_order_may_become((old.status)::text, (new.status)::text)))) EXECUTE FUNCTION public.refuse_change('merch_orders_transition_allowed');

CREATE TRIGGER merch_orders_updated_at BEFORE UPDATE ON public.merch_orders FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_prints_objects AFTER DELETE ON public.merch_prints FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'r2_key');

CREATE TRIGGER merch_products_price AFTER UPDATE OF retail_price_minor ON public.merch_products FOR EACH ROW EXECUTE FUNCTION public.check_merch_price();

CREATE TRIGGER merch_products_updated_at BEFORE UPDATE ON public.merch_products FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_shipments_updated_at BEFORE UPDATE ON public.merch_shipments FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER merch_variants_price AFTER INSERT OR UPDATE OF price_delta_minor, product_id ON public.merch_variants FOR EACH ROW EXECUTE FUNCTION public.check_merch_price();

CREATE TRIGGER merch_variants_updated_at BEFORE UPDATE ON public.merch_variants FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER monetization_models_updated_at BEFORE UPDATE ON public.monetization_models FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER pipeline_reference_images_objects AFTER DELETE OR UPDATE OF r2_key ON public.pipeline_reference_images FOR EACH ROW EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'r2_key');

CREATE TRIGGER requirements_updated_at BEFORE UPDATE ON public.requirements FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER requirements_version BEFORE UPDATE OF description, priority, status ON public.requirements FOR EACH ROW WHEN (((((old.description IS DISTINCT FROM new.description) OR ((old.priority)::text IS DISTINCT FROM (new.priority)::text)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) AND (new.version <> (old.version + 1)))) EXECUTE FUNCTION public.refuse_change('requirements_version_counts');

CREATE TRIGGER stripe_payments_updated_at BEFORE UPDATE ON public.stripe_payments FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER subscriptions_updated_at BEFORE UPDATE ON public.subscriptions FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER tracked_urls_updated_at BEFORE UPDATE ON public.tracked_urls FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER uploads_audio_objects AFTER DELETE ON public.uploads FOR EACH ROW WHEN ((((old.bucket)::text = 'AUDIO'::text) AND (NOT old.object_adopted))) EXECUTE FUNCTION public.queue_object_deletions('AUDIO', 'object_key');

CREATE TRIGGER uploads_objects AFTER DELETE ON public.uploads FOR EACH ROW WHEN ((((old.bucket)::text = 'IMAGES'::text) AND (NOT old.object_adopted))) EXECUTE FUNCTION public.queue_object_deletions('IMAGES', 'object_key');

CREATE TRIGGER user_token_balances_updated_at BEFORE UPDATE ON public.user_token_balances FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER users_updated_at BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER vouchers_updated_at BEFORE UPDATE ON public.vouchers FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER workspace_members_updated_at BEFORE UPDATE ON public.workspace_members FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TRIGGER workspaces_updated_at BEFORE UPDATE ON public.workspaces FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agent_credentials
    ADD CONSTRAINT agent_credentials_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agent_credentials
    ADD CONSTRAINT agent_credentials_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.agent_session_activities
    ADD CONSTRAINT agent_session_activities_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.agent_session_activities
    ADD CONSTRAINT agent_session_activities_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.external_agent_sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agent_tasks
    ADD CONSTRAINT agent_tasks_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;

ALTER TABLE public.ai_decision_logs
    ADD CONSTRAINT ai_decision_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE public.ai_decision_logs
    ADD CONSTRAINT ai_decision_logs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.album_images
    ADD CONSTRAINT album_images_own_album FOREIGN KEY (user_id, album_id) REFERENCES public.albums(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.album_images
    ADD CONSTRAINT album_images_own_image FOREIGN KEY (user_id, image_id) REFERENCES public.enhanced_images(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES public.enhancement_pipelines(id);

ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alert_events
    ADD CONSTRAINT alert_events_rule_fkey FOREIGN KEY (rule) REFERENCES public.alert_states(rule) ON DELETE RESTRICT;

ALTER TABLE ONLY public.alert_outbox
    ADD CONSTRAINT alert_outbox_event_fkey FOREIGN KEY (rule, event_id) REFERENCES public.alert_events(rule, id) ON DELETE CASCADE;

ALTER TABLE public.analytics_events
    ADD CONSTRAINT analytics_events_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.visitor_sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.app_attachments
    ADD CONSTRAINT app_attachments_own_image FOREIGN KEY (app_id, image_id) REFERENCES public.app_images(app_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.app_attachments
    ADD CONSTRAINT app_attachments_own_message FOREIGN KEY (app_id, message_id) REFERENCES public.app_messages(app_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.app_images
    ADD CONSTRAINT app_images_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.app_messages
    ADD CONSTRAINT app_messages_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.app_status_history
    ADD CONSTRAINT app_status_history_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_forked_from_fkey FOREIGN KEY (forked_from) REFERENCES public.apps(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audio_mixer_projects
    ADD CONSTRAINT audio_mixer_projects_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audio_tracks
    ADD CONSTRAINT audio_tracks_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.audio_mixer_projects(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audio_tracks
    ADD CONSTRAINT audio_tracks_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.uploads(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.audit_retention_policies
    ADD CONSTRAINT audit_retention_policies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.backup_runs
    ADD CONSTRAINT backup_runs_promoted_from_fkey FOREIGN KEY (promoted_from) REFERENCES public.backup_runs(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.box_actions
    ADD CONSTRAINT box_actions_charge_in_ledger FOREIGN KEY (user_id, charge_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.box_actions
    ADD CONSTRAINT box_actions_own_box FOREIGN KEY (user_id, box_id) REFERENCES public.boxes(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.box_actions
    ADD CONSTRAINT box_actions_refund_in_ledger FOREIGN KEY (user_id, refund_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.box_messages
    ADD CONSTRAINT box_messages_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.boxes(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_cloned_from_fkey FOREIGN KEY (cloned_from) REFERENCES public.boxes(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_tier_id_fkey FOREIGN KEY (tier_id) REFERENCES public.box_tiers(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.boxes
    ADD CONSTRAINT boxes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.campaign_attributions
    ADD CONSTRAINT campaign_attributions_conversion_id_fkey FOREIGN KEY (conversion_id) REFERENCES public.campaign_conversions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.campaign_attributions
    ADD CONSTRAINT campaign_attributions_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.visitor_sessions(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.campaign_conversions
    ADD CONSTRAINT campaign_conversions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.email_events
    ADD CONSTRAINT email_events_email_id_fkey FOREIGN KEY (email_id) REFERENCES public.email_logs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_verification_id_fkey FOREIGN KEY (verification_id) REFERENCES public.verification_tokens(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.enhanced_images
    ADD CONSTRAINT enhanced_images_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.enhancement_pipelines
    ADD CONSTRAINT enhancement_pipelines_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.external_agent_sessions
    ADD CONSTRAINT external_agent_sessions_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.external_agent_sessions
    ADD CONSTRAINT external_agent_sessions_plan_approved_by_fkey FOREIGN KEY (plan_approved_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.featured_gallery_items
    ADD CONSTRAINT featured_gallery_items_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.featured_gallery_items
    ADD CONSTRAINT featured_gallery_items_source_job_id_fkey FOREIGN KEY (source_job_id) REFERENCES public.image_enhancement_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.google_ads_campaigns
    ADD CONSTRAINT google_ads_campaigns_marketing_account_id_fkey FOREIGN KEY (marketing_account_id) REFERENCES public.marketing_accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_charge_in_ledger FOREIGN KEY (user_id, charge_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_own_image FOREIGN KEY (user_id, image_id) REFERENCES public.enhanced_images(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES public.enhancement_pipelines(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_refund_in_ledger FOREIGN KEY (user_id, refund_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.image_enhancement_jobs
    ADD CONSTRAINT image_enhancement_jobs_source_image_id_fkey FOREIGN KEY (source_image_id) REFERENCES public.enhanced_images(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.incident_updates
    ADD CONSTRAINT incident_updates_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incidents(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.marketing_accounts
    ADD CONSTRAINT marketing_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.marketing_oauth_attempts
    ADD CONSTRAINT marketing_oauth_attempts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES public.api_keys(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_charge_in_ledger FOREIGN KEY (user_id, charge_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_refund_in_ledger FOREIGN KEY (user_id, refund_key) REFERENCES public.token_transactions(user_id, event_key) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mcp_generation_jobs
    ADD CONSTRAINT mcp_generation_jobs_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_own_image FOREIGN KEY (user_id, image_id) REFERENCES public.enhanced_images(user_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_own_upload FOREIGN KEY (user_id, uploaded_image_r2_key) REFERENCES public.merch_prints(user_id, r2_key);

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.merch_products(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.merch_carts(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_cart_items
    ADD CONSTRAINT merch_cart_items_variant_of_product FOREIGN KEY (product_id, variant_id) REFERENCES public.merch_variants(product_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_carts
    ADD CONSTRAINT merch_carts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_countries
    ADD CONSTRAINT merch_countries_zone_fkey FOREIGN KEY (zone) REFERENCES public.merch_shipping_rates(zone);

ALTER TABLE ONLY public.merch_operations
    ADD CONSTRAINT merch_operations_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.merch_orders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_order_events
    ADD CONSTRAINT merch_order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.merch_orders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_order_items
    ADD CONSTRAINT merch_order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.merch_orders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_order_items
    ADD CONSTRAINT merch_order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.merch_products(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.merch_order_items
    ADD CONSTRAINT merch_order_items_shipment_of_order FOREIGN KEY (order_id, shipment_id) REFERENCES public.merch_shipments(order_id, id);

ALTER TABLE ONLY public.merch_order_items
    ADD CONSTRAINT merch_order_items_variant_of_product FOREIGN KEY (product_id, variant_id) REFERENCES public.merch_variants(product_id, id);

ALTER TABLE ONLY public.merch_orders
    ADD CONSTRAINT merch_orders_shipping_country_fkey FOREIGN KEY (shipping_country) REFERENCES public.merch_countries(code);

ALTER TABLE ONLY public.merch_orders
    ADD CONSTRAINT merch_orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.merch_prints
    ADD CONSTRAINT merch_prints_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_products
    ADD CONSTRAINT merch_products_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.merch_categories(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.merch_shipments
    ADD CONSTRAINT merch_shipments_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.merch_orders(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merch_variants
    ADD CONSTRAINT merch_variants_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.merch_products(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.monetization_models
    ADD CONSTRAINT monetization_models_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE public.page_views
    ADD CONSTRAINT page_views_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.visitor_sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pipeline_reference_images
    ADD CONSTRAINT pipeline_reference_images_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES public.enhancement_pipelines(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_referee_id_fkey FOREIGN KEY (referee_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_referrer_id_fkey FOREIGN KEY (referrer_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.requirements
    ADD CONSTRAINT requirements_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.restore_runs
    ADD CONSTRAINT restore_runs_backup_id_fkey FOREIGN KEY (backup_id) REFERENCES public.backup_runs(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stripe_disputes
    ADD CONSTRAINT stripe_disputes_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.stripe_payments(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.stripe_operations
    ADD CONSTRAINT stripe_operations_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_package_code_fkey FOREIGN KEY (package_code) REFERENCES public.tokens_packages(code) ON DELETE RESTRICT;

ALTER TABLE ONLY public.stripe_payments
    ADD CONSTRAINT stripe_payments_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_downgrade_to_fkey FOREIGN KEY (downgrade_to) REFERENCES public.tiers(tier);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_plan_code_fkey FOREIGN KEY (plan_code) REFERENCES public.subscription_plans(code) ON DELETE RESTRICT;

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_tier_fkey FOREIGN KEY (tier) REFERENCES public.tiers(tier);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.token_debts
    ADD CONSTRAINT token_debts_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.stripe_payments(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.token_debts
    ADD CONSTRAINT token_debts_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.token_transactions
    ADD CONSTRAINT token_transactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.tracked_urls
    ADD CONSTRAINT tracked_urls_created_by_id_fkey FOREIGN KEY (created_by_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_token_balances
    ADD CONSTRAINT user_token_balances_tier_fkey FOREIGN KEY (tier) REFERENCES public.tiers(tier);

ALTER TABLE ONLY public.user_token_balances
    ADD CONSTRAINT user_token_balances_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_referred_by_id_fkey FOREIGN KEY (referred_by_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.verification_tokens
    ADD CONSTRAINT verification_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.visitor_sessions
    ADD CONSTRAINT visitor_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.visitor_sessions
    ADD CONSTRAINT visitor_sessions_visitor_id_fkey FOREIGN KEY (visitor_id) REFERENCES public.visitors(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.visitors
    ADD CONSTRAINT visitors_current_session_id_fkey FOREIGN KEY (current_session_id) REFERENCES public.visitor_sessions(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_voucher_id_fkey FOREIGN KEY (voucher_id) REFERENCES public.vouchers(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.workspace_members
    ADD CONSTRAINT workspace_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.workspace_members
    ADD CONSTRAINT workspace_members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspaces(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.workspaces
    ADD CONSTRAINT workspaces_personal_user_id_fkey FOREIGN KEY (personal_user_id) REFERENCES public.users(id) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA public TO spike_app;
GRANT ALL ON SCHEMA public TO spike_owner;
GRANT USAGE ON SCHEMA public TO spike_readonly;
GRANT USAGE ON SCHEMA public TO spike_monitor;

REVOKE ALL ON FUNCTION public.archive_audit_logs(at_time timestamp with time zone, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.archive_audit_logs(at_time timestamp with time zone, batch integer) TO spike_app;

GRANT SELECT,INSERT ON TABLE public.audit_logs TO spike_app;
GRANT SELECT ON TABLE public.audit_logs TO spike_readonly;

REVOKE ALL ON FUNCTION public.audit_faults() FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_faults() TO spike_app;

GRANT SELECT ON TABLE public.audit_retention_policies TO spike_app;
GRANT SELECT ON TABLE public.audit_retention_policies TO spike_readonly;

REVOKE ALL ON FUNCTION public.delete_archived_audit_logs(at_time timestamp with time zone, batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_archived_audit_logs(at_time timestamp with time zone, batch integer) TO spike_app;

REVOKE ALL ON FUNCTION public.explain_statement(wanted bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.explain_statement(wanted bigint) TO spike_app;

REVOKE ALL ON FUNCTION public.maintain_partitions(at_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.maintain_partitions(at_time timestamp with time zone) TO spike_app;

REVOKE ALL ON FUNCTION public.make_month_partition(parent text, month_start date) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.partition_by_month(parent text, time_column text, keep_months integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.settle_ownership() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts TO spike_app;

GRANT SELECT(id) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(user_id) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(provider) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(provider_account_id) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(token_type) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(scope) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT(updated_at) ON TABLE public.accounts TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_credentials TO spike_app;

GRANT SELECT(id) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(name) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(scope) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(box_id) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(key_prefix) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(created_by) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(updated_at) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(last_used_at) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT(revoked_at) ON TABLE public.agent_credentials TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_session_activities TO spike_app;
GRANT SELECT ON TABLE public.agent_session_activities TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_tasks TO spike_app;
GRANT SELECT ON TABLE public.agent_tasks TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.ai_decision_logs TO spike_app;
GRANT SELECT ON TABLE public.ai_decision_logs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.album_images TO spike_app;
GRANT SELECT ON TABLE public.album_images TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.albums TO spike_app;
GRANT SELECT ON TABLE public.albums TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.alert_events TO spike_app;
GRANT SELECT ON TABLE public.alert_events TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alert_outbox TO spike_app;
GRANT SELECT ON TABLE public.alert_outbox TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alert_states TO spike_app;
GRANT SELECT ON TABLE public.alert_states TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.analytics_events TO spike_app;
GRANT SELECT ON TABLE public.analytics_events TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO spike_app;

GRANT SELECT(id) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(user_id) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(name) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(key_prefix) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(is_active) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(last_used_at) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT(updated_at) ON TABLE public.api_keys TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.app_attachments TO spike_app;
GRANT SELECT ON TABLE public.app_attachments TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.app_images TO spike_app;
GRANT SELECT ON TABLE public.app_images TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.app_messages TO spike_app;
GRANT SELECT ON TABLE public.app_messages TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.app_status_history TO spike_app;
GRANT SELECT ON TABLE public.app_status_history TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.apps TO spike_app;
GRANT SELECT ON TABLE public.apps TO spike_readonly;

GRANT SELECT ON TABLE public.archived_audit_logs TO spike_app;
GRANT SELECT ON TABLE public.archived_audit_logs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audio_mixer_projects TO spike_app;
GRANT SELECT ON TABLE public.audio_mixer_projects TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audio_tracks TO spike_app;
GRANT SELECT ON TABLE public.audio_tracks TO spike_readonly;

GRANT SELECT ON TABLE public.audit_chains TO spike_readonly;

GRANT SELECT ON TABLE public.audit_entries TO spike_app;
GRANT SELECT ON TABLE public.audit_entries TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.backup_runs TO spike_app;
GRANT SELECT ON TABLE public.backup_runs TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.box_actions TO spike_app;
GRANT SELECT ON TABLE public.box_actions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.box_messages TO spike_app;
GRANT SELECT ON TABLE public.box_messages TO spike_readonly;

GRANT SELECT ON TABLE public.box_tiers TO spike_app;
GRANT SELECT ON TABLE public.box_tiers TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.boxes TO spike_app;
GRANT SELECT ON TABLE public.boxes TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.campaign_attributions TO spike_app;
GRANT SELECT ON TABLE public.campaign_attributions TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.campaign_conversions TO spike_app;
GRANT SELECT ON TABLE public.campaign_conversions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaign_links TO spike_app;
GRANT SELECT ON TABLE public.campaign_links TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaign_metrics_cache TO spike_app;
GRANT SELECT ON TABLE public.campaign_metrics_cache TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.campaign_spend_daily TO spike_app;
GRANT SELECT ON TABLE public.campaign_spend_daily TO spike_readonly;

GRANT SELECT ON TABLE public.ddl_log TO spike_app;
GRANT SELECT ON TABLE public.ddl_log TO spike_readonly;

GRANT SELECT ON TABLE public.deployment TO spike_app;

GRANT SELECT(one_row) ON TABLE public.deployment TO spike_readonly;

GRANT SELECT(environment) ON TABLE public.deployment TO spike_readonly;

GRANT UPDATE(first_admin_at) ON TABLE public.deployment TO spike_app;
GRANT SELECT(first_admin_at) ON TABLE public.deployment TO spike_readonly;

GRANT UPDATE(user_id_salt_fingerprint) ON TABLE public.deployment TO spike_app;

GRANT UPDATE(maintenance_since) ON TABLE public.deployment TO spike_app;
GRANT SELECT(maintenance_since) ON TABLE public.deployment TO spike_readonly;

GRANT UPDATE(maintenance_message) ON TABLE public.deployment TO spike_app;
GRANT SELECT(maintenance_message) ON TABLE public.deployment TO spike_readonly;

GRANT UPDATE(maintenance_by) ON TABLE public.deployment TO spike_app;
GRANT SELECT(maintenance_by) ON TABLE public.deployment TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_days TO spike_app;
GRANT SELECT ON TABLE public.email_days TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_events TO spike_app;
GRANT SELECT ON TABLE public.email_events TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.email_logs TO spike_app;
GRANT SELECT ON TABLE public.email_logs TO spike_readonly;

GRANT SELECT,INSERT,DELETE ON TABLE public.email_suppressions TO spike_app;
GRANT SELECT ON TABLE public.email_suppressions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.enhanced_images TO spike_app;
GRANT SELECT ON TABLE public.enhanced_images TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.enhancement_pipelines TO spike_app;
GRANT SELECT ON TABLE public.enhancement_pipelines TO spike_readonly;

GRANT SELECT,INSERT,DELETE ON TABLE public.error_logs TO spike_app;
GRANT SELECT ON TABLE public.error_logs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.external_agent_sessions TO spike_app;
GRANT SELECT ON TABLE public.external_agent_sessions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.featured_gallery_items TO spike_app;
GRANT SELECT ON TABLE public.featured_gallery_items TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feedback TO spike_app;
GRANT SELECT ON TABLE public.feedback TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.google_ads_campaigns TO spike_app;
GRANT SELECT ON TABLE public.google_ads_campaigns TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO spike_app;

GRANT SELECT(user_id) ON TABLE public.idempotency_keys TO spike_readonly;

GRANT SELECT(key) ON TABLE public.idempotency_keys TO spike_readonly;

GRANT SELECT(request_hash) ON TABLE public.idempotency_keys TO spike_readonly;

GRANT SELECT(status) ON TABLE public.idempotency_keys TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.idempotency_keys TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.image_enhancement_jobs TO spike_app;
GRANT SELECT ON TABLE public.image_enhancement_jobs TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.incident_updates TO spike_app;
GRANT SELECT ON TABLE public.incident_updates TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.incidents TO spike_app;
GRANT SELECT ON TABLE public.incidents TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_runs TO spike_app;
GRANT SELECT ON TABLE public.job_runs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marketing_accounts TO spike_app;

GRANT SELECT(id) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(user_id) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(platform) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(account_id) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(account_name) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(manager_account_id) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(currency) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(is_active) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(token_key_id) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(revoke_due_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(last_sync_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(next_sync_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(sync_failures) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(last_error) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT(updated_at) ON TABLE public.marketing_accounts TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.marketing_deletion_requests TO spike_app;
GRANT SELECT ON TABLE public.marketing_deletion_requests TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.marketing_leads TO spike_app;

GRANT SELECT(id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(platform) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(external_lead_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(form_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(page_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(campaign_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(ad_group_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(creative_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(click_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(is_test) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(fields_key_id) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(fetch_due_at) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(fetch_attempts) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(last_error) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(submitted_at) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(received_at) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT(erased_at) ON TABLE public.marketing_leads TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marketing_oauth_attempts TO spike_app;

GRANT SELECT(user_id) ON TABLE public.marketing_oauth_attempts TO spike_readonly;

GRANT SELECT(platform) ON TABLE public.marketing_oauth_attempts TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.marketing_oauth_attempts TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.marketing_oauth_attempts TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marketing_webhook_events TO spike_app;
GRANT SELECT ON TABLE public.marketing_webhook_events TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mcp_generation_jobs TO spike_app;
GRANT SELECT ON TABLE public.mcp_generation_jobs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merch_cart_items TO spike_app;
GRANT SELECT ON TABLE public.merch_cart_items TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merch_carts TO spike_app;
GRANT SELECT ON TABLE public.merch_carts TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_categories TO spike_app;
GRANT SELECT ON TABLE public.merch_categories TO spike_readonly;

GRANT SELECT ON TABLE public.merch_countries TO spike_app;
GRANT SELECT ON TABLE public.merch_countries TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_operations TO spike_app;
GRANT SELECT ON TABLE public.merch_operations TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_order_days TO spike_app;
GRANT SELECT ON TABLE public.merch_order_days TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.merch_order_events TO spike_app;
GRANT SELECT ON TABLE public.merch_order_events TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_order_items TO spike_app;
GRANT SELECT ON TABLE public.merch_order_items TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merch_orders TO spike_app;
GRANT SELECT ON TABLE public.merch_orders TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merch_prints TO spike_app;
GRANT SELECT ON TABLE public.merch_prints TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_products TO spike_app;
GRANT SELECT ON TABLE public.merch_products TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_shipments TO spike_app;
GRANT SELECT ON TABLE public.merch_shipments TO spike_readonly;

GRANT SELECT ON TABLE public.merch_shipping_rates TO spike_app;
GRANT SELECT ON TABLE public.merch_shipping_rates TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merch_variants TO spike_app;
GRANT SELECT ON TABLE public.merch_variants TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merch_webhook_events TO spike_app;
GRANT SELECT ON TABLE public.merch_webhook_events TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.metric_samples TO spike_app;
GRANT SELECT ON TABLE public.metric_samples TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.monetization_models TO spike_app;
GRANT SELECT ON TABLE public.monetization_models TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.oauth_attempts TO spike_app;

GRANT SELECT(provider) ON TABLE public.oauth_attempts TO spike_readonly;

GRANT SELECT(callback_url) ON TABLE public.oauth_attempts TO spike_readonly;

GRANT SELECT(referral_code) ON TABLE public.oauth_attempts TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.oauth_attempts TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.oauth_attempts TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.object_deletions TO spike_app;
GRANT SELECT ON TABLE public.object_deletions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.page_views TO spike_app;
GRANT SELECT ON TABLE public.page_views TO spike_readonly;

GRANT SELECT ON TABLE public.partition_policies TO spike_app;
GRANT SELECT ON TABLE public.partition_policies TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pipeline_reference_images TO spike_app;
GRANT SELECT ON TABLE public.pipeline_reference_images TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limits TO spike_app;
GRANT SELECT ON TABLE public.rate_limits TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.referrals TO spike_app;
GRANT SELECT ON TABLE public.referrals TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.requirements TO spike_app;
GRANT SELECT ON TABLE public.requirements TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.restore_runs TO spike_app;
GRANT SELECT ON TABLE public.restore_runs TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO spike_app;

GRANT SELECT(id) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(user_id) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(user_agent) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(ip_address) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(network) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(last_seen_at) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT(revoked_at) ON TABLE public.sessions TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stripe_disputes TO spike_app;
GRANT SELECT ON TABLE public.stripe_disputes TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stripe_events TO spike_app;
GRANT SELECT ON TABLE public.stripe_events TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stripe_operations TO spike_app;
GRANT SELECT ON TABLE public.stripe_operations TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stripe_payments TO spike_app;
GRANT SELECT ON TABLE public.stripe_payments TO spike_readonly;

GRANT SELECT ON TABLE public.subscription_plans TO spike_app;
GRANT SELECT ON TABLE public.subscription_plans TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.subscriptions TO spike_app;
GRANT SELECT ON TABLE public.subscriptions TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.table_maintenance TO spike_app;
GRANT SELECT ON TABLE public.table_maintenance TO spike_readonly;

GRANT SELECT ON TABLE public.tiers TO spike_app;
GRANT SELECT ON TABLE public.tiers TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.token_debts TO spike_app;
GRANT SELECT ON TABLE public.token_debts TO spike_readonly;

GRANT SELECT,INSERT ON TABLE public.token_transactions TO spike_app;
GRANT SELECT ON TABLE public.token_transactions TO spike_readonly;

GRANT SELECT ON TABLE public.tokens_packages TO spike_app;
GRANT SELECT ON TABLE public.tokens_packages TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tracked_urls TO spike_app;
GRANT SELECT ON TABLE public.tracked_urls TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.uploads TO spike_app;
GRANT SELECT ON TABLE public.uploads TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.user_token_balances TO spike_app;
GRANT SELECT ON TABLE public.user_token_balances TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO spike_app;

GRANT SELECT(id) ON TABLE public.users TO spike_readonly;

GRANT SELECT(email) ON TABLE public.users TO spike_readonly;

GRANT SELECT(name) ON TABLE public.users TO spike_readonly;

GRANT SELECT(image) ON TABLE public.users TO spike_readonly;

GRANT SELECT(email_verified) ON TABLE public.users TO spike_readonly;

GRANT SELECT(role) ON TABLE public.users TO spike_readonly;

GRANT SELECT(stripe_customer_id) ON TABLE public.users TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.users TO spike_readonly;

GRANT SELECT(updated_at) ON TABLE public.users TO spike_readonly;

GRANT SELECT(preferences) ON TABLE public.users TO spike_readonly;

GRANT SELECT(signed_out_at) ON TABLE public.users TO spike_readonly;

GRANT SELECT(deleted_at) ON TABLE public.users TO spike_readonly;

GRANT SELECT(referral_code) ON TABLE public.users TO spike_readonly;

GRANT SELECT(referred_by_id) ON TABLE public.users TO spike_readonly;

GRANT SELECT(referral_count) ON TABLE public.users TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.verification_tokens TO spike_app;

GRANT SELECT(id) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(user_id) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(purpose) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(email) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(created_at) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(expires_at) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT(used_at) ON TABLE public.verification_tokens TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.visitor_sessions TO spike_app;
GRANT SELECT ON TABLE public.visitor_sessions TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.visitors TO spike_app;
GRANT SELECT ON TABLE public.visitors TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.voucher_redemptions TO spike_app;
GRANT SELECT ON TABLE public.voucher_redemptions TO spike_readonly;

GRANT SELECT,INSERT,UPDATE ON TABLE public.vouchers TO spike_app;
GRANT SELECT ON TABLE public.vouchers TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.workspace_members TO spike_app;
GRANT SELECT ON TABLE public.workspace_members TO spike_readonly;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.workspaces TO spike_app;
GRANT SELECT ON TABLE public.workspaces TO spike_readonly;

CREATE EVENT TRIGGER ddl_log_commands ON ddl_command_end
   EXECUTE FUNCTION public.log_ddl();

CREATE EVENT TRIGGER ddl_log_drops ON sql_drop
   EXECUTE FUNCTION public.log_ddl();
