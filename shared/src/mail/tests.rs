use jiff::SignedDuration;

use super::*;
use crate::ids::new_id;

const SECRET: &str = "a-secret-for-tests-0123456789-0123456789";

fn mailer(app_url: &str) -> Mailer {
    let variables = [
        ("ENVIRONMENT", "test"),
        ("MAIL_URL", "file:///nowhere"),
        ("MAIL_FROM", "Spike Land <hello@spike.land>"),
        ("AUTH_SECRET", SECRET),
        ("APP_URL", app_url),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Mailer::new(&Config::from_variables(variables.into()).unwrap()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-22T20:18:30Z".parse().unwrap()
}

fn letter(template: TemplateName, recipient: &str) -> Claimed {
    let token = link_token(&Secret::new(SECRET), "ver_1");
    Claimed {
        id: new_id("eml", now()),
        template: template.as_str().to_owned(),
        recipient: recipient.to_owned(),
        verification: Some(Verification {
            id: "ver_1".to_owned(),
            token_hash: sha256(token).to_vec(),
            expires_at: now() + SignedDuration::from_hours(1),
            is_used: false,
        }),
        attempts: 1,
        created_at: now(),
    }
}

fn raw(mailer: &Mailer, letter: &Claimed) -> String {
    String::from_utf8(mailer.mail(letter, now()).unwrap().formatted()).unwrap()
}

/// How the attempt at a mail ends that is not even made.
fn refusal(letter: &Claimed) -> Outcome {
    mailer("https://spike.land").mail(letter, now()).unwrap_err()
}

#[test]
fn the_token_of_a_link_is_of_its_row_and_the_secret() {
    let token = link_token(&Secret::new(SECRET), "ver_1");
    assert_eq!(token.len(), 43);
    assert!(token.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)), "{token}");
    assert_eq!(token, link_token(&Secret::new(SECRET), "ver_1"));
    assert_ne!(token, link_token(&Secret::new(SECRET), "ver_2"));
    assert_ne!(token, link_token(&Secret::new("another"), "ver_1"));
}

#[test]
fn a_mail_can_be_read_as_it_travels() {
    for app_url in ["https://spike.land", "https://spike.land/"] {
        let letter = letter(TemplateName::ResetPassword, "ada@example.com");
        let raw = raw(&mailer(app_url), &letter);
        for header in [
            &format!("Message-ID: <{}@spike.land>", letter.id),
            "Date: Sun, 22 Nov 2026 20:18:30 +0000",
            "To: ada@example.com",
            "Subject: Choose a new password",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(raw.lines().any(|line| line.starts_with(header)), "no {header} in {raw}");
        }
        assert!(raw.contains("From: ") && raw.contains("Spike Land") && raw.contains("<hello@spike.land>"), "{raw}");
        let token = link_token(&Secret::new(SECRET), "ver_1");
        let link = format!("https://spike.land/auth/reset-password?token={token}");
        assert!(raw.lines().any(|line| line == link), "the text has the link on a line of its own: {raw}");
        assert!(raw.contains(&format!("href=\"{link}\"")), "{raw}");
    }
}

#[test]
fn a_recipient_cannot_bring_headers_or_commands_along() {
    for recipient in [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com>\r\nRCPT TO:<eve@example.com",
        "Ada <ada@example.com>",
        "ada@example.com, eve@example.com",
        "Ada@example.com",
        "..@example.com",
        "",
    ] {
        let refusal = refusal(&letter(TemplateName::Test, recipient));
        assert!(
            matches!(&refusal, Outcome::Never(error) if error.contains("no address")),
            "{recipient:?}: {refusal:?}"
        );
    }
}

#[test]
fn a_link_that_would_not_work_is_not_sent() {
    let fresh = || letter(TemplateName::VerifyEmail, "ada@example.com");
    let no_longer_needed = Outcome::Never("no longer needed".to_owned());
    assert_eq!(refusal(&Claimed { verification: None, ..fresh() }), no_longer_needed);
    for spoil in [(|token| token.is_used = true) as fn(&mut Verification), |token| {
        token.expires_at = "2026-11-22T20:18:30Z".parse().unwrap()
    }] {
        let mut letter = fresh();
        letter.verification.iter_mut().for_each(spoil);
        assert_eq!(refusal(&letter), no_longer_needed);
    }
    let mut other_secret = fresh();
    other_secret.verification.iter_mut().for_each(|token| token.token_hash = sha256("another").to_vec());
    assert!(matches!(refusal(&other_secret), Outcome::Never(_)));
}

#[test]
fn a_template_of_a_newer_build_is_left_to_it() {
    let newer = Claimed { template: "newsletter".to_owned(), ..letter(TemplateName::Test, "ada@example.com") };
    assert!(matches!(refusal(&newer), Outcome::Later(_)));
}
