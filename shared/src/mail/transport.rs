//! The way out: a mail server, or a folder on one machine.

use std::path::Path;
use std::sync::OnceLock;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use super::settings::{Encryption, Route, Server};
use crate::limits;

/// Why a mail was not taken. Texts are safe to keep: one line, bounded, without addresses.
pub(super) enum Refused {
    /// The server will never take mail for this recipient.
    Recipient(String),
    /// Something that may pass: the server is away, busy, or set up wrongly.
    ForNow(String),
}

/// Sends mails one after the other.
pub(super) struct Transport {
    route: Route,
    /// What we call ourselves: the sender's domain.
    hello: ClientId,
    /// Made at the first mail: a cold start does not pay for it.
    tls: OnceLock<Result<TlsParameters, String>>,
}

impl Transport {
    pub(super) fn new(route: Route, from: &Mailbox) -> Self {
        Transport { route, hello: ClientId::Domain(from.email.domain().to_owned()), tls: OnceLock::new() }
    }

    /// Opens the way for some mails, or says why it is closed; that passes.
    pub(super) async fn open(&self) -> Result<Session<'_>, String> {
        match &self.route {
            Route::Folder(folder) => Ok(Session::Folder(folder)),
            Route::Server(server) => {
                let connection = self.connect(server).await?;
                Ok(Session::Server(Box::new(connection)))
            }
        }
    }

    async fn connect(&self, server: &Server) -> Result<AsyncSmtpConnection, String> {
        let tls = |wanted: Encryption| match server.encryption == wanted {
            true => self.tls(server).map(Some),
            false => Ok(None),
        };
        let (at_once, later) = (tls(Encryption::Tls)?, tls(Encryption::StartTls)?);
        let address = (server.host.as_str(), server.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, at_once, None).await.map_err(said)?;
        if let Some(tls) = later {
            connection.starttls(tls, &self.hello).await.map_err(said)?;
        }
        if let Some((user, password)) = &server.login {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(said)?;
        }
        Ok(connection)
    }

    fn tls(&self, server: &Server) -> Result<TlsParameters, String> {
        let build = || TlsParameters::new(server.host.clone()).map_err(said);
        self.tls.get_or_init(build).clone()
    }
}

/// An open way.
pub(super) enum Session<'a> {
    /// A connection to the server.
    Server(Box<AsyncSmtpConnection>),
    /// A folder.
    Folder(&'a Path),
}

impl Session<'_> {
    /// Hands a mail over. `id` names its file in a folder.
    pub(super) async fn send(&mut self, id: &str, message: &Message) -> Result<(), Refused> {
        match self {
            Session::Folder(folder) => write(folder, id, message),
            Session::Server(connection) => {
                let answer = hand_over(connection, message).await;
                // Whatever was said of this one, the next starts anew.
                if answer.is_err() && connection.command(Rset).await.is_err() {
                    connection.abort().await;
                }
                answer
            }
        }
    }

    /// Whether the other side has gone, so that another way has to be opened.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Session::Server(connection) if connection.has_broken())
    }

    /// Takes leave.
    pub(super) async fn close(self) {
        if let Session::Server(mut connection) = self {
            connection.abort().await;
        }
    }
}

/// Command by command, to know which of them was refused: only what the server says of the recipient is for ever.
async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Refused> {
    let envelope = message.envelope();
    connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await.map_err(for_now)?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(of_recipient)?;
    }
    connection.command(Data).await.map_err(for_now)?;
    connection.message(&message.formatted()).await.map_err(for_now)?;
    Ok(())
}

fn write(folder: &Path, id: &str, message: &Message) -> Result<(), Refused> {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(id).with_extension("eml"), message.formatted()));
    written.map_err(|error| Refused::ForNow(kept(&format!("the folder for mails: {error}"))))
}

fn for_now(error: Error) -> Refused {
    Refused::ForNow(said(error))
}

fn of_recipient(error: Error) -> Refused {
    if error.is_permanent() { Refused::Recipient(said(error)) } else { for_now(error) }
}

fn said(error: Error) -> String {
    kept(&error.to_string())
}

/// What of a server's words is kept: one line, bounded, and no address, which servers like to repeat.
fn kept(text: &str) -> String {
    let words =
        text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    let words: Vec<_> = words.map(|word| if word.contains('@') { "[address]" } else { word }).collect();
    words.join(" ").chars().take(limits::MAIL_ERROR_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_refusal_is_short_and_names_nobody() {
        assert_eq!(
            kept("permanent error (550): 5.1.1 <Ada@Example.com>:\r\n no\0 such user\u{1b}[31m"),
            "permanent error (550): 5.1.1 [address] no such user [31m"
        );
        assert_eq!(kept(&"x".repeat(10_000)).chars().count(), limits::MAIL_ERROR_CHARACTERS);
    }
}
