//! Mails that their requests could not send.

use tests::{Stack, with_stack};

use crate::{done, five_at_once, sum};

async fn waiting(stack: &Stack, count: u32) {
    stack
        .sql(&format!(
            "insert into email_logs (id, recipient, template, subject, next_attempt_at, created_at)
             select 'eml_' || n, 'ada' || n || '@example.com', 'test', 'A test',
                    now() - interval '1 minute', now() - interval '1 minute'
               from generate_series(1, {count}) n"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_due_leaves_in_one_run() {
    with_stack(async |stack| {
        waiting(stack, 120).await;
        let result = done(stack, "mail.deliver").await;
        assert_eq!((&result["sent"], &result["postponed"], &result["failed"]), (&120.into(), &0.into(), &0.into()));
        assert_eq!(stack.letters().await.len(), 120);
        assert_eq!(done(stack, "mail.deliver").await["sent"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_at_once_send_each_mail_once() {
    with_stack(async |stack| {
        waiting(stack, 100).await;
        let worked = five_at_once(stack, "mail.deliver").await;
        assert_eq!(sum(&worked, "sent"), 100);
        assert_eq!(stack.letters().await.len(), 100);
    })
    .await;
}

/// A mail can go out twice, never not at all.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_no_mail_is_lost() {
    with_stack(async |stack| {
        waiting(stack, 200).await;
        let sent = "select count(*) from email_logs where status = 'SENT'";
        let killer = async {
            while stack.number(sent).await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            stack.bundle.kill("scheduled");
        };
        let invoked = stack.bundle.invoke("scheduled", serde_json::json!({ "job": "mail.deliver" }));
        let (_, ()) = tokio::join!(invoked, killer);
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        stack.set_clock(180);
        done(stack, "mail.deliver").await;
        assert_eq!(stack.number(sent).await, 200);
        let letters = stack.letters().await;
        let mut people: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), 200);
    })
    .await;
}
