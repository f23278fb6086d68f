//! The path of a request as an HTTP API hands it on: decoded.

use std::borrow::Cow;

/// Decodes `%41` and the like. As on AWS (seen in captured events) the path ends at a decoded `?`.
pub(super) fn decode(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => hexadecimal(*high).zip(hexadecimal(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match escaped {
            Some(b'?') => break,
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            // A `%` that starts no escape stays.
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(decode("/a/b"), "/a/b");
        assert_eq!(decode("/a%20b/%C3%A4"), "/a b/ä");
        assert_eq!(decode("/100%/%4"), "/100%/%4");
        assert_eq!(decode("/a%3Fadmin=1"), "/a");
        assert_eq!(decode("/%FF"), "/\u{fffd}");
    }
}
