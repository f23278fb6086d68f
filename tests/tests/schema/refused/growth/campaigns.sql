-- refused: traffic_platform_known
insert into campaign_attributions (conversion_id, attribution_type, touch, platform) values ('c1', 'LINEAR', 4, 'TIKTOK');
-- refused: attribution_type_known
insert into campaign_attributions (conversion_id, attribution_type, touch, platform) values ('c1', 'MIDDLE', 1, 'DIRECT');
-- refused: visitors_id_length
insert into visitors (id, consented_at, created_at) values (repeat('x', 129), now(), now());
-- refused: visitor_sessions_visitor_id_fkey
insert into visitor_sessions (id, visitor_id, started_at, last_activity_at, landing_page, exit_page) values ('s2', 'nobody', now(), now(), '/', '/');
-- refused: visitors_current_session_id_fkey
update visitors set current_session_id = 'nothing' where id = 'v1';
-- refused: visitor_sessions_activity_follows_start
update visitor_sessions set last_activity_at = started_at - interval '1 second' where id = 's1';
-- refused: visitor_sessions_end_follows_start
update visitor_sessions set ended_at = started_at - interval '1 second' where id = 's1';
-- refused: visitor_sessions_page_views_not_negative
update visitor_sessions set page_view_count = -1 where id = 's1';
-- refused: visitor_sessions_ip_country_is_iso_3166
update visitor_sessions set ip_country = 'gb' where id = 's1';
-- refused: visitor_sessions_page_length
update visitor_sessions set exit_page = repeat('x', 2049) where id = 's1';
-- refused: visitor_sessions_campaign_length
update visitor_sessions set gclid = repeat('x', 256) where id = 's1';
-- refused: page_views_session_id_fkey
insert into page_views (session_id, created_at, id, path) values ('s9', now(), 'pv', '/');
-- refused: page_views_time_on_page_range
insert into page_views (session_id, created_at, id, path, time_on_page_seconds) values ('s1', now(), 'pv', '/', 86401);
-- refused: page_views_scroll_depth_range
insert into page_views (session_id, created_at, id, path, scroll_depth_percent) values ('s1', now(), 'pv', '/', 101);
-- refused: analytics_events_value_is_finite
insert into analytics_events (session_id, created_at, id, name, category, value) values ('s1', now(), 'e', 'x', 'c', 'NaN');
-- refused: analytics_events_metadata_is_small
insert into analytics_events (session_id, created_at, id, name, category, metadata) values ('s1', now(), 'e', 'x', 'c', '[]');
-- refused: campaign_conversions_event_key_key
insert into campaign_conversions (id, user_id, type, event_key, value_minor, currency, converted_at) values ('c2', 'u1', 'PURCHASE', 'cs_1', 100, 'gbp', now());
-- refused: campaign_conversions_value_fits_type
insert into campaign_conversions (id, user_id, type, event_key, value_minor, currency, converted_at) values ('c2', 'u1', 'ENHANCEMENT', 'j', 2, 'gbp', now());
-- refused: campaign_conversions_value_not_negative
insert into campaign_conversions (id, user_id, type, event_key, value_minor, currency, converted_at) values ('c2', 'u1', 'PURCHASE', 'cs_2', -1, 'gbp', now());
-- refused: campaign_attributions_add_up
insert into campaign_conversions (id, user_id, type, event_key, converted_at) values ('c2', 'u1', 'SIGNUP', 'u1', now());
-- refused: campaign_attributions_add_up
update campaign_attributions set share_minor = 35 where conversion_id = 'c1' and attribution_type = 'LINEAR' and touch = 1;
-- refused: campaign_attributions_add_up
insert into campaign_attributions (conversion_id, attribution_type, touch, platform, share_minor) values ('c1', 'LINEAR', 5, 'DIRECT', 0);
-- refused: campaign_attributions_touch_fits_type
insert into campaign_attributions (conversion_id, attribution_type, touch, platform, share_minor) values ('c1', 'FIRST_TOUCH', 2, 'DIRECT', 0);
-- refused: campaign_attributions_pkey
insert into campaign_attributions (conversion_id, attribution_type, touch, platform, share_minor) values ('c1', 'LAST_TOUCH', 1, 'DIRECT', 100);
-- refused: campaign_links_utm_campaign_key
insert into campaign_links (id, utm_campaign, platform, external_campaign_id, created_at) values ('l2', 'brand', 'GOOGLE_ADS', '2', now());
-- refused: campaign_links_google_id_is_a_number
insert into campaign_links (id, utm_campaign, platform, external_campaign_id, created_at) values ('l2', 'b', 'GOOGLE_ADS', '1 or 1=1', now());
-- refused: campaign_metrics_cache_computed_or_under_way
insert into campaign_metrics_cache (cache_key, version, expires_at) values ('k', 1, now());
