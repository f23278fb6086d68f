//! The history of the jobs, and one run at a time.

use scheduled::jobs::JOBS;
use serde_json::json;
use tests::with_stack;

use crate::{done, five_at_once, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_job_runs_and_its_run_is_written_down() {
    with_stack(async |stack| {
        for job in JOBS {
            let answer = run(stack, job.name).await;
            assert_eq!((&answer["status"], &answer["job"]), (&json!("SUCCEEDED"), &json!(job.name)), "{answer}");
            assert!(answer["result"].is_object() && answer["error"].is_null(), "{answer}");
            let row = format!(
                "select count(*) from job_runs
                  where id = '{}' and job = '{}' and status = 'SUCCEEDED' and result = '{}'
                    and started_at <= finished_at and error is null",
                answer["runId"].as_str().unwrap(),
                job.name,
                answer["result"]
            );
            assert_eq!(stack.number(&row).await, 1, "{answer}");
        }
        let metrics: Vec<_> = stack.metrics("scheduled").into_iter().filter(|line| line["Job"].is_string()).collect();
        assert_eq!(metrics.len(), JOBS.len());
        assert!(metrics.iter().all(|line| line["Function"] == "scheduled" && line["JobFailed"] == 0), "{metrics:?}");
        assert_eq!(metrics[0]["ColdStart"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_job_is_refused() {
    with_stack(async |stack| {
        for (event, said) in [
            (json!({ "job": "purge.everything" }), "there is no job purge.everything"),
            (json!({}), "missing field `job`"),
            (json!({ "job": "mail.deliver", "batch": 9 }), "unknown field `batch`"),
        ] {
            let error = stack.bundle.invoke("scheduled", event).await.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(stack.number("select count(*) from job_runs").await, 0);
        done(stack, "mail.deliver").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_skipped_while_one_is_under_way() {
    with_stack(async |stack| {
        stack
            .sql(
                "insert into job_runs (id, job, started_at, ends_by)
                 values ('run_other', 'mail.deliver', now(), now() + interval '70 seconds')",
            )
            .await;
        let answers = futures_util::future::join_all((0..5).map(|_| run(stack, "mail.deliver"))).await;
        assert!(answers.iter().all(|answer| answer["status"] == "SKIPPED"), "{answers:?}");
        assert_eq!(stack.number("select count(*) from job_runs where status = 'SKIPPED'").await, 5);
        // Another job has its own place.
        done(stack, "purge.rate-limits").await;

        // Nobody ends the first: it was killed.
        stack.set_clock(71);
        done(stack, "mail.deliver").await;
        let killed = "select count(*) from job_runs
                       where id = 'run_other' and status = 'FAILED' and error like 'killed%' and finished_at is not null";
        assert_eq!(stack.number(killed).await, 1);
        assert_eq!(stack.number("select count(*) from job_runs where status = 'RUNNING'").await, 0);
        assert!(stack.bundle.log_lines("scheduled").iter().any(|line| line.contains("the run before was killed")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_at_once_are_one_after_another_or_skipped() {
    with_stack(async |stack| {
        let worked = five_at_once(stack, "purge.rate-limits").await.len();
        let worked = i64::try_from(worked).unwrap();
        assert_eq!(stack.number("select count(*) from job_runs where status = 'SUCCEEDED'").await, worked);
        assert_eq!(stack.number("select count(*) from job_runs where status = 'SKIPPED'").await, 5 - worked);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_says_why_and_stops_no_other() {
    with_stack(async |stack| {
        stack.sql("revoke delete on sessions from spike_app").await;
        let failed = run(stack, "purge.sessions").await;
        let error = failed["error"].as_str().unwrap();
        assert!(failed["status"] == "FAILED" && error.starts_with("unavailable: "), "{failed}");
        let row =
            "select count(*) from job_runs where job = 'purge.sessions' and status = 'FAILED' and error is not null";
        assert_eq!(stack.number(row).await, 1);
        assert_eq!(stack.metrics("scheduled").last().unwrap()["JobFailed"], 1);
        for job in JOBS.iter().filter(|job| job.name != "purge.sessions") {
            done(stack, job.name).await;
        }
        // Its cause is in the log, and nothing that opens a door.
        let log = stack.bundle.log_lines("scheduled").join("\n");
        assert!(log.contains("42501"), "{log}");
        let password = stack.pooled_url.split(['/', ':', '@']).nth(4).unwrap();
        for secret in [password, tests::AUTH_SECRET, local::stripe_stand_in::KEY] {
            assert!(secret.len() > 3 && !log.contains(secret) && !error.contains(secret), "{secret}");
        }
        stack.sql("grant delete on sessions to spike_app").await;
        done(stack, "purge.sessions").await;
    })
    .await;
}

/// What cannot be written down is not done, and Lambda repeats it.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_history_no_job_runs() {
    with_stack(async |stack| {
        stack.sql("alter table job_runs rename to elsewhere").await;
        let error = stack.bundle.invoke("scheduled", json!({ "job": "mail.deliver" })).await.unwrap_err().to_string();
        assert!(error.contains("could not be written down"), "{error}");
        stack.sql("alter table elsewhere rename to job_runs").await;
        done(stack, "mail.deliver").await;
    })
    .await;
}

/// The alerts go on: whoever has stopped the writing wants to see how it stands.
#[tokio::test(flavor = "multi_thread")]
async fn ops_56_during_maintenance_only_the_alerts_run() {
    with_stack(async |stack| {
        stack.sql("update deployment set maintenance_since = now()").await;
        assert_eq!(run(stack, "billing.settle").await["status"], "SKIPPED");
        assert_eq!(stack.number("select count(*) from job_runs where status = 'SKIPPED'").await, 1);
        done(stack, "alerts.evaluate").await;
        stack.sql("update deployment set maintenance_since = null").await;
        done(stack, "billing.settle").await;
    })
    .await;
}
