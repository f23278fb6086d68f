//! Ids are made by us: prefixed, and ordered by the time they were made. Only user ids come from the e-mail.

use jiff::Timestamp;

use crate::secret::{Secret, hex, hmac_sha256};

/// A new id such as `ses_0190…`: the prefix, an underscore and a UUID v7 in hex.
pub fn new_id(prefix: &str, now: Timestamp) -> String {
    let mut random = [0; 10];
    fill_random(&mut random);
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let uuid = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
    format!("{prefix}_{}", uuid.simple())
}

/// A person's id at sign-up: `user_` and the first 128 bits of HMAC-SHA-256(`salt`, e-mail) in hex.
pub fn user_id(email: &Email, salt: &Secret) -> String {
    derived_user_id(email.as_str(), salt)
}

/// A person's id that is derived from anything else than an e-mail alone: `subject` cannot be one.
pub fn derived_user_id(subject: &str, salt: &Secret) -> String {
    format!("user_{}", hex(&hmac_sha256(salt, &[subject.as_bytes()])[..16]))
}

/// Eight of 32 symbols without 0, O, I and 1, for people to type.
pub fn referral_code() -> String {
    const SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    bytes.iter().map(|byte| char::from(SYMBOLS[usize::from(byte % 32)])).collect()
}

/// Fills `bytes` from the system's secure random numbers.
pub fn fill_random(bytes: &mut [u8]) {
    // The system's generator fails only where nothing else works either: rather stop than hand out a guessable secret.
    if let Err(error) = getrandom::fill(bytes) {
        unreachable!("the system gives no random numbers: {error}");
    }
}

/// An e-mail address: trimmed, lower case, and of a shape that mail can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Normalises and checks `text`; `None` when it is no e-mail address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@')?;
        let local_fits =
            !local.is_empty() && local.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
        let domain_fits = domain.split('.').all(label_fits);
        let length_fits = text.chars().count() <= crate::limits::EMAIL_CHARACTERS;
        (local_fits && domain_fits && length_fits).then_some(Email(text))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label of a domain name: letters, digits and inner hyphens, up to 63.
fn label_fits(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_in_any_form_has_one_id() {
        let salt = Secret::new("salt");
        let id = |text: &str| user_id(&Email::parse(text).unwrap(), &salt);
        assert_eq!(id(" TeSt@Example.com "), id("test@example.com"));
        assert_ne!(id("test@example.com"), user_id(&Email::parse("test@example.com").unwrap(), &Secret::new("other")));
        assert_eq!(id("test@example.com").len(), 37);
    }

    #[test]
    fn addresses_that_collided_in_the_original_do_not() {
        let salt = Secret::new("salt");
        let id = |text: &str| user_id(&Email::parse(text).unwrap(), &salt);
        assert_ne!(id("c5asasc5asc5c5asasasasasasasasasasas@x.io"), id("asc5c5asc5asasc5asasasasasasasasasas@x.io"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in
            ["", "a", "@b.c", "a@", "a@-b.c", "a@b-.c", "a@b..c", "a b@c.d", "a\0@b.c", "é@b.c", "a@b.c\n@", &long]
        {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
        assert!(Email::parse("a@b").is_some(), "a top-level domain alone was always accepted");
    }

    #[test]
    fn ids_are_ordered_by_time() {
        let at = |millisecond| new_id("img", Timestamp::from_millisecond(millisecond).unwrap());
        assert!(at(1_000) < at(1_001));
        assert_ne!(at(1_000), at(1_000));
        assert!(at(1_000).starts_with("img_") && at(1_000).len() == 36);
    }
}
