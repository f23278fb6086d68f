//! PostgreSQL's protocol, version 3, as far as a proxy needs it: where a message ends, and which SQL it carries.

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const VERSION_3: u32 = 196_608;

/// Cuts a stream of bytes into messages.
pub(crate) struct Frames {
    buffer: Vec<u8>,
    /// A client's first messages have no type.
    greeting: bool,
}

/// One message with its type and length.
pub(crate) struct Message {
    /// Its type; 0 when it has none.
    kind: u8,
    /// All of it, as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Frames {
    pub(crate) fn of_client() -> Self {
        Frames { buffer: Vec::new(), greeting: true }
    }

    pub(crate) fn of_server() -> Self {
        Frames { buffer: Vec::new(), greeting: false }
    }

    /// Where bytes that arrive are put.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.reserve(16 * 1024);
        &mut self.buffer
    }

    /// The next message, if all of it is there.
    pub(crate) fn next(&mut self) -> Option<Message> {
        let type_bytes = usize::from(!self.greeting);
        let length = number(self.buffer.get(type_bytes..)?)?;
        let end = type_bytes + usize::try_from(length).ok()?;
        if self.buffer.len() < end {
            return None;
        }
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let kind = if self.greeting { 0 } else { *bytes.first()? };
        let message = Message { kind, bytes };
        self.greeting = self.greeting && message.code() != Some(VERSION_3);
        Some(message)
    }
}

impl Message {
    fn code(&self) -> Option<u32> {
        (self.kind == 0).then(|| number(self.bytes.get(4..)?)).flatten()
    }

    /// Whether it asks for encryption, which is answered by one byte.
    pub(crate) fn asks_for_encryption(&self) -> bool {
        matches!(self.code(), Some(SSL_REQUEST | GSS_REQUEST))
    }

    /// The SQL of a Parse or a simple Query.
    pub(crate) fn sql(&self) -> Option<&str> {
        let texts = self.bytes.get(5..)?;
        let text = match self.kind {
            b'Q' => texts,
            // After the statement's name.
            b'P' => texts.get(1 + texts.iter().position(|byte| *byte == 0)?..)?,
            _ => return None,
        };
        str::from_utf8(text.split(|byte| *byte == 0).next()?).ok()
    }

    /// Whether the server answers it with [`Message::is_ready`]: a Sync, a simple Query, the start of the session.
    pub(crate) fn wants_ready(&self) -> bool {
        matches!(self.kind, b'S' | b'Q') || self.code() == Some(VERSION_3)
    }

    /// ReadyForQuery: the server has answered everything up to a Sync.
    pub(crate) fn is_ready(&self) -> bool {
        self.kind == b'Z'
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::Frames;

    fn message(kind: &[u8], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap_or_default().to_be_bytes();
        [kind, &length, body].concat()
    }

    #[test]
    fn messages_are_cut_wherever_the_stream_is() {
        let start = message(b"", &[&196_608_u32.to_be_bytes()[..], b"user\0ada\0\0"].concat());
        let stream = [
            message(b"", &80_877_103_u32.to_be_bytes()),
            start,
            message(b"P", b"\0begin\0\0\0"),
            message(b"S", b""),
            message(b"Q", b"commit\0"),
        ];
        for step in [1, 3, 1_000] {
            let (mut frames, mut seen) = (Frames::of_client(), Vec::new());
            for piece in stream.concat().chunks(step) {
                frames.buffer().extend_from_slice(piece);
                while let Some(message) = frames.next() {
                    let sql = message.sql().map(str::to_owned);
                    seen.push((message.asks_for_encryption(), message.wants_ready(), sql));
                }
            }
            let sql = |text: &str| Some(text.to_owned());
            let expected = [
                (true, false, None),
                (false, true, None),
                (false, false, sql("begin")),
                (false, true, None),
                (false, true, sql("commit")),
            ];
            assert_eq!(seen, expected, "in steps of {step}");
        }
    }
}
