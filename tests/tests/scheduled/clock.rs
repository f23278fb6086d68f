//! The local clock runs the template's schedules.

use std::time::Duration;

use tests::with_stack;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_every_minute_run_within_one() {
    with_stack(async |stack| {
        let schedules = stack.bundle.run_schedules();
        assert!(schedules.count() > scheduled::jobs::JOBS.len(), "those of other functions, too");
        let ran = "select count(distinct job) from job_runs
                    where job in ('billing.settle', 'mail.deliver') and status = 'SUCCEEDED'";
        while stack.number(ran).await < 2 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
}
