//! What people get.

use shared::Secret;
use shared::mail::{TemplateName, link_token};
use tests::{letters, with_stack};

use crate::office::{AUTH_SECRET, Office, SENDER, database, mailer, now, with_office};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_says_the_same_as_text_and_as_html() {
    with_office(async |office| {
        let id = office.send(TemplateName::ResetPassword, "ada@example.com").await;
        let letters = office.server.letters().await;
        let [letter] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!((letter.to.as_str(), letter.recipients.as_str()), ("ada@example.com", "ada@example.com"));
        assert_eq!((letter.from.as_str(), letter.subject.as_str()), (SENDER, "Choose a new password"));
        assert_eq!(letter.structure, ["multipart/alternative", "text/plain", "text/html"]);
        assert_eq!(letter.header("auto-submitted"), ["auto-generated"]);

        let token = link_token(&Secret::new(AUTH_SECRET), "ver_ada@example.com");
        let link = format!("http://localhost:3000/auth/reset-password?token={token}");
        assert_eq!(letter.token("reset-password"), Some(token.as_str()));
        assert_eq!(letter.links[0], link);
        assert_eq!(letter.html_links, [link.as_str(), &link, "http://localhost:3000"], "no image, nothing else");
        for said in [&letter.text, &letter.html] {
            assert!(said.contains("for the next 24 hours") && said.contains("did not ask"), "{said}");
        }

        let standing = office.standing(&id).await;
        assert_eq!((standing.status.as_str(), standing.attempts, standing.next_attempt_after), ("SENT", 1, None));
        assert_eq!(letter.header("message-id"), [standing.message_id.unwrap()]);
        let kept = "select count(*) from email_logs e where e::text like '%' || $$TOKEN$$ || '%'";
        assert_eq!(office.stack.number(&kept.replace("TOKEN", &token)).await, 0, "the link is not kept");
        assert_eq!(office.stack.number("select count(*) from email_logs where sent_at is not null").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_template_arrives() {
    with_office(async |office| {
        for (number, template) in TemplateName::ALL.into_iter().enumerate() {
            office.send(template, &format!("person{number}@example.com")).await;
        }
        let letters = office.server.letters().await;
        let subjects: Vec<_> = letters.iter().map(|letter| letter.subject.as_str()).collect();
        assert_eq!(subjects, TemplateName::ALL.map(TemplateName::subject));
        assert!(letters.iter().all(|letter| letter.text.len() > 100 && letter.html.contains("<h1>")), "{letters:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_folder_each_mail_is_a_file_to_open() {
    let server = tests::MailServer::start().await;
    with_stack(async |stack| {
        let folder = tests::Given::get().folder.join(format!("folder {}", std::process::id()));
        let url = format!("file://{}", folder.display()).replace(' ', "%20");
        let office =
            Office { stack, server, mailer: mailer(&url, SENDER), database: database(&stack.pooled_url), now: now() };
        let id = office.send(TemplateName::VerifyEmail, "ada@example.com").await;
        assert_eq!(office.standing(&id).await.status, "SENT");
        assert!(folder.join(format!("{id}.eml")).is_file());
        let letters = letters(&folder).await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].to, "ada@example.com");
        assert!(letters[0].token("verify-email").is_some(), "{letters:?}");
        assert!(office.server.letters().await.is_empty());
    })
    .await;
}
