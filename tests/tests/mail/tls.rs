//! Encrypted ways to the mail server: nothing is said to one that cannot show who it is.

use std::process::Command;

use shared::mail::TemplateName;
use tests::{MailServer, MailTls, with_stack};

use crate::office::{Office, SENDER, database, mailer, now};

const URL: &str = "MAIL_TEST_URL";
const DATABASE: &str = "MAIL_TEST_DATABASE";

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_over_tls_to_a_server_that_shows_who_it_is() {
    for tls in [MailTls::Smtps, MailTls::StartTls] {
        let server = MailServer::encrypting(tls).await;
        let url = match tls {
            MailTls::Smtps => format!("smtps://{}@{}", MailServer::LOGIN, server.address()),
            MailTls::StartTls => format!("smtp://{}@{}?tls=required", MailServer::LOGIN, server.address()),
        };
        with_stack(async |stack| {
            let mailer = mailer(&url, SENDER);
            let office = Office { stack, server, mailer, database: database(&stack.pooled_url), now: now() };
            let id = office.send(TemplateName::Test, "ada@example.com").await;
            let unknown = office.standing(&id).await;
            assert_eq!(unknown.status, "PENDING");
            assert!(unknown.error.contains("certificate verify failed"), "{tls:?}: {unknown:?}");

            let authority = office.server.authority();
            let output = tokio::task::block_in_place(|| in_another_process(&url, &stack.pooled_url, &authority));
            assert!(output.status.success(), "{tls:?}: {output:?}");
            let sent = office.standing(&id).await;
            assert_eq!(sent.status, "SENT", "{tls:?}: {sent:?}");
            assert_eq!(office.server.letters().await.len(), 1);
        })
        .await;
    }
}

/// A server that offers no STARTTLS is told nothing where it is required.
#[tokio::test(flavor = "multi_thread")]
async fn no_encryption_no_mail() {
    let server = MailServer::start().await;
    with_stack(async |stack| {
        let url = format!("{}?tls=required", server.url());
        let mailer = mailer(&url, SENDER);
        let office = Office { stack, server, mailer, database: database(&stack.pooled_url), now: now() };
        let id = office.send(TemplateName::Test, "ada@example.com").await;
        let standing = office.standing(&id).await;
        assert!(standing.status == "PENDING" && standing.error.contains("STARTTLS"), "{standing:?}");
        assert!(office.server.letters().await.is_empty());
    })
    .await;
}

/// OpenSSL asks the environment whom to trust, which a process has one of.
fn in_another_process(url: &str, pooled_url: &str, authority: &std::path::Path) -> std::process::Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "tls::sends_what_is_due"])
        .env("SSL_CERT_FILE", authority)
        .env(URL, url)
        .env(DATABASE, pooled_url)
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "another test runs it, in a process that trusts that test's server"]
#[expect(clippy::disallowed_methods, reason = "what the other test has given")]
async fn sends_what_is_due() {
    let (Ok(url), Ok(pooled_url)) = (std::env::var(URL), std::env::var(DATABASE)) else { return };
    let later = now() + std::time::Duration::from_secs(120);
    let delivered = mailer(&url, SENDER).deliver_due(&database(&pooled_url), 10, later).await.unwrap();
    assert_eq!(delivered.sent, 1, "{delivered:?}");
}
