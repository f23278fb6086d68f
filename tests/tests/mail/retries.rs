//! A mail server that is away, slow or back; and mails that nobody needs any more.

use shared::mail::{Delivered, TemplateName};

use crate::office::{Standing, with_office};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_mails_wait_and_leave_when_it_is_back() {
    with_office(async |office| {
        office.server.stop().await;
        let id = office.send(TemplateName::VerifyEmail, "ada@example.com").await;
        let first = office.standing(&id).await;
        assert_eq!((first.status.as_str(), first.attempts, first.next_attempt_after), ("PENDING", 1, Some(60)));
        assert!(first.error.contains("onnection"), "{first:?}");

        let due = async |seconds| office.mailer.deliver_due(&office.database, 10, office.after(seconds)).await.unwrap();
        assert_eq!(due(59).await, Delivered::default());
        assert_eq!(due(60).await, Delivered { postponed: 1, ..Delivered::default() });
        assert_eq!(office.standing(&id).await.next_attempt_after, Some(60 + 120));

        office.server.restart().await;
        let due = async |seconds| office.mailer.deliver_due(&office.database, 10, office.after(seconds)).await.unwrap();
        assert_eq!(due(179).await, Delivered::default());
        assert_eq!(due(180).await, Delivered { sent: 1, ..Delivered::default() });
        let sent = office.standing(&id).await;
        assert_eq!((sent.status.as_str(), sent.attempts, sent.error.as_str()), ("SENT", 3, ""));
        let letters = office.server.letters().await;
        assert_eq!(letters.len(), 1);
        // The link was made anew, and says how long it works from now on.
        assert!(letters[0].token("verify-email").is_some() && letters[0].text.contains("23 hours"), "{letters:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_eight_attempts_a_mail_is_given_up() {
    with_office(async |office| {
        office.server.stop().await;
        let id = office.send(TemplateName::Test, "ada@example.com").await;
        let mut pauses = Vec::new();
        let mut at = 0;
        while let Some(next) = office.standing(&id).await.next_attempt_after {
            pauses.push((next - at) / 60);
            at = next;
            let now = office.after(u64::try_from(at).unwrap());
            office.mailer.deliver_due(&office.database, 10, now).await.unwrap();
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64]);
        let given_up = office.standing(&id).await;
        assert_eq!((given_up.status.as_str(), given_up.attempts), ("FAILED", 8));
        office.server.restart().await;
        let due = office.mailer.deliver_due(&office.database, 10, office.after(1_000_000)).await.unwrap();
        assert_eq!(due, Delivered::default());
    })
    .await;
}

/// The request is answered, and the mails behind the slow one have lost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_is_waited_for_once() {
    with_office(async |office| {
        let mut ids = Vec::new();
        for (recipient, seconds) in [("first", 0), ("slow", 1), ("next", 2), ("last", 3)] {
            let recipient = format!("{recipient}@example.com");
            ids.push(office.write(TemplateName::Test, &recipient, office.after(seconds)).await);
        }
        office.mailer.deliver(&office.database, &ids, office.after(3)).await;
        let slow = office.standing(&ids[1]).await;
        assert_eq!((slow.status.as_str(), slow.attempts, slow.error.as_str()), ("PENDING", 1, "no answer within 1s"));
        for id in &ids[2..] {
            let untried = office.standing(id).await;
            assert_eq!((untried.status.as_str(), untried.attempts, untried.error.as_str()), ("PENDING", 0, ""));
        }
        assert_eq!(office.standing(&ids[0]).await.status, "SENT");
        office.mailer.deliver(&office.database, &ids, office.after(4)).await;
        assert_eq!(office.standing(&ids[3]).await.status, "SENT");
        assert_eq!(office.server.letters().await.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_used_or_has_ended_is_not_sent_any_more() {
    with_office(async |office| {
        let mut ids = Vec::new();
        for recipient in ["used", "ended", "gone", "kept"] {
            let recipient = format!("{recipient}@example.com");
            ids.push(office.write(TemplateName::VerifyEmail, &recipient, office.now).await);
        }
        for sql in [
            "update verification_tokens set used_at = now() where email like 'used%'",
            "update verification_tokens set expires_at = created_at where email like 'ended%'",
            "delete from verification_tokens where email like 'gone%'",
        ] {
            office.stack.sql(sql).await;
        }
        let due = office.mailer.deliver_due(&office.database, 10, office.after(10)).await.unwrap();
        assert_eq!(due, Delivered { sent: 1, postponed: 0, failed: 3 });
        for id in &ids[..3] {
            let given_up = Standing {
                status: "FAILED".to_owned(),
                attempts: 1,
                next_attempt_after: None,
                error: "no longer needed".to_owned(),
                message_id: None,
            };
            assert_eq!(office.standing(id).await, given_up);
        }
        assert_eq!(office.server.letters().await.len(), 1);
    })
    .await;
}
