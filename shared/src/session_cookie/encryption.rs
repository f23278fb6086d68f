//! A256CBC-HS512 (RFC 7518 §5.2.5): AES-256 in CBC mode, and over all of it an HMAC-SHA-512 cut in half.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use subtle::ConstantTimeEq;

/// Bytes of a key: one half authenticates, the other encrypts.
pub const KEY_BYTES: usize = 64;
/// Bytes of an initialisation vector.
pub const IV_BYTES: usize = 16;
/// Bytes of a tag.
pub const TAG_BYTES: usize = 32;

/// A key, in its two halves.
pub struct Key {
    authentication: [u8; KEY_BYTES / 2],
    encryption: [u8; KEY_BYTES / 2],
}

impl Key {
    /// The first half authenticates, the second encrypts.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let (mut authentication, mut encryption) = ([0; KEY_BYTES / 2], [0; KEY_BYTES / 2]);
        authentication.copy_from_slice(&bytes[..KEY_BYTES / 2]);
        encryption.copy_from_slice(&bytes[KEY_BYTES / 2..]);
        Key { authentication, encryption }
    }

    /// The ciphertext and the tag, which also vouches for `associated`. An `iv` is used once.
    pub fn seal(&self, associated: &[u8], iv: &[u8; IV_BYTES], plaintext: &[u8]) -> (Vec<u8>, [u8; TAG_BYTES]) {
        let cipher = cbc::Encryptor::<Aes256>::new(&self.encryption.into(), iv.into());
        let ciphertext = cipher.encrypt_padded_vec::<Pkcs7>(plaintext);
        let tag = self.tag(associated, iv, &ciphertext);
        (ciphertext, tag)
    }

    /// The plaintext; `None` unless the tag is that of this key and all the rest. Nothing is decrypted before.
    pub fn open(&self, associated: &[u8], iv: &[u8], ciphertext: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        let iv: &[u8; IV_BYTES] = iv.try_into().ok()?;
        let expected = self.tag(associated, iv, ciphertext);
        if !bool::from(expected.ct_eq(tag)) {
            return None;
        }
        let cipher = cbc::Decryptor::<Aes256>::new(&self.encryption.into(), iv.into());
        cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()
    }

    fn tag(&self, associated: &[u8], iv: &[u8; IV_BYTES], ciphertext: &[u8]) -> [u8; TAG_BYTES] {
        // HMAC takes a key of any length; the error type is the trait's, not this algorithm's.
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.authentication)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        let associated_bits = (associated.len() as u64) * 8;
        for part in [associated, iv, ciphertext, &associated_bits.to_be_bytes()] {
            mac.update(part);
        }
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG_BYTES]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{from_hex, hex};

    const PLAINTEXT: &[u8] =
        b"A cipher system must not be required to be secret, and it must be able to fall into the \
        hands of the enemy without inconvenience";
    const ASSOCIATED: &[u8] = b"The second principle of Auguste Kerckhoffs";
    const IV: &str = "1af38c2dc2b96ffdd86694092341bc04";
    const CIPHERTEXT: &str = "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd\
        822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a1\
        1a09ccf5370dc80bfecbad28c73f09b3a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950b\
        be2638d09dd7a4930930806d0703b1f6";
    const TAG: &str = "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5";

    fn key() -> Key {
        Key::new(std::array::from_fn(|index| u8::try_from(index).unwrap()))
    }

    #[test]
    fn it_is_the_one_of_rfc_7518_appendix_b_3() {
        let iv = from_hex(IV).unwrap();
        let (ciphertext, tag) = key().seal(ASSOCIATED, iv[..].try_into().unwrap(), PLAINTEXT);
        assert_eq!((hex(&ciphertext).as_str(), hex(&tag).as_str()), (CIPHERTEXT, TAG));
        assert_eq!(key().open(ASSOCIATED, &iv, &ciphertext, &tag).as_deref(), Some(PLAINTEXT));
    }

    #[test]
    fn every_bit_counts_and_no_length_panics() {
        let (iv, ciphertext, tag) = (from_hex(IV).unwrap(), from_hex(CIPHERTEXT).unwrap(), from_hex(TAG).unwrap());
        let parts = [ASSOCIATED.to_vec(), iv, ciphertext, tag];
        let open = |parts: &[Vec<u8>; 4]| key().open(&parts[0], &parts[1], &parts[2], &parts[3]);
        assert!(open(&parts).is_some());
        for part in 0..parts.len() {
            for bit in 0..parts[part].len() * 8 {
                let mut changed = parts.clone();
                changed[part][bit / 8] ^= 1 << (bit % 8);
                assert_eq!(open(&changed), None, "bit {bit} of part {part}");
            }
            for length in (0..parts[part].len()).chain([parts[part].len() + 1]) {
                let mut changed = parts.clone();
                changed[part].resize(length, 0);
                assert_eq!(open(&changed), None, "{length} bytes of part {part}");
            }
        }
    }

    #[test]
    fn what_a_key_holder_pads_wrongly_is_refused() {
        let iv = [0; IV_BYTES];
        for ciphertext in [&[][..], &[1; 15], &[1; 16], &[1; 17]] {
            let tag = key().tag(ASSOCIATED, &iv, ciphertext);
            assert_eq!(key().open(ASSOCIATED, &iv, ciphertext, &tag), None, "{} bytes", ciphertext.len());
        }
    }
}
