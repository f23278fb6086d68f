//! Values that must not be printed, and the digests made of them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret: readable by those who ask for it by name, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA-256 of the concatenated `parts` under `key`.
pub fn hmac_sha256(key: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether `expected` is the HMAC-SHA-256 of `parts` under `key`; takes the same time either way.
pub fn hmac_sha256_matches(key: &Secret, parts: &[&[u8]], expected: &[u8]) -> bool {
    hmac_sha256(key, parts).ct_eq(expected).into()
}

/// Whether two strings are equal, in a time that does not depend on where they differ.
pub fn constant_time_eq(left: impl AsRef<[u8]>, right: impl AsRef<[u8]>) -> bool {
    left.as_ref().ct_eq(right.as_ref()).into()
}

/// `bytes` in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push(char::from_digit((byte >> 4).into(), 16).unwrap_or('0'));
        text.push(char::from_digit((byte & 15).into(), 16).unwrap_or('0'));
        text
    })
}

/// The bytes of hex digits, or `None` when `text` is not hex.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn keyed(key: &Secret) -> Hmac<Sha256> {
    // HMAC takes a key of any length; the error type is the trait's, not this algorithm's.
    Hmac::new_from_slice(key.expose().as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_the_one_of_rfc_4231() {
        let mac = hmac_sha256(&Secret::new("Jefe"), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(hmac_sha256_matches(&Secret::new("Jefe"), &[b"what do ya want for nothing?"], &mac));
        assert!(!hmac_sha256_matches(&Secret::new("jefe"), &[b"what do ya want for nothing?"], &mac));
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(from_hex("00ff1A"), Some(vec![0, 255, 26]));
        assert_eq!(hex(&[0, 255, 26]), "00ff1a");
        for bad in ["0", "zz", "0 ", "é0"] {
            assert_eq!(from_hex(bad), None);
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
