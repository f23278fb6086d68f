//! What is known of visits goes after 90 days, what was meant for a while goes with its time.

use serde_json::json;
use tests::{Stack, with_stack};

use crate::{done, five_at_once, run, sum};

/// Months of 91 days ago, and visits: one that is over, one that went on, one of today.
async fn visits(stack: &Stack) {
    stack
        .sql(
            "select make_month_partition(t, (now() - interval '92 days')::date) from unnest(array['page_views', 'analytics_events']) t;
             insert into visitors (id, consented_at, created_at)
             select id, now() - age, now() - age
               from (values ('gone', interval '100 days'), ('came back', interval '100 days'), ('new', interval '1 day'))
                 as v (id, age);
             insert into visitor_sessions (id, visitor_id, started_at, last_activity_at, landing_page, exit_page)
             values ('over', 'gone', now() - interval '91 days', now() - interval '90 days 1 hour', '/', '/'),
                    ('goes on', 'came back', now() - interval '91 days', now() - interval '89 days', '/', '/');
             update visitors set current_session_id = 'over' where id = 'gone';
             insert into page_views (session_id, created_at, id, path)
             values ('over', now() - interval '90 days 1 hour', 'old', '/'), ('goes on', now() - interval '89 days', 'young', '/');
             insert into analytics_events (session_id, created_at, id, name, category)
             values ('over', now() - interval '90 days 1 hour', 'old', 'click', 'x'),
                    ('goes on', now() - interval '89 days 23 hours', 'young', 'click', 'x')",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_visits_go_after_90_days_and_what_was_owed_to_them_stays() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        visits(stack).await;
        stack
            .sql(&format!(
                "begin;
                 insert into campaign_conversions (id, user_id, type, event_key, converted_at)
                 values ('conversion', '{}', 'SIGNUP', 'x', now());
                 insert into campaign_attributions (conversion_id, attribution_type, touch, session_id, platform, utm_campaign)
                 select 'conversion', model, 1, 'over', 'DIRECT', 'spring'
                   from unnest(array['FIRST_TOUCH', 'LAST_TOUCH', 'LINEAR']) model;
                 commit",
                ada.id
            ))
            .await;
        let counts = done(stack, "purge.tracking").await;
        let expected =
            json!({ "pageViews": 1, "analyticsEvents": 1, "visits": 1, "visitors": 1, "deleted": 4, "clean": true });
        assert_eq!(counts, expected);
        for (what, left) in [
            ("select count(*) from page_views where id = 'young'", 1),
            ("select count(*) from analytics_events where id = 'young'", 1),
            ("select count(*) from visitor_sessions where id = 'goes on'", 1),
            ("select count(*) from visitors where id in ('came back', 'new')", 2),
            ("select count(*) from campaign_attributions where session_id is null and utm_campaign = 'spring'", 3),
        ] {
            assert_eq!(stack.number(what).await, left, "{what}");
        }
        assert_eq!(done(stack, "purge.tracking").await["deleted"], 0);
        // Ten days later the rest has its time, too; who came back without a visit stays a while.
        stack.set_clock(10 * 86_400);
        assert_eq!(done(stack, "purge.tracking").await["visits"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_twelve_thousand_pages_go_in_batches_each_once() {
    with_stack(async |stack| {
        visits(stack).await;
        stack
            .sql(
                "insert into page_views (session_id, created_at, id, path)
                 select 'over', now() - interval '90 days 2 hours' + (n / 7) * interval '1 ms', 'n' || n, '/'
                   from generate_series(1, 12000) n",
            )
            .await;
        assert_eq!(sum(&five_at_once(stack, "purge.tracking").await, "pageViews"), 12_001);
        assert_eq!(stack.number("select count(*) from page_views").await, 1);
        assert_eq!(stack.number("select count(*) from visitor_sessions").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_what_was_meant_for_a_while_goes_and_its_objects_with_it() {
    with_stack(async |stack| {
        let id = stack.sign_up("ada").await.id;
        stack
            .sql(&format!(
                "insert into campaign_metrics_cache (cache_key, version, metrics, computed_at, expires_at)
                 values ('old', 1, '{{}}', now(), now() - interval '61 minutes'), ('new', 1, '{{}}', now(), now());
                 insert into marketing_oauth_attempts (state_hash, user_id, browser_hash, platform, created_at, expires_at)
                 values (sha256('old'), '{id}', sha256('x'), 'FACEBOOK', now() - interval '2 hours', now() - interval '61 minutes'),
                        (sha256('new'), '{id}', sha256('x'), 'FACEBOOK', now() - interval '2 hours', now() - interval '59 minutes');
                 insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes,
                                      created_at, expires_at)
                 select n, '{id}', 'IMAGE', 'IMAGES', 'uploads/' || n, 'x.png', 'image/png', 1, now() - interval '1 day', now() - age
                   from (values ('old', interval '61 minutes'), ('new', interval '59 minutes')) v (n, age);
                 insert into merch_prints (user_id, r2_key, width, height, size_bytes, content_type, created_at, expires_at)
                 select '{id}', 'merch/prints/{id}/' || n, 1, 1, 1, 'image/png', now() - interval '1 day', now() - age
                   from (values ('old', interval '61 minutes'), ('new', interval '59 minutes'), ('cart', interval '61 minutes'))
                     v (n, age);
                 insert into merch_carts (user_id, id, created_at) values ('{id}', 'cart', now());
                 begin;
                 set local session_replication_role = replica;
                 insert into merch_cart_items (id, user_id, product_id, uploaded_image_r2_key, created_at)
                 values ('line', '{id}', 'mug', 'merch/prints/{id}/cart', now());
                 commit;
                 insert into merch_webhook_events
                     (provider, event_id, event_type, received_at, payload, outcome, processed_at, next_attempt_at)
                 values ('PRODIGI', 'old', 'x', now() - interval '31 days', '{{}}', 'APPLIED', now(), null),
                        ('PRODIGI', 'open', 'x', now() - interval '31 days', '{{}}', null, null, now()),
                        ('PRODIGI', 'new', 'x', now() - interval '29 days', '{{}}', 'APPLIED', now(), null);
                 insert into marketing_webhook_events (provider, event_id, kind, received_at, payload, outcome, processed_at)
                 values ('FACEBOOK', 'old', 'x', now() - interval '91 days', '{{}}', 'APPLIED', now()),
                        ('FACEBOOK', 'new', 'x', now() - interval '89 days', '{{}}', 'APPLIED', now());
                 insert into email_events (event_id, type, occurred_at, received_at)
                 values ('old', 'OPENED', now(), now() - interval '91 days'), ('new', 'OPENED', now(), now() - interval '89 days')"
            ))
            .await;
        for (job, deleted, left) in [
            ("purge.metrics-cache", 1, "select count(*) from campaign_metrics_cache where cache_key = 'new'"),
            ("purge.marketing-oauth-attempts", 1, "select count(*) from marketing_oauth_attempts where state_hash = sha256('new')"),
            ("purge.uploads", 1, "select count(*) from uploads where id = 'new'"),
            ("purge.merch-prints", 1, "select count(*) from merch_prints where r2_key ~ '(new|cart)$'"),
            ("purge.webhook-events", 2, "select count(*) from merch_webhook_events where event_id in ('new', 'open')"),
            ("purge.email-events", 1, "select count(*) from email_events where event_id = 'new'"),
        ] {
            let stays = stack.number(left).await;
            let result = done(stack, job).await;
            assert_eq!((&result["deleted"], &result["clean"]), (&json!(deleted), &json!(true)), "{job}: {result}");
            assert_eq!(stack.number(left).await, stays, "{job}");
            assert_eq!(run(stack, job).await["result"]["deleted"], 0, "{job}");
        }
        let queued = format!("select count(*) from object_deletions where object_key in ('uploads/old', 'merch/prints/{id}/old')");
        assert_eq!(stack.number(&queued).await, 2);
        assert_eq!(stack.number("select count(*) from object_deletions").await, 2);
    })
    .await;
}
