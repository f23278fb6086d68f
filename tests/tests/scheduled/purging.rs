//! Rows that nobody needs any more go, the others stay.

use std::time::Duration;

use tests::{Stack, with_stack};
use tokio::time::{Instant, sleep};

use crate::{done, five_at_once, run, sum};

/// Sessions of one person that ended `days` ago.
async fn ended_sessions(stack: &Stack, user_id: &str, count: u32, days: u32) {
    stack
        .sql(&format!(
            "insert into sessions (id, user_id, token_hash, created_at, expires_at)
             select 'ses_{days}_' || n, '{user_id}', sha256(('{days}:' || n)::bytea),
                    now() - interval '{days} days' - interval '30 days', now() - interval '{days} days'
               from generate_series(1, {count}) n"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_what_is_over_for_long_enough_goes() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        ended_sessions(stack, &ada.id, 1, 29).await;
        ended_sessions(stack, &ada.id, 1, 31).await;
        let id = &ada.id;
        stack
            .sql(&format!(
                "delete from verification_tokens;
                 delete from rate_limits;
                 insert into idempotency_keys (user_id, key, request_hash, created_at)
                 values ('{id}', 'old', sha256('x'), now() - interval '31 days'),
                        ('{id}', 'new', sha256('x'), now() - interval '29 days');
                 insert into rate_limits (key, hits, window_ends_at)
                 values (sha256('old'), 1, now() - interval '61 minutes'), (sha256('new'), 1, now() - interval '59 minutes');
                 insert into oauth_attempts
                     (state_hash, browser_hash, provider, code_verifier, nonce, callback_url, created_at, expires_at)
                 values (sha256('old'), sha256('x'), 'github', 'x', 'x', 'x', now(), now() - interval '61 minutes'),
                        (sha256('new'), sha256('x'), 'github', 'x', 'x', 'x', now(), now() - interval '59 minutes');
                 insert into verification_tokens (id, user_id, purpose, email, token_hash, created_at, expires_at)
                 values ('old', '{id}', 'VERIFY_EMAIL', 'a@b.c', sha256('old'), now(), now() - interval '8 days'),
                        ('new', '{id}', 'VERIFY_EMAIL', 'a@b.c', sha256('new'), now(), now() - interval '6 days');
                 insert into job_runs (id, job, started_at, ends_by, finished_at, status)
                 values ('old', 'x', now() - interval '31 days', now(), now(), 'SUCCEEDED'),
                        ('new', 'x', now() - interval '29 days', now(), now(), 'SUCCEEDED');
                 select make_month_partition('error_logs', (now() - interval '31 days')::date);
                 insert into error_logs (created_at, id, environment, message)
                 values (now() - interval '30 days 1 minute', 'old', 'BACKEND', 'x'),
                        (now() - interval '29 days 23 hours', 'new', 'BACKEND', 'x');
                 insert into alert_states (rule, since, threshold, evaluated_at) values ('x', now(), 1, now());
                 insert into alert_events (rule, id, from_state, to_state, threshold, created_at)
                 select 'x', id, 'OK', 'FIRING', 1, now() from unnest(array['old', 'new', 'due']) id;
                 insert into alert_outbox
                     (id, rule, event_id, channel, payload, status, next_attempt_at, created_at, sent_at)
                 values ('old', 'x', 'old', 'SNS', '{{}}', 'SENT', null, now() - interval '31 days', now()),
                        ('new', 'x', 'new', 'SNS', '{{}}', 'FAILED', null, now() - interval '29 days', null),
                        ('due', 'x', 'due', 'SNS', '{{}}', 'PENDING', now(), now() - interval '31 days', null)"
            ))
            .await;
        for (job, left) in [
            ("purge.sessions", "select count(*) from sessions where id like 'ses_29%' or expires_at > now()"),
            ("purge.idempotency-keys", "select count(*) from idempotency_keys where key = 'new'"),
            ("purge.rate-limits", "select count(*) from rate_limits where key = sha256('new')"),
            ("purge.oauth-attempts", "select count(*) from oauth_attempts where state_hash = sha256('new')"),
            ("purge.verification-tokens", "select count(*) from verification_tokens where id = 'new'"),
            ("purge.job-runs", "select count(*) from job_runs where id = 'new'"),
            ("purge.error-logs", "select count(*) from error_logs where id = 'new'"),
            ("purge.alert-outbox", "select count(*) from alert_outbox where id in ('new', 'due')"),
        ] {
            let stays = stack.number(left).await;
            let result = done(stack, job).await;
            assert_eq!((&result["deleted"], &result["clean"]), (&1.into(), &true.into()), "{job}");
            assert_eq!(stack.number(left).await, stays, "{job}");
        }
        assert_eq!(stack.balance(&ada).await["balance"], 10, "the session in use works");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_a_hundred_thousand_go_in_batches_that_hold_nobody_up() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        ended_sessions(stack, &ada.id, 100_000, 40).await;
        stack.sql("analyze sessions").await;
        let began = Instant::now();
        let worked = five_at_once(stack, "purge.sessions").await;
        println!("100,000 sessions deleted by five at once in {:?}", began.elapsed());
        assert_eq!(sum(&worked, "deleted"), 100_000, "each once: {worked:?}");
        assert_eq!(stack.number("select count(*) from sessions").await, 1);
        stack.balance(&ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_is_killed_leaves_whole_batches_and_the_next_goes_on() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        ended_sessions(stack, &ada.id, 100_000, 40).await;
        let left = "select count(*) from sessions where id like 'ses_40%'";
        let killer = async {
            while stack.number(left).await == 100_000 {
                sleep(Duration::from_millis(5)).await;
            }
            stack.bundle.kill("scheduled");
        };
        let invoked = stack.bundle.invoke("scheduled", serde_json::json!({ "job": "purge.sessions" }));
        let (answer, ()) = tokio::join!(invoked, killer);
        answer.unwrap_err();
        // What it had sent may still be at work.
        sleep(Duration::from_millis(500)).await;
        let rest = stack.number(left).await;
        assert!(rest > 0 && rest % 5_000 == 0, "{rest} are left");

        // Nobody knows yet that it was killed.
        assert_eq!(run(stack, "purge.sessions").await["status"], "SKIPPED");
        stack.set_clock(631);
        assert_eq!(done(stack, "purge.sessions").await["deleted"], rest);
        assert_eq!(stack.number(left).await, 0);
        let history = "select count(*) from job_runs where job = 'purge.sessions' and status = 'FAILED'";
        assert_eq!(stack.number(history).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_46_twenty_thousand_errors_go_in_batches_also_those_of_one_moment() {
    with_stack(async |stack| {
        stack
            .sql(
                "select make_month_partition('error_logs', (now() - interval '31 days')::date);
                 insert into error_logs (created_at, id, environment, message)
                 select now() - interval '30 days 1 hour' + (n / 7) * interval '1 ms', 'err_' || n, 'FRONTEND', 'x'
                   from generate_series(1, 20000) n;
                 insert into error_logs (created_at, id, environment, message) values (now(), 'new', 'BACKEND', 'x')",
            )
            .await;
        assert_eq!(sum(&five_at_once(stack, "purge.error-logs").await, "deleted"), 20_000);
        assert_eq!(stack.number("select count(*) from error_logs").await, 1);
    })
    .await;
}

/// A row that somebody works with is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_is_left_for_the_next_run() {
    with_stack(async |stack| {
        let ada = stack.sign_up("ada").await;
        ended_sessions(stack, &ada.id, 3, 40).await;
        stack.sql("begin; select from sessions where id = 'ses_40_2' for update").await;
        assert_eq!(done(stack, "purge.sessions").await["deleted"], 2);
        stack.sql("rollback").await;
        assert_eq!(done(stack, "purge.sessions").await["deleted"], 1);
    })
    .await;
}
