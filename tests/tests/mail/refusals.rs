//! What a mail server refuses, and what we do not even offer it.

use shared::mail::{Delivered, TemplateName};
use tests::MailServer;

use crate::office::{SENDER, mailer, with_office};

#[tokio::test(flavor = "multi_thread")]
async fn only_a_recipient_that_is_refused_for_ever_is_given_up() {
    with_office(async |office| {
        let mut ids = Vec::new();
        for recipient in ["nobody@example.com", "busy@example.com", "ada@example.com"] {
            ids.push(office.write(TemplateName::Test, recipient, office.now).await);
        }
        let due = office.mailer.deliver_due(&office.database, 10, office.after(10)).await.unwrap();
        assert_eq!(due, Delivered { sent: 1, postponed: 1, failed: 1 }, "a refusal does not stop the others");
        let (nobody, busy) = (office.standing(&ids[0]).await, office.standing(&ids[1]).await);
        assert_eq!((nobody.status.as_str(), nobody.attempts), ("FAILED", 1));
        assert_eq!((busy.status.as_str(), busy.attempts), ("PENDING", 1));
        assert!(nobody.error.contains("550") && nobody.error.contains("no such mailbox"), "{nobody:?}");
        for kept in [nobody.error, busy.error] {
            assert!(kept.contains("[address]") && !kept.contains("example.com"), "{kept}");
        }
    })
    .await;
}

/// A refusal of ourselves is no fault of the recipient: the mails leave when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sender_or_password_costs_no_mail() {
    with_office(async |office| {
        let id = office.write(TemplateName::Test, "ada@example.com", office.now).await;
        let address = office.server.address();
        let wrong_password = format!("smtp://post%40spike.land:wrong-one@{address}");
        let due = async |url: &str, sender: &str, seconds| {
            mailer(url, sender).deliver_due(&office.database, 10, office.after(seconds)).await.unwrap()
        };
        let postponed = Delivered { postponed: 1, ..Delivered::default() };
        assert_eq!(due(&office.server.url(), "stranger@spike.land", 10).await, postponed);
        assert!(office.standing(&id).await.error.contains("550"));
        assert_eq!(due(&wrong_password, SENDER, 100).await, postponed);
        let refused = office.standing(&id).await.error;
        assert!(refused.contains("535") && !refused.contains("wrong-one"), "{refused}");

        let right = format!("smtp://{}@{address}", MailServer::LOGIN);
        assert_eq!(due(&right, SENDER, 1_000).await, Delivered { sent: 1, ..Delivered::default() });
        assert_eq!(office.server.letters().await.len(), 1);
    })
    .await;
}

/// Written past every check: by hand, or by a build with a hole.
#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_in_the_table_cannot_bring_headers_or_commands_along() {
    with_office(async |office| {
        for (number, recipient) in [
            "ada@example.com\\r\\nBcc: eve@example.com",
            "ada@example.com>\\r\\nRCPT TO:<eve@example.com",
            "ada@example.com, eve@example.com",
            "Eve <eve@example.com>",
        ]
        .into_iter()
        .enumerate()
        {
            let id = office.write(TemplateName::Test, &format!("person{number}@example.com"), office.now).await;
            office.stack.sql(&format!("update email_logs set recipient = E'{recipient}' where id = '{id}'")).await;
        }
        office.write(TemplateName::Test, "ada@example.com", office.now).await;
        let due = office.mailer.deliver_due(&office.database, 10, office.after(10)).await.unwrap();
        assert_eq!(due, Delivered { sent: 1, postponed: 0, failed: 4 });
        let letters = office.server.letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].recipients, "ada@example.com");
        assert!(letters[0].header("bcc").is_empty());
    })
    .await;
}

/// Whatever name the sender has, it stays a name.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_stays_a_name() {
    with_office(async |office| {
        let sender = "\"Spike, Land: <eve@example.com>; é\" <hello@spike.land>";
        let id = office.write(TemplateName::Test, "ada@example.com", office.now).await;
        mailer(&office.server.url(), sender).deliver(&office.database, &[id], office.now).await;
        let letters = office.server.letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].header("from").len(), 1);
        assert!(letters[0].from.ends_with("<hello@spike.land>") && letters[0].from.contains('é'), "{letters:?}");
        assert_eq!(letters[0].header("x-mailfrom"), ["hello@spike.land"]);
    })
    .await;
}
