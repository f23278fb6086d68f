//! What the jobs look for they find by an index, however much else there is.

use scheduled::{debts, purge, referrals};
use shared::{deletion, stripe};
use tests::{Stack, with_stack};

/// The plan of a statement whose parameters are these.
async fn plan(stack: &Stack, sql: &str, parameters: &[&str]) -> String {
    let numbered = parameters.iter().enumerate().rev();
    let sql = numbered.fold(sql.to_owned(), |sql, (at, value)| sql.replace(&format!("${}", at + 1), value));
    let rows = stack.database.query_typed(&format!("explain {sql}"), &[]).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_searched_from_end_to_end() {
    with_stack(async |stack| {
        stack
            .sql(
                "insert into users (id, email, email_verified, created_at)
                 select 'user_' || n, 'u' || n || '@example.com', now(), now() from generate_series(1, 20000) n;
                 insert into sessions (id, user_id, token_hash, created_at, expires_at)
                 select 'ses_' || n, 'user_' || n, sha256(n::text::bytea), now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into idempotency_keys (user_id, key, request_hash, created_at)
                 select 'user_' || n, 'key', sha256('x'), now() from generate_series(1, 20000) n;
                 insert into rate_limits (key, hits, window_ends_at)
                 select sha256(n::text::bytea), 1, now() + interval '1 day' from generate_series(1, 20000) n;
                 insert into oauth_attempts
                     (state_hash, browser_hash, provider, code_verifier, nonce, callback_url, created_at, expires_at)
                 select sha256(n::text::bytea), sha256('x'), 'github', 'x', 'x', 'x', now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into verification_tokens (id, user_id, purpose, email, token_hash, created_at, expires_at)
                 select 'ver_' || n, 'user_' || n, 'VERIFY_EMAIL', 'x', sha256(n::text::bytea), now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into job_runs (id, job, started_at, ends_by, finished_at, status)
                 select 'run_' || n, 'x', now(), now() + interval '1 day', now(), 'SUCCEEDED'
                   from generate_series(1, 20000) n;
                 insert into alert_states (rule, since, threshold, evaluated_at) values ('x', now(), 1, now());
                 insert into alert_events (rule, id, from_state, to_state, threshold, created_at)
                 select 'x', 'ale_' || n, 'OK', 'FIRING', 1, now() from generate_series(1, 20000) n;
                 insert into alert_outbox (id, rule, event_id, channel, payload, status, created_at, sent_at)
                 select 'out_' || n, 'x', 'ale_' || n, 'SNS', '{}', 'SENT', now(), now() from generate_series(1, 20000) n;
                 insert into visitors (id, consented_at, created_at)
                 select 'v' || n, now(), now() from generate_series(1, 20000) n;
                 insert into visitor_sessions (id, visitor_id, started_at, last_activity_at, landing_page, exit_page)
                 select 's' || n, 'v' || n, now(), now(), '/', '/' from generate_series(1, 20000) n;
                 insert into campaign_metrics_cache (cache_key, version, metrics, computed_at, expires_at)
                 select 'c' || n, 1, '{}', now(), now() + interval '1 day' from generate_series(1, 20000) n;
                 insert into marketing_oauth_attempts (state_hash, user_id, browser_hash, platform, created_at, expires_at)
                 select sha256(n::text::bytea), 'user_1', sha256('x'), 'FACEBOOK', now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into uploads (id, user_id, purpose, bucket, object_key, file_name, content_type, declared_bytes,
                                      created_at, expires_at)
                 select n, 'user_1', 'IMAGE', 'IMAGES', 'uploads/' || n, 'x.png', 'image/png', 1, now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into merch_prints (user_id, r2_key, width, height, size_bytes, content_type, created_at, expires_at)
                 select 'user_1', 'merch/prints/user_1/' || n, 1, 1, 1, 'image/png', now(), now() + interval '1 day'
                   from generate_series(1, 20000) n;
                 insert into merch_webhook_events (provider, event_id, event_type, received_at, payload, outcome, processed_at)
                 select 'PRODIGI', n, 'x', now(), '{}', 'APPLIED', now() from generate_series(1, 20000) n;
                 insert into marketing_webhook_events (provider, event_id, kind, received_at, payload, outcome, processed_at)
                 select 'FACEBOOK', n, 'x', now(), '{}', 'APPLIED', now() from generate_series(1, 20000) n;
                 insert into email_events (event_id, type, occurred_at, received_at)
                 select n, 'OPENED', now(), now() from generate_series(1, 20000) n;
                 insert into error_logs (created_at, id, environment, message)
                 select now(), 'err_' || n, 'BACKEND', 'x' from generate_series(1, 20000) n;
                 insert into referrals (id, referrer_id, referee_id, status, invalid_reason, created_at)
                 select 'ref_' || n, 'user_1', 'user_' || n, 'INVALID', 'x', now() from generate_series(2, 20000) n;
                 insert into stripe_operations (id, user_id, kind, status, created_at)
                 select 'op_' || n, 'user_' || n, 'RESUME', 'DONE', now() from generate_series(1, 20000) n;
                 insert into subscriptions
                     (user_id, stripe_subscription_id, status, plan_code, changed_at, changed_by, created_at)
                 select 'user_' || n, 'sub_' || n, 'ACTIVE', 'hobby', now(), 'x', now() from generate_series(1, 20000) n;
                 insert into user_token_balances
                     (user_id, balance, last_regeneration, total_earned, transaction_count, created_at)
                 select 'user_' || n, 1, now(), 1, 1, now() from generate_series(1, 20000) n;
                 insert into token_debts (id, user_id, cause, tokens, created_at, collected, settled_at)
                 select 'debt_' || n, 'user_' || n, 'x', 1, now(), 1, now() from generate_series(1, 20000) n;
                 analyze",
            )
            .await;
        let before = "now() - interval '1 day'";
        for purge in purge::INDEXED {
            let plan = plan(stack, purge.sql, &[before, "5000"]).await;
            assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{plan}");
        }
        let errors = plan(stack, purge::ERROR_LOGS.sql, &[before, "5000"]).await;
        let this_month = stack.database.query_typed("select to_char(now() at time zone 'UTC', 'YYYY_MM')", &[]).await;
        let this_month = format!("Seq Scan on error_logs_{}", this_month.unwrap()[0].get::<_, String>(0));
        assert!(errors.contains("error_logs_") && !errors.contains(&this_month), "{errors}");
        for (purge, index) in [
            (&purge::PAGE_VIEWS, "page_views_"),
            (&purge::ANALYTICS_EVENTS, "analytics_events_"),
            (&purge::VISITS, "visitor_sessions_started_at_idx"),
            (&purge::VISITORS, "visitors_created_at_idx"),
            (&purge::MERCH_PRINTS, "merch_prints_expires_at_idx"),
        ] {
            let plan = plan(stack, purge.sql, &[before, "5000"]).await;
            assert!(plan.contains(index), "{plan}");
        }
        for (sql, parameters, index) in [
            (referrals::PROVED, ["''", "100"], "referrals_pending_idx"),
            (debts::DEBTORS, ["''", "100"], "token_debts_open_idx"),
            (stripe::TAKE, ["now()", ""], "stripe_operations_due_idx"),
            (deletion::LEFTOVER, [before, "now()"], "users_deleted_at_idx"),
        ] {
            let plan = plan(stack, sql, &parameters).await;
            assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{plan}");
        }
        stack.sql("truncate users cascade").await;
    })
    .await;
}
