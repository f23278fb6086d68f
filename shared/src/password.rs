//! Passwords: Argon2id, the hashes of the system before (bcrypt), and the same time spent whether or not there is an
//! account.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::ids::fill_random;
use crate::secret::constant_time_eq;

/// OWASP's equal of 19 MiB in 2 passes for small machines: 7 MiB in 5 passes, one lane.
const MEMORY_KIB: u32 = 7 * 1_024;
const PASSES: u32 = 5;
const LANES: u32 = 1;
/// Bytes of a hash.
const LENGTH: usize = 32;

/// Argon2's working memory, one for the life of the process: a buffer for each hash would be a new piece of the heap
/// each time and leave a function at five times its size.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Nobody's hashes, of the same cost as real ones: what a sign-in to an unknown account is checked against.
const NOBODYS: &str = "$argon2id$v=19$m=7168,t=5,p=1$bm9ib2R5J3Mgc2FsdCE$bm9ib2R5J3MgaGFzaCwgMzIgYnl0ZXMgbG9uZyEhISE";
const NOBODYS_BCRYPT: &str = "$2b$12$w8X4xEO6HWK/SlE/lDayE.j8nepIqycjThYx2B7UXcbGG4/9hbgMm";

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(String);

/// What a password turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The right one.
    Right,
    /// The right one, and its stored hash is of the system before: store a new one.
    RightButOld,
    /// Not the right one, or there is no account, or it has no password.
    Wrong,
}

impl Verdict {
    /// Whether the password was right.
    pub fn is_right(self) -> bool {
        self != Verdict::Wrong
    }
}

/// The hash of `password` with a fresh salt, in PHC form.
///
/// # Errors
/// The parameters are refused, which a test rules out.
pub fn hash(password: &str) -> Result<String, HashError> {
    let failed = |error: &dyn std::fmt::Display| HashError(error.to_string());
    let mut bytes = [0; Salt::RECOMMENDED_LENGTH];
    fill_random(&mut bytes);
    let salt = Salt::new(&bytes).map_err(|error| failed(&error))?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let written = ParamsString::try_from(&params).map_err(|error| failed(&error))?;
    let output = argon2id(password, &salt, params).map_err(|error| failed(&error))?;
    let hash = PasswordHash {
        algorithm: Ident::new_unwrap("argon2id"),
        version: Some(Version::V0x13.into()),
        params: written,
        salt: Some(salt),
        hash: Some(Output::new(&output).map_err(|error| failed(&error))?),
    };
    Ok(hash.to_string())
}

/// Whether `password` is the one that `stored` was made of. Every "wrong" takes as long as every other: without an
/// account nobody's hash is worked through, and while some people still have bcrypt hashes (`bcrypt_in_use`), both kinds.
pub fn verify(password: &str, stored: Option<&str>, bcrypt_in_use: bool) -> Verdict {
    match stored {
        Some(old) if old.starts_with("$2") => {
            if bcrypt_fits(password, old) {
                return Verdict::RightButOld;
            }
            argon2id_fits(password, NOBODYS);
        }
        known => {
            if argon2id_fits(password, known.unwrap_or(NOBODYS)) && known.is_some() {
                return Verdict::Right;
            }
            if bcrypt_in_use {
                bcrypt_fits(password, NOBODYS_BCRYPT);
            }
        }
    }
    Verdict::Wrong
}

fn argon2id_fits(password: &str, stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    let (Some(salt), Some(expected), Ok(params)) = (&parsed.salt, &parsed.hash, Params::try_from(&parsed)) else {
        return false;
    };
    argon2id(password, salt, params).is_ok_and(|output| constant_time_eq(output, expected.as_bytes()))
}

fn argon2id(password: &str, salt: &[u8], params: Params) -> argon2::Result<[u8; LENGTH]> {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    memory.resize(params.block_count(), Block::new());
    let mut output = [0; LENGTH];
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory.as_mut_slice())?;
    Ok(output)
}

/// bcrypt reads 72 bytes of a password, as the system before let it.
fn bcrypt_fits(password: &str, stored: &str) -> bool {
    bcrypt::verify(password, stored).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{stored}");
        assert_eq!(verify("correct horse", Some(&stored), false), Verdict::Right);
        assert_eq!(verify("correct hors", Some(&stored), true), Verdict::Wrong);
        assert_eq!(verify("anything", None, true), Verdict::Wrong);
        assert_eq!(verify("anything", Some("not a hash"), false), Verdict::Wrong);
    }

    /// A hash that the library itself made, and one of smaller cost, are read as well: the buffer fits any of them.
    #[test]
    fn hashes_of_other_costs_are_read() {
        use argon2::password_hash::PasswordHasher;
        let small = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let stored = small.hash_password(b"correct horse").unwrap().to_string();
        assert_eq!(verify("correct horse", Some(&stored), false), Verdict::Right);
        assert_eq!(verify("correct horses", Some(&stored), false), Verdict::Wrong);
        let again = hash("correct horse").unwrap();
        assert_eq!(verify("correct horse", Some(&again), false), Verdict::Right);
    }

    #[test]
    fn a_bcrypt_hash_is_right_but_old() {
        // Cost 12, made by PyPI's bcrypt 5.0.
        let stored = "$2b$12$imb.x0W/.AOS276SDT0YYOVjbCgk5w32KKF4lLN3gxnkf1IDkgIwa";
        assert_eq!(verify("correct horse", Some(stored), true), Verdict::RightButOld);
        assert_eq!(verify("correct hors", Some(stored), true), Verdict::Wrong);
    }

    /// Otherwise a check against nobody would be over at once and tell who has an account.
    #[test]
    fn nobodys_hashes_are_worked_through() {
        let parsed = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(Params::try_from(&parsed).unwrap().m_cost(), MEMORY_KIB);
        assert!(bcrypt::verify("anything", NOBODYS_BCRYPT).is_ok());
    }
}
