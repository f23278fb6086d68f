//! Tokens of providers at rest: AES-256-GCM, bound to the account and the column, under keys that can be replaced.
//!
//! `v1.<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>`; the key id is the start of the key's SHA-256.

use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use aes_gcm::{Aes256Gcm, Key};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::ids::fill_random;
use shared::secret::{from_hex, hex, sha256};

const VERSION: &str = "v1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const KEY_ID_BYTES: usize = 4;

/// The keys, the newest first: it seals, and each opens what it has sealed.
#[derive(Clone)]
pub struct Keys(Arc<[SealingKey]>);

struct SealingKey {
    id: String,
    cipher: Aes256Gcm,
}

/// Where a token is kept. Moved elsewhere it does not open.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// `github` …
    pub provider: &'a str,
    /// The provider's id of the account.
    pub account: &'a str,
    /// `access_token` …
    pub column: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> String {
        format!("accounts:{}:{}:{}", self.provider, self.account, self.column)
    }
}

impl Keys {
    /// From keys of 64 hex digits separated by commas; `None` when there is none or one is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let keys: Option<Arc<[SealingKey]>> = text.split(',').map(|key| SealingKey::parse(key.trim())).collect();
        keys.map(Keys)
    }

    /// Seals `token` for its place.
    pub fn seal(&self, token: &str, place: Place<'_>) -> Option<String> {
        let key = self.0.first()?;
        let mut nonce = [0; NONCE_BYTES];
        fill_random(&mut nonce);
        let data = place.associated_data();
        let payload = Payload { msg: token.as_bytes(), aad: data.as_bytes() };
        let ciphertext = key.cipher.encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload).ok()?;
        let sealed = URL_SAFE_NO_PAD.encode([&nonce[..], &ciphertext].concat());
        Some(format!("{VERSION}.{}.{sealed}", key.id))
    }

    /// What was sealed for this place; `None` when the key is gone, or it was sealed elsewhere or changed.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing calls a provider on a person's behalf yet"))]
    pub fn open(&self, text: &str, place: Place<'_>) -> Option<String> {
        let [VERSION, id, sealed] = text.splitn(3, '.').collect::<Vec<_>>()[..] else { return None };
        let key = self.0.iter().find(|key| key.id == id)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let data = place.associated_data();
        let payload = Payload { msg: ciphertext, aad: data.as_bytes() };
        let token = key.cipher.decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).ok()?;
        String::from_utf8(token).ok()
    }
}

impl SealingKey {
    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = from_hex(text)?.try_into().ok()?;
        let id = hex(&sha256(bytes)[..KEY_ID_BYTES]);
        Some(SealingKey { id, cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(bytes)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { provider: "github", account: "123", column: "access_token" };

    fn keys(list: &[u8]) -> Keys {
        let list: Vec<_> = list.iter().map(|byte| hex(&[*byte; KEY_BYTES])).collect();
        Keys::parse(&list.join(", ")).unwrap()
    }

    #[test]
    fn a_token_opens_in_its_place_and_nowhere_else() {
        let keys = keys(&[1]);
        let sealed = keys.seal("gho_secret", PLACE).unwrap();
        assert!(!sealed.contains("gho_secret"));
        assert!(sealed.starts_with("v1.72cd6e84."), "the start of SHA-256 of 32 bytes 01: {sealed}");
        assert_eq!(keys.open(&sealed, PLACE).as_deref(), Some("gho_secret"));
        assert_ne!(keys.seal("gho_secret", PLACE).unwrap(), sealed, "a nonce is used once");
        for elsewhere in [
            Place { provider: "google", ..PLACE },
            Place { account: "124", ..PLACE },
            Place { column: "refresh_token", ..PLACE },
        ] {
            assert_eq!(keys.open(&sealed, elsewhere), None);
        }
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let keys = keys(&[1]);
        let sealed = keys.seal("gho_secret", PLACE).unwrap();
        let (head, tail) = sealed.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(tail).unwrap();
        for place in [0, NONCE_BYTES, bytes.len() - 1] {
            bytes[place] ^= 1;
            assert_eq!(keys.open(&format!("{head}.{}", URL_SAFE_NO_PAD.encode(&bytes)), PLACE), None, "byte {place}");
            bytes[place] ^= 1;
        }
        for malformed in
            ["", "v1", "v1..", head, &sealed.replace("v1", "v2"), &format!("{head}.AAAA"), &format!("{sealed}.x")]
        {
            assert_eq!(keys.open(malformed, PLACE), None, "{malformed}");
        }
    }

    #[test]
    fn a_replaced_key_opens_and_the_new_one_seals() {
        let sealed = keys(&[1]).seal("gho_secret", PLACE).unwrap();
        let rotated = keys(&[2, 1]);
        assert_eq!(rotated.open(&sealed, PLACE).as_deref(), Some("gho_secret"));
        assert_eq!(keys(&[2]).open(&sealed, PLACE), None);
        let anew = rotated.seal("gho_secret", PLACE).unwrap();
        assert_eq!(keys(&[1]).open(&anew, PLACE), None);
        assert_eq!(keys(&[2]).open(&anew, PLACE).as_deref(), Some("gho_secret"));
    }

    #[test]
    fn a_malformed_key_is_refused() {
        let good = "ab".repeat(KEY_BYTES);
        assert!(Keys::parse(&good).is_some());
        for bad in ["", ",", "abcd", &good[1..], &format!("{good}ab"), &format!("{good},"), &format!("{good},xyz")] {
            assert!(Keys::parse(bad).is_none(), "{bad}");
        }
    }
}
