//! Apple takes no fixed secret: we sign one for each exchange with a key that it knows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use openidconnect::ClientSecret;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer;
use p256::pkcs8::DecodePrivateKey;
use serde_json::json;

/// Seconds that a signed secret is good for: one exchange.
const LIFETIME_SECONDS: i64 = 300;
/// Whom the secret is for.
const AUDIENCE: &str = "https://appleid.apple.com";

/// A key made in Apple's developer account.
pub struct SigningKey {
    key: p256::ecdsa::SigningKey,
    key_id: String,
    team_id: String,
}

impl SigningKey {
    /// From the file that Apple offers for download (PKCS #8 in PEM); `None` when it is none.
    pub fn parse(pem: &str, key_id: &str, team_id: &str) -> Option<Self> {
        // Some places keep a variable on one line.
        let pem = pem.replace("\\n", "\n");
        let key = p256::ecdsa::SigningKey::from_pkcs8_pem(pem.trim()).ok()?;
        Some(SigningKey { key, key_id: key_id.to_owned(), team_id: team_id.to_owned() })
    }

    /// A secret for the client `client_id`: a JWT, ES256.
    pub fn client_secret(&self, client_id: &str, now: Timestamp) -> ClientSecret {
        let header = json!({ "alg": "ES256", "kid": self.key_id });
        let claims = json!({
            "iss": self.team_id,
            "iat": now.as_second(),
            "exp": now.as_second() + LIFETIME_SECONDS,
            "aud": AUDIENCE,
            "sub": client_id,
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature: Signature = self.key.sign(signed.as_bytes());
        ClientSecret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier;
    use serde_json::Value;

    use super::*;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
        OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n\
        1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn a_secret_says_who_for_whom_and_how_long_and_its_signature_is_good() {
        let key = SigningKey::parse(PEM, "KEY1234567", "TEAM123456").unwrap();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let secret = key.client_secret("land.spike.web", now);
        let parts: Vec<_> = secret.secret().split('.').collect();
        let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(json(parts[0]), json!({ "alg": "ES256", "kid": "KEY1234567" }));
        let claims = json!({
            "iss": "TEAM123456", "iat": 1_700_000_000, "exp": 1_700_000_300,
            "aud": "https://appleid.apple.com", "sub": "land.spike.web",
        });
        assert_eq!(json(parts[1]), claims);
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        key.key.verifying_key().verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_on_one_line_is_taken_and_another_file_is_not() {
        assert!(SigningKey::parse(&PEM.replace('\n', "\\n"), "k", "t").is_some());
        assert!(SigningKey::parse(&PEM.replace("MIGH", "MIGG"), "k", "t").is_none());
        assert!(SigningKey::parse("a secret", "k", "t").is_none());
    }
}
