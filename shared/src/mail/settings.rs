//! `MAIL_URL` and `MAIL_FROM`: which way mails go, and from whom.

use std::path::PathBuf;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::ids::Email;
use crate::secret::Secret;

/// How mail is sent. A password in it is never printed.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The way out.
    pub route: Route,
    /// Whose name and address the mails bear.
    pub from: Mailbox,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Route {
    /// To a mail server.
    Server(Server),
    /// Into files of a folder, for people at work on one machine.
    Folder(PathBuf),
}

/// A mail server to hand mails in at.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, which its certificate has to bear.
    pub host: String,
    /// 465 for TLS, 587 otherwise, unless the URL says another.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// How the connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// Upgraded by STARTTLS before anything else is said.
    StartTls,
    /// Not at all.
    None,
}

impl Route {
    /// Reads `smtps://user:password@host:465`, `smtp://user:password@host:587?tls=required`, `smtp://host:port`, or
    /// `file:///folder`.
    ///
    /// # Errors
    /// What is wrong and what to do, without the URL itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unreadable = || {
            "cannot be read: write smtps://user:password@host:465, percent-encode special characters in user and password"
                .to_owned()
        };
        let url = Url::parse(text).map_err(|_| unreadable())?;
        let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let (encryption, port) = match (url.scheme(), tls.as_deref()) {
            ("file", _) => return url.to_file_path().map(Route::Folder).map_err(|()| unreadable()),
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtp", Some("required")) => (Encryption::StartTls, 587),
            ("smtp", None) => (Encryption::None, 587),
            _ => return Err("must start with smtps://, or with smtp:// and end in ?tls=required".to_owned()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(unreadable)?;
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(String::from).map_err(|_| unreadable());
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decoded(user)?, Secret::new(decoded(password)?))),
            _ => return Err("has a user without a password, or the other way round".to_owned()),
        };
        Ok(Route::Server(Server { host: host.to_owned(), port: url.port().unwrap_or(port), encryption, login }))
    }

    /// Whether mails leave this machine without encryption.
    pub fn is_in_the_clear(&self) -> bool {
        matches!(self, Route::Server(Server { encryption: Encryption::None, .. }))
    }
}

/// Reads a sender such as `Spike Land <hello@spike.land>`.
///
/// # Errors
/// What is wrong and what to do.
pub fn parse_sender(text: &str) -> Result<Mailbox, String> {
    let wrong = || "must be a mailbox such as Spike Land <hello@spike.land>".to_owned();
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    // The parser stops where a mailbox ends, whatever follows.
    let whole = text.trim_end_matches('>').ends_with(mailbox.email.domain()) && !text.contains(char::is_control);
    let ours = Email::parse(mailbox.email.as_ref()).is_some();
    if whole && ours { Ok(mailbox) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        match Route::parse(url) {
            Ok(Route::Server(server)) => server,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_usual_urls_are_read() {
        let tls = server("smtps://post%40spike.land:p%2Fw%C3%A9@mail.example.com");
        assert_eq!((tls.host.as_str(), tls.port, tls.encryption), ("mail.example.com", 465, Encryption::Tls));
        let (user, password) = tls.login.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("post@spike.land", "p/wé"));

        let upgraded = server("smtp://mail.example.com:2525?tls=required");
        assert_eq!((upgraded.port, upgraded.encryption), (2525, Encryption::StartTls));
        assert!(upgraded.login.is_none());

        assert!(Route::parse("smtp://127.0.0.1:25").unwrap().is_in_the_clear());
        assert!(!Route::parse("smtp://127.0.0.1?tls=required").unwrap().is_in_the_clear());
        let folder = Route::parse("file:///tmp/two%20words");
        assert!(matches!(folder, Ok(Route::Folder(path)) if path.ends_with("two words")));
    }

    #[test]
    fn what_would_go_another_way_than_meant_is_refused() {
        for url in [
            "mail.example.com:465",
            "smtp://mail.example.com?tls=opportunistic",
            "smtps://mail.example.com?tls=off",
            "smtps://",
            "smtps://user@mail.example.com",
            "smtps://:secretword@mail.example.com",
            "https://user:secretword@mail.example.com",
            "file://elsewhere/folder",
        ] {
            let problem = Route::parse(url).unwrap_err();
            assert!(!problem.contains("secretword") && !problem.contains('\n'), "{url}: {problem}");
        }
        let printed = format!("{:?}", Route::parse("smtps://user:secretword@mail.example.com"));
        assert!(!printed.contains("secretword"), "{printed}");
    }

    #[test]
    fn a_sender_is_one_mailbox() {
        assert_eq!(parse_sender("Spike Land <hello@spike.land>").unwrap().email.domain(), "spike.land");
        assert_eq!(parse_sender("hello@spike.land").unwrap().name, None);
        for bad in ["", "Spike Land", "a@b.c, d@e.f", "A <a@b.c> B", "A\r\nBcc: e@f.g <a@b.c>", "a@b.c\r\nBcc: e@f.g"] {
            assert!(parse_sender(bad).is_err(), "{bad:?}");
        }
    }
}
