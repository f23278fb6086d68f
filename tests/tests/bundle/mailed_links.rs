//! Links by mail: proving an address, and a new password for whoever reads the mail.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Letter, MailServer, PASSWORD, Stack, with_stack_mailing};

const NEW_PASSWORD: &str = "another horse";

/// The token in the newest mail to `recipient` that leads to `page`.
async fn token(server: &MailServer, recipient: &str, page: &str) -> String {
    let letters = server.letters().await;
    let token = letters.iter().rev().filter(|l| l.to.contains(recipient)).find_map(|letter| letter.token(page));
    token.unwrap_or_else(|| panic!("no mail to {recipient} leads to {page}: {letters:?}")).to_owned()
}

async fn mails_to(server: &MailServer, recipient: &str) -> Vec<Letter> {
    server.letters().await.into_iter().filter(|letter| letter.to.contains(recipient)).collect()
}

async fn verify(stack: &Stack, token: &str) -> Answer {
    stack.post("/api/auth/verify-email", &json!({ "token": token })).await
}

async fn reset(stack: &Stack, token: &str, password: &str) -> Answer {
    stack.post("/api/auth/reset-password", &json!({ "token": token, "newPassword": password })).await
}

async fn sign_in(stack: &Stack, email: &str, password: &str) -> Answer {
    stack.post("/api/auth/mobile/signin", &json!({ "email": email, "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_proves_the_address_by_the_link() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        stack.sign_up("ada").await;
        assert_eq!(stack.number("select count(*) from users where email_verified is not null").await, 0);
        let link = token(&server, "ada@example.com", "verify-email").await;
        let kept = "select count(*) from verification_tokens where position($$ in encode(token_hash, 'escape')) > 0";
        assert_eq!(stack.number(&kept.replace("$$", &format!("'{link}'"))).await, 0, "the link itself is kept nowhere");

        verify(stack, &link).await.expect(200);
        assert_eq!(stack.number("select count(*) from users where email_verified is not null").await, 1);
        // A second click is no error; a made-up link is.
        verify(stack, &link).await.expect(200);
        verify(stack, "made-up").await.expect_error(400, "link_expired");
        stack.post("/api/auth/verify-email", &json!({})).await.expect_error(400, "link_expired");
        // It proves an address and does nothing else.
        reset(stack, &link, NEW_PASSWORD).await.expect_error(400, "link_expired");
        assert_eq!(stack.number("select count(*) from email_logs where status = 'SENT'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_expires() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        let first = token(&server, &ada.email, "verify-email").await;
        stack.set_clock(24 * 3600 + 1);
        verify(stack, &first).await.expect_error(400, "link_expired");
        stack.post("/api/auth/resend-verification", &json!({ "email": ada.email })).await.expect(200);
        let second = token(&server, &ada.email, "verify-email").await;
        assert_ne!(first, second);
        verify(stack, &second).await.expect(200);
        // There is nothing left to prove: no further mail.
        stack.post("/api/auth/resend-verification", &json!({ "email": ada.email })).await.expect(200);
        assert_eq!(mails_to(&server, &ada.email).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.post("/api/auth/forgot-password", &json!({ "email": " ADA@example.com " })).await.expect(200);
        let link = token(&server, &ada.email, "reset-password").await;
        reset(stack, &link, "short").await.expect_error(400, "invalid_field");
        stack.balance(&ada).await;

        reset(stack, &link, NEW_PASSWORD).await.expect(200);
        stack.get("/api/tokens/balance", Some(&ada.token)).await.expect_error(401, "unauthorized");
        sign_in(stack, &ada.email, PASSWORD).await.expect_error(401, "invalid_credentials");
        sign_in(stack, &ada.email, NEW_PASSWORD).await.expect(200);
        // Reading the mail proved the address; the person is told.
        assert_eq!(stack.number("select count(*) from users where email_verified is not null").await, 1);
        let subjects: Vec<_> = mails_to(&server, &ada.email).await.into_iter().map(|letter| letter.subject).collect();
        assert_eq!(subjects.len(), 3, "{subjects:?}");
        assert!(subjects[2].to_lowercase().contains("changed"), "{subjects:?}");

        reset(stack, &link, PASSWORD).await.expect_error(400, "link_expired");
        sign_in(stack, &ada.email, NEW_PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_however_many_click_at_once() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        for _ in 0..2 {
            stack.post("/api/auth/forgot-password", &json!({ "email": ada.email })).await.expect(200);
        }
        let links: Vec<_> = mails_to(&server, &ada.email)
            .await
            .iter()
            .filter_map(|l| l.token("reset-password").map(str::to_owned))
            .collect();
        assert_eq!(links.len(), 2);
        let (stack, links) = (&*stack, &links);
        let tries = (0..8).map(|n| async move {
            let password = format!("password number {n}");
            (reset(stack, &links[n % 2], &password).await.status, password)
        });
        let done: Vec<_> = join_all(tries).await.into_iter().filter(|(status, _)| *status == 200).collect();
        // One of the two uses up the other as well.
        assert_eq!(done.len(), 1, "{done:?}");
        sign_in(stack, &ada.email, &done[0].1).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_mail_tells_nobody_who_has_an_account() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        let ask = async |email: &str| -> (Value, Duration) {
            let started = Instant::now();
            let mut body = stack.post("/api/auth/forgot-password", &json!({ "email": email })).await.expect(200);
            body["requestId"] = Value::Null;
            (body, started.elapsed())
        };
        let (known, unknown) = (ask(&ada.email).await, ask("nobody@example.com").await);
        assert_eq!(known.0, unknown.0);
        // Both wait for the same moment, which is later than sending takes.
        for (_, elapsed) in [&known, &unknown] {
            assert!(*elapsed >= Duration::from_millis(1_300), "{elapsed:?}");
        }
        assert!(mails_to(&server, "nobody").await.is_empty());
        stack.post("/api/auth/forgot-password", &json!({ "email": "x" })).await.expect_error(400, "invalid_field");

        // A stranger cannot fill somebody's inbox: three an hour, and the answer stays the same.
        for _ in 0..4 {
            assert_eq!(ask(&ada.email).await.0, known.0);
        }
        assert_eq!(mails_to(&server, &ada.email).await.len(), 1 + 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_mail_server_away_people_sign_up_and_the_mail_waits() {
    let mut server = MailServer::start().await;
    let url = server.url();
    server.stop().await;
    with_stack_mailing(&url, async |stack| {
        stack.sign_up("ada").await;
        assert_eq!(stack.number("select count(*) from email_logs where status = 'PENDING'").await, 1);
        server.restart().await;
        // The next mail takes the one along that is due.
        stack.set_clock(3_600);
        stack.sign_up("grace").await;
        verify(stack, &token(&server, "ada@example.com", "verify-email").await).await.expect(200);
        assert_eq!(stack.number("select count(*) from email_logs where status = 'PENDING'").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_hash_signs_in_and_is_replaced() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        // bcrypt, cost 12, of "correct horse", as the system before stored it.
        stack
            .sql(
                "insert into users (id, email, password_hash, created_at) values ('c0123456789', 'old@example.com',
                 '$2b$12$imb.x0W/.AOS276SDT0YYOVjbCgk5w32KKF4lLN3gxnkf1IDkgIwa', now())",
            )
            .await;
        sign_in(stack, "old@example.com", "wrong horse").await.expect_error(401, "invalid_credentials");
        let session = sign_in(stack, "old@example.com", "correct horse").await.expect(200);
        assert_eq!(session["user"]["id"], "c0123456789", "an imported person keeps the id");
        assert_eq!(stack.number("select count(*) from users where password_hash like '$argon2id$%'").await, 1);
        sign_in(stack, "old@example.com", "correct horse").await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_07_with_another_salt_nobody_gets_in() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        stack.sql("update deployment set user_id_salt_fingerprint = sha256('another')").await;
        sign_in(stack, &ada.email, PASSWORD).await.expect_error(503, "misconfigured");
        let body = json!({ "email": "grace@example.com", "password": PASSWORD });
        stack.post("/api/auth/signup", &body).await.expect_error(503, "misconfigured");
        assert_eq!(stack.number("select count(*) from users").await, 1);
        let log = stack.bundle.log_lines("auth").join("\n");
        assert!(log.contains("USER_ID_SALT"), "the log says why");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brought_somebody_is_rewarded_when_the_address_is_proved() {
    let server = MailServer::start().await;
    with_stack_mailing(&server.url(), async |stack| {
        let ada = stack.sign_up("ada").await;
        let link = stack.get("/api/referral/link", Some(&ada.token)).await.expect(200);
        let code = link["code"].as_str().unwrap();

        // By the field of the form, in any case; and by the cookie of the link that was followed.
        let body = json!({ "email": "grace@example.com", "password": PASSWORD, "referralCode": code.to_lowercase() });
        stack.post("/api/auth/signup", &body).await.expect(200);
        let visit = stack.get(&format!("/api/referral/visit?ref={code}"), None).await;
        let body = json!({ "email": "edsger@example.com", "password": PASSWORD });
        let request = stack.request("POST", "/api/auth/signup").header("cookie", visit.cookies().join("; "));
        let answer = stack.send(request.json(&body)).await;
        answer.expect(200);
        assert!(
            answer.header("set-cookie").starts_with("ref_code=; Path=/; Max-Age=0"),
            "the cookie has done its work"
        );
        let stats = stack.get("/api/referral/stats", Some(&ada.token)).await.expect(200);
        assert_eq!((&stats["pendingReferrals"], &stats["stats"]["completedReferrals"]), (&json!(2), &json!(0)));
        assert_eq!(stack.balance(&ada).await["balance"], 10);

        for name in ["grace", "edsger"] {
            let link = token(&server, &format!("{name}@example.com"), "verify-email").await;
            // Clicked again and again, and all at once.
            let (stack, link) = (&*stack, link.as_str());
            let answers = join_all((0..5).map(|_| verify(stack, link))).await;
            assert!(answers.iter().any(|answer| answer.status == 200), "{answers:?}");
            verify(stack, link).await.expect(200);
        }
        assert_eq!(stack.balance(&ada).await["balance"], 10 + 50 + 50);
        assert_eq!(stack.number("select min(balance) from user_token_balances where balance <> 110").await, 60);
        let stats = stack.get("/api/referral/stats", Some(&ada.token)).await.expect(200);
        assert_eq!((&stats["completedReferrals"], &stats["tokensEarned"]), (&json!(2), &json!(100)));
        assert_eq!(stats["referredUsers"][0]["email"], "e***@example.com");
    })
    .await;
}
