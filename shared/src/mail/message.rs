//! A mail as it travels: headers, and the same said as text and as HTML.

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart};

use super::outbox::Claimed;
use super::template::Template;
use crate::ids::Email;

/// The longest line that mail carries as it is (RFC 5322).
const LINE_BYTES: usize = 998;

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Why a mail could not be made of a row.
pub(super) enum Unmade {
    /// Nothing can be sent to what stands there as its recipient.
    NoAddress,
    /// A defect of ours.
    Defect(String),
}

/// The Message-ID: made of the row's id, so that a mail that was sent twice is shown once.
pub(super) fn message_id(id: &str, from: &Mailbox) -> String {
    format!("<{id}@{}>", from.email.domain())
}

/// The mail. The recipient is checked again, whoever wrote the row: nothing in it can become another header or command.
pub(super) fn message(letter: &Claimed, said: &Template, from: &Mailbox, home: &str) -> Result<Message, Unmade> {
    let defect = |error: &dyn std::fmt::Display| Unmade::Defect(error.to_string());
    let recipient = Email::parse(&letter.recipient).filter(|email| email.as_str() == letter.recipient);
    let address: Option<Address> = recipient.and_then(|email| email.as_str().parse().ok());
    let address = address.ok_or(Unmade::NoAddress)?;
    let text = said.text(home).map_err(|error| defect(&error))?;
    let html = said.html(home).map_err(|error| defect(&error))?;
    Message::builder()
        .message_id(Some(message_id(&letter.id, from)))
        .date(letter.created_at.into())
        .from(from.clone())
        .to(Mailbox::new(None, address))
        .subject(said.name().subject())
        // Nobody's out-of-office answers it.
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(body(text), body(html)))
        .map_err(|error| defect(&error))
}

/// As it is wherever mail carries that, so that a link can be copied from the raw file; the library would encode lines from 77
/// characters on.
fn body(text: String) -> Body {
    if !text.is_ascii() || text.lines().any(|line| line.len() > LINE_BYTES) {
        return Body::new(text);
    }
    let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
    Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
}
