//! Passwords: Argon2id, and the same time spent whether or not there is an account.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's equal of 19 MiB in 2 passes for small machines: 7 MiB in 5 passes, one lane.
const MEMORY_KIB: u32 = 7 * 1_024;
const PASSES: u32 = 5;
const LANES: u32 = 1;

/// Nobody's hash, of the same cost as a real one: what a sign-in to an unknown account is checked against.
const NOBODYS: &str = "$argon2id$v=19$m=7168,t=5,p=1$bm9ib2R5J3Mgc2FsdCE$bm9ib2R5J3MgaGFzaCwgMzIgYnl0ZXMgbG9uZyEhISE";

/// Why a password could not be hashed: the system gave no random salt.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(argon2::password_hash::Error);

/// The hash of `password` with a fresh salt, in PHC form.
pub fn hash(password: &str) -> Result<String, HashError> {
    let hash = hasher().hash_password(password.as_bytes()).map_err(HashError)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that `stored` was made of. Without a stored hash it works as long and says no.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODYS)) else { return false };
    hasher().verify_password(password.as_bytes(), &parsed).is_ok() && stored.is_some()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{stored}");
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("correct hors", Some(&stored)));
        assert!(PasswordHash::new(NOBODYS).is_ok() && !verify("anything", None));
        assert!(!verify("anything", Some("not a hash")));
    }
}
