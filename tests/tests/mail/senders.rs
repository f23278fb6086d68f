//! Several senders, and senders that die.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use shared::mail::{Delivered, TemplateName};

use crate::office::{SENDER, database, mailer, with_office};

#[tokio::test(flavor = "multi_thread")]
async fn two_who_are_told_to_send_a_mail_send_it_once() {
    with_office(async |office| {
        let id = office.write(TemplateName::VerifyEmail, "ada@example.com", office.now).await;
        let ids = [id.clone()];
        let (other, connection) = (mailer(&office.server.url(), SENDER), database(&office.stack.pooled_url));
        let both = [(&office.mailer, &office.database), (&other, &connection)];
        join_all(both.map(|(mailer, database)| mailer.deliver(database, &ids, office.now))).await;
        let standing = office.standing(&id).await;
        assert_eq!((standing.status.as_str(), standing.attempts), ("SENT", 1), "{standing:?}");
        assert_eq!(office.server.letters().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_once_send_each_mail_once() {
    with_office(async |office| {
        for number in 0..24 {
            office.write(TemplateName::Test, &format!("person{number}@example.com"), office.now).await;
        }
        let senders = (0..6).map(|_| {
            let (mailer, database) = (mailer(&office.server.url(), SENDER), database(&office.stack.pooled_url));
            let later = office.after(10);
            async move {
                let mut sent = 0;
                loop {
                    let delivered = mailer.deliver_due(&database, 2, later).await.unwrap();
                    assert_eq!((delivered.postponed, delivered.failed), (0, 0));
                    match delivered.sent {
                        0 => return sent,
                        more => sent += more,
                    }
                }
            }
        });
        let sent: Vec<u32> = join_all(senders).await;
        assert_eq!(sent.iter().sum::<u32>(), 24, "{sent:?}");
        let recipients: Vec<_> = office.server.letters().await.into_iter().map(|letter| letter.recipients).collect();
        let different: BTreeSet<_> = recipients.iter().collect();
        assert_eq!((recipients.len(), different.len()), (24, 24), "{recipients:?}");
        assert_eq!(
            office.stack.number("select count(*) from email_logs where status = 'SENT' and attempts = 1").await,
            24
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_its_request_never_sent_is_picked_up_by_the_schedule() {
    with_office(async |office| {
        let id = office.write(TemplateName::VerifyEmail, "ada@example.com", office.now).await;
        let due = async |seconds| office.mailer.deliver_due(&office.database, 10, office.after(seconds)).await.unwrap();
        assert_eq!(due(9).await, Delivered::default(), "its request has a head start");
        assert_eq!(due(10).await, Delivered { sent: 1, ..Delivered::default() });
        assert_eq!(due(100_000).await, Delivered::default());
        assert_eq!(office.standing(&id).await.status, "SENT");
        assert_eq!(office.server.letters().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_takes_two_overdue_mails_along() {
    with_office(async |office| {
        for number in 0..4 {
            office.write(TemplateName::Test, &format!("overdue{number}@example.com"), office.after(number)).await;
        }
        let own = office.write(TemplateName::Test, "ada@example.com", office.after(60)).await;
        office.write(TemplateName::Test, "fresh@example.com", office.after(60)).await;
        office.mailer.deliver(&office.database, &[own], office.after(60)).await;
        let mut recipients: Vec<_> =
            office.server.letters().await.into_iter().map(|letter| letter.recipients).collect();
        recipients.sort();
        assert_eq!(recipients, ["ada@example.com", "overdue0@example.com", "overdue1@example.com"]);
    })
    .await;
}

/// As after a crash between the two: never not at all, rather twice, and the two are one to a mail client.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_sent_and_not_marked_is_sent_again_under_the_same_id() {
    with_office(async |office| {
        let id = office.send(TemplateName::Test, "ada@example.com").await;
        office.stack.sql("update email_logs set status = 'PENDING', next_attempt_at = now()").await;
        office.mailer.deliver_due(&office.database, 10, office.after(120)).await.unwrap();
        let letters = office.server.letters().await;
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].header("message-id"), letters[1].header("message-id"));
        assert_eq!(letters[0].header("date"), letters[1].header("date"));
        assert_eq!(office.standing(&id).await.status, "SENT");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_may_not_remove_or_forge_what_others_need() {
    with_office(async |office| {
        office.send(TemplateName::Test, "ada@example.com").await;
        let functions = local::connection::Connection::open(&office.stack.pooled_url).await.unwrap();
        let error = functions.batch_execute("delete from email_logs").await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501");
    })
    .await;
}
