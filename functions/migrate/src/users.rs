//! The people of a seed: from what the event says to rows without a password or key in them.

use serde::{Deserialize, Serialize};
use shared::Config;
use shared::api_key;
use shared::ids::{Email, user_id};
use shared::limits::PASSWORD_CHARACTERS;
use shared::secret::{Secret, hex, sha256};

use crate::error::MigrateError;

/// A person to seed, as the event gives it. Printed without its secrets.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedUser {
    /// The e-mail address, which names the person.
    pub email: String,
    /// The password, at least 8 characters.
    pub password: String,
    /// USER, ADMIN or SUPER_ADMIN.
    pub role: String,
    /// What the person is called; the part before the @ without it.
    pub name: Option<String>,
    /// The key `sk_test_…` that programs use in the person's name, if any.
    pub api_key: Option<String>,
}

impl std::fmt::Debug for SeedUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedUser").field("email", &self.email).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A person as the seed's SQL reads it.
#[derive(Debug, Clone, Serialize)]
pub struct UserRow {
    id: String,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    /// SHA-256 in hex.
    api_key_hash: Option<String>,
    api_key_prefix: Option<String>,
}

/// Ids, hashes and what may be shown, for the SQL that has neither the salt nor the hash function.
///
/// # Errors
/// A user isn't acceptable (the message has neither password nor key), or the salt of user ids is not configured.
pub fn prepare_users(users: &[SeedUser], config: &Config) -> Result<Vec<UserRow>, MigrateError> {
    let salt = config.user_id_salt()?;
    users.iter().map(|user| prepare(user, &salt)).collect()
}

fn prepare(user: &SeedUser, salt: &Secret) -> Result<UserRow, MigrateError> {
    let refuse = |reason: &str| MigrateError::Request(format!("the user {} can't be seeded: {reason}", user.email));
    let email = Email::parse(&user.email).ok_or_else(|| refuse("\"email\" is no e-mail address"))?;
    if !PASSWORD_CHARACTERS.contains(&user.password.chars().count()) {
        return Err(refuse("\"password\" must have at least 8 characters"));
    }
    if !["USER", "ADMIN", "SUPER_ADMIN"].contains(&user.role.as_str()) {
        return Err(refuse("\"role\" must be USER, ADMIN or SUPER_ADMIN"));
    }
    let api_key_prefix = match &user.api_key {
        None => None,
        Some(key) => Some(
            shown_key(key)
                .ok_or_else(|| refuse("\"apiKey\" must be sk_test_ and at least 32 letters, digits, - or _"))?,
        ),
    };
    let password_hash = shared::password::hash(&user.password).map_err(|error| refuse(&error.to_string()))?;
    let name = user.name.clone().unwrap_or_else(|| email.as_str().split('@').next().unwrap_or_default().to_owned());
    Ok(UserRow {
        id: user_id(&email, salt),
        email: email.as_str().to_owned(),
        name,
        role: user.role.clone(),
        password_hash,
        api_key_hash: user.api_key.as_ref().map(|key| hex(&sha256(key))),
        api_key_prefix,
    })
}

/// What a list shows of a key. `None` if it can't be a key of a test database.
fn shown_key(key: &str) -> Option<String> {
    let random = key.strip_prefix("sk_test_")?;
    let plain = random.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    (plain && random.len() >= 32).then(|| api_key::shown(key))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use shared::Config;

    use super::{SeedUser, prepare_users};

    const KEY: &str = "sk_test_0123456789012345678901234567890123456789abc";

    fn user() -> SeedUser {
        SeedUser {
            email: " Demo@Example.com".to_owned(),
            password: "correct horse".to_owned(),
            role: "ADMIN".to_owned(),
            name: None,
            api_key: Some(KEY.to_owned()),
        }
    }

    fn config() -> Config {
        let pairs = [("ENVIRONMENT", "test"), ("USER_ID_SALT", "0123456789012345678901234567890123456789")];
        Config::from_variables(HashMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))).unwrap()
    }

    #[test]
    fn a_row_has_no_secret_in_it() {
        let rows = prepare_users(&[user()], &config()).unwrap();
        let text = serde_json::to_string(&rows).unwrap();
        let row = &serde_json::to_value(&rows).unwrap()[0];
        assert_eq!(row["email"], "demo@example.com");
        assert_eq!(row["name"], "demo");
        assert_eq!(row["api_key_prefix"], "sk_test...9abc");
        assert_eq!(row["api_key_hash"].as_str().unwrap().len(), 64);
        assert!(row["id"].as_str().unwrap().starts_with("user_"));
        assert!(row["password_hash"].as_str().unwrap().starts_with("$argon2id$"));
        assert!(!text.contains("correct horse") && !text.contains(KEY), "{text}");
        assert!(!format!("{:?}", user()).contains("horse"));
    }

    #[test]
    fn what_cannot_be_seeded_is_refused_without_its_secrets() {
        let broken: [fn(&mut SeedUser); 4] = [
            |user| user.email = "nobody".to_owned(),
            |user| user.password = "horse".to_owned(),
            |user| user.role = "KING".to_owned(),
            |user| user.api_key = Some("sk_live_0123456789012345678901234567890123456789".to_owned()),
        ];
        for (index, change) in broken.into_iter().enumerate() {
            let mut user = user();
            change(&mut user);
            let said = prepare_users(&[user], &config()).unwrap_err().to_string();
            assert!(
                said.contains("can't be seeded") && !said.contains("horse") && !said.contains("sk_live"),
                "{index}: {said}"
            );
        }
    }
}
