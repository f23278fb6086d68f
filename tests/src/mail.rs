//! Mails as people get them: a real mail server, and what has arrived there or in a folder.

use std::path::{Path, PathBuf};

use local::certificate::Certificate;
use serde_json::Value;
use tokio::process::Child;

use crate::given::Given;
use crate::python::{script, serving};

/// A mail that has arrived.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The header.
    pub to: String,
    /// Whom the server was told, separated by commas; in a folder the header again.
    pub recipients: String,
    /// The header.
    pub from: String,
    /// The header.
    pub subject: String,
    /// What it says as plain text.
    pub text: String,
    /// What it says as HTML.
    pub html: String,
    /// The links in the text.
    pub links: Vec<String>,
    /// The links, and the addresses of images, in the HTML.
    pub html_links: Vec<String>,
    /// The content types of the whole and its parts.
    pub structure: Vec<String>,
    headers: Vec<(String, String)>,
}

impl Letter {
    /// The values of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The token in the link to a page such as `reset-password`.
    pub fn token(&self, page: &str) -> Option<&str> {
        let start = format!("/auth/{page}?token=");
        self.links.iter().find_map(|link| link.split_once(start.as_str()).map(|(_, token)| token))
    }
}

/// The mails in a folder, a Maildir or one of .eml files, the oldest first. Python reads them: not the code that wrote them.
#[expect(clippy::panic, reason = "what cannot be read fails the test")]
pub async fn letters(folder: &Path) -> Vec<Letter> {
    let output = script("letters.py").arg(folder).output().await;
    let parsed = match &output {
        Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout),
        _ => panic!("the mails could not be read: {output:?}"),
    };
    match parsed {
        Ok(Value::Array(mails)) => mails.iter().map(letter).collect(),
        other => panic!("letters.py printed {other:?}"),
    }
}

fn letter(mail: &Value) -> Letter {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect();
    let headers = mail["headers"].as_array().into_iter().flatten();
    Letter {
        to: text(&mail["to"]),
        recipients: text(&mail["recipients"]),
        from: text(&mail["from"]),
        subject: text(&mail["subject"]),
        text: text(&mail["text"]),
        html: text(&mail["html"]),
        links: texts(&mail["links"]),
        html_links: texts(&mail["html_links"]),
        structure: texts(&mail["structure"]),
        headers: headers.map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
    }
}

/// How a mail server encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte.
    Smtps,
    /// By STARTTLS, which it insists on.
    StartTls,
}

/// A running `tests/python/mail_server.py`; it ends when this is dropped. It refuses the recipients `nobody@…` for ever and
/// `busy@…` for now, hangs at `slow@…`, and takes nothing from `stranger@…`.
pub struct MailServer {
    folder: PathBuf,
    tls: Option<MailTls>,
    port: u16,
    process: Option<Child>,
}

impl MailServer {
    /// The user and the password that it knows, as they stand in a URL.
    pub const LOGIN: &str = "post%40spike.land:p%2Fw%20%C3%A9%3A%40";

    /// Starts one without encryption.
    pub async fn start() -> Self {
        Self::of(None).await
    }

    /// Starts one that encrypts, with a certificate that [`MailServer::authority`] has signed.
    pub async fn encrypting(tls: MailTls) -> Self {
        Self::of(Some(tls)).await
    }

    #[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
    async fn of(tls: Option<MailTls>) -> Self {
        let made = local::secret::random(6).and_then(|name| {
            let folder = Given::get().folder.join(format!("mail-{name}"));
            std::fs::create_dir_all(&folder)?;
            let Certificate { server_pem, key_pem, authority_pem } = Certificate::for_this_machine()?;
            for (name, text) in [("server.pem", server_pem), ("key.pem", key_pem), ("authority.pem", authority_pem)] {
                std::fs::write(folder.join(name), text)?;
            }
            Ok(folder)
        });
        let folder = match made {
            Ok(folder) => folder,
            Err(error) => panic!("the mail server's folder: {error}"),
        };
        let mut server = MailServer { folder, tls, port: 0, process: None };
        server.restart().await;
        server
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What `MAIL_URL` says to send here without encryption and login.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address())
    }

    /// The file with the certificate to trust.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// What has arrived, the oldest first.
    pub async fn letters(&self) -> Vec<Letter> {
        letters(&self.maildir()).await
    }

    /// Ends it; what has arrived stays.
    #[expect(clippy::panic, reason = "a server that does not end fails the test")]
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take()
            && let Err(error) = process.kill().await
        {
            panic!("the mail server does not end: {error}");
        }
    }

    /// Starts it again, on the same port.
    pub async fn restart(&mut self) {
        self.stop().await;
        let mut command = script("mail_server.py");
        command.arg(self.port.to_string()).arg(self.maildir());
        if let Some(tls) = self.tls {
            command.arg(if tls == MailTls::Smtps { "smtps" } else { "starttls" });
            command.args([self.folder.join("server.pem"), self.folder.join("key.pem")]);
        }
        let (process, port) = serving(command).await;
        (self.port, self.process) = (port, Some(process));
    }

    fn maildir(&self) -> PathBuf {
        self.folder.join("mails")
    }
}
