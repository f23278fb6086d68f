//! What mails say: each as text and as HTML, from `shared/templates/mail/`.
//!
//! The templates keep to ASCII and short lines, so that a mail needs no encoding and its link can be copied from the raw file.

use askama::Template as _;
use jiff::Timestamp;

/// Which letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateName {
    /// Asks to confirm an address, by a link.
    VerifyEmail,
    /// Lets somebody choose a new password, by a link.
    ResetPassword,
    /// Tells that the password was changed.
    PasswordChanged,
    /// Tells that the account was deleted.
    AccountDeleted,
    /// Shows an administrator that mail arrives.
    Test,
}

impl TemplateName {
    /// All of them.
    pub const ALL: [TemplateName; 5] = [
        TemplateName::VerifyEmail,
        TemplateName::ResetPassword,
        TemplateName::PasswordChanged,
        TemplateName::AccountDeleted,
        TemplateName::Test,
    ];

    /// The word in `email_logs.template`.
    pub fn as_str(self) -> &'static str {
        match self {
            TemplateName::VerifyEmail => "verify_email",
            TemplateName::ResetPassword => "reset_password",
            TemplateName::PasswordChanged => "password_changed",
            TemplateName::AccountDeleted => "account_deleted",
            TemplateName::Test => "test",
        }
    }

    /// The template of that word, if this build has it.
    pub fn parse(text: &str) -> Option<Self> {
        TemplateName::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// The subject line.
    pub fn subject(self) -> &'static str {
        match self {
            TemplateName::VerifyEmail => "Confirm your e-mail address",
            TemplateName::ResetPassword => "Choose a new password",
            TemplateName::PasswordChanged => "Your password was changed",
            TemplateName::AccountDeleted => "Your account was deleted",
            TemplateName::Test => "A test mail from Spike Land",
        }
    }
}

/// A letter with what it says.
pub enum Template {
    /// See [`TemplateName::VerifyEmail`].
    VerifyEmail(Link),
    /// See [`TemplateName::ResetPassword`].
    ResetPassword(Link),
    /// See [`TemplateName::PasswordChanged`].
    PasswordChanged {
        /// For people, with the time zone.
        when: String,
        /// The front end's page.
        sign_in: String,
    },
    /// See [`TemplateName::AccountDeleted`].
    AccountDeleted,
    /// See [`TemplateName::Test`].
    Test,
}

/// A link to put into a letter.
pub struct Link {
    address: String,
    works_for: String,
    until: String,
}

impl Link {
    /// A link to `address` that works from `now` until `expires_at`.
    pub fn new(address: String, now: Timestamp, expires_at: Timestamp) -> Self {
        Link { address, works_for: duration(now, expires_at), until: moment(expires_at) }
    }
}

#[derive(askama::Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    letter: &'a Template,
    subject: &'a str,
    home: &'a str,
}

#[derive(askama::Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Template,
    subject: &'a str,
    home: &'a str,
}

impl Template {
    /// Which letter it is.
    pub fn name(&self) -> TemplateName {
        match self {
            Template::VerifyEmail(_) => TemplateName::VerifyEmail,
            Template::ResetPassword(_) => TemplateName::ResetPassword,
            Template::PasswordChanged { .. } => TemplateName::PasswordChanged,
            Template::AccountDeleted => TemplateName::AccountDeleted,
            Template::Test => TemplateName::Test,
        }
    }

    /// The letter as plain text. `home` is where the front end lives.
    ///
    /// # Errors
    /// None that these templates have.
    pub fn text(&self, home: &str) -> askama::Result<String> {
        Text { letter: self, subject: self.name().subject(), home }.render()
    }

    /// The letter as HTML, everything in it escaped.
    ///
    /// # Errors
    /// None that these templates have.
    pub fn html(&self, home: &str) -> askama::Result<String> {
        Html { letter: self, subject: self.name().subject(), home }.render()
    }
}

/// A moment for people, such as `22 November 2026, 20:18 UTC`.
pub fn moment(moment: Timestamp) -> String {
    moment.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// From one moment to another in the largest unit that does not promise too much, such as `24 hours`.
fn duration(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.duration_since(from).as_secs() / 60;
    let (count, unit) = if minutes < 120 { (minutes, "minute") } else { (minutes / 60, "hour") };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const HOME: &str = "https://spike.land";

    fn letters(address: &str) -> [Template; 5] {
        let now: Timestamp = "2026-11-22T20:18:30Z".parse().unwrap();
        let link = || Link::new(address.to_owned(), now, now + SignedDuration::from_hours(24));
        [
            Template::VerifyEmail(link()),
            Template::ResetPassword(link()),
            Template::PasswordChanged { when: moment(now), sign_in: address.to_owned() },
            Template::AccountDeleted,
            Template::Test,
        ]
    }

    #[test]
    fn every_letter_is_plain_and_says_what_to_do_when_one_did_not_ask() {
        for letter in letters("https://spike.land/x?token=abc") {
            for page in [letter.text(HOME).unwrap(), letter.html(HOME).unwrap()] {
                assert!(page.is_ascii() && !page.contains("{{") && !page.contains("<img"), "{page}");
                assert!(page.contains("You did not") || page.contains("That was not you"), "{page}");
                assert!(page.contains(letter.name().subject()) && page.contains(HOME), "{page}");
                assert!(page.lines().all(|line| line.len() < 300), "{page}");
            }
            let text = letter.text(HOME).unwrap();
            assert!(!text.contains('<') && !text.contains("\n\n\n"), "{text}");
        }
    }

    #[test]
    fn a_link_is_in_both_forms_with_its_time() {
        for letter in &letters("https://spike.land/x?token=abc")[..2] {
            let (text, html) = (letter.text(HOME).unwrap(), letter.html(HOME).unwrap());
            assert!(text.contains("\n\nhttps://spike.land/x?token=abc\n\n"), "{text}");
            assert!(html.contains("href=\"https://spike.land/x?token=abc\""), "{html}");
            for page in [text, html] {
                assert!(page.contains("for the next 24 hours"), "{page}");
                assert!(page.contains("(until 23 November 2026, 20:18 UTC)"), "{page}");
            }
        }
    }

    #[test]
    fn html_is_escaped() {
        for letter in letters("https://spike.land/\"><script>alert(1)</script>") {
            let html = letter.html("https://spike.land/<b>").unwrap();
            assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("/\">"), "{html}");
        }
    }

    #[test]
    fn durations_promise_no_more_than_there_is() {
        let from: Timestamp = "2026-11-22T20:18:30Z".parse().unwrap();
        let said = |seconds| duration(from, from + SignedDuration::from_secs(seconds));
        assert_eq!(said(24 * 3_600), "24 hours");
        assert_eq!(said(24 * 3_600 - 1), "23 hours");
        assert_eq!(said(3_600), "60 minutes");
        assert_eq!(said(119), "1 minute");
    }

    #[test]
    fn every_name_is_read_back() {
        for name in TemplateName::ALL {
            assert_eq!(TemplateName::parse(name.as_str()), Some(name));
        }
        assert_eq!(TemplateName::parse("newsletter"), None);
    }
}
