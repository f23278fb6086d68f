//! Stripe's signature scheme v1: HMAC-SHA-256 over `<timestamp>.<raw body>`, several signatures while a secret is rotated.

use http::HeaderMap;
use jiff::Timestamp;
use shared::secret::{from_hex, hmac_sha256_matches};
use shared::{ApiError, Secret, limits};

/// Accepts `payload` if one of `secrets` signed it recently.
pub fn verify(headers: &HeaderMap, payload: &[u8], secrets: &[Secret], now: Timestamp) -> Result<(), ApiError> {
    let header = headers.get("stripe-signature").ok_or(ApiError::SignatureMissing)?;
    let header = header.to_str().map_err(|_| ApiError::SignatureInvalid)?;
    let signed = Signed::parse(header).ok_or(ApiError::SignatureInvalid)?;

    let age = now.as_second().abs_diff(signed.at);
    let parts: [&[u8]; 3] = [signed.timestamp.as_bytes(), b".", payload];
    let genuine = signed
        .signatures
        .iter()
        .any(|signature| secrets.iter().any(|secret| hmac_sha256_matches(secret, &parts, signature)));
    (genuine && age <= limits::STRIPE_TOLERANCE.as_secs()).then_some(()).ok_or(ApiError::SignatureInvalid)
}

struct Signed<'a> {
    /// As it stands in the header: these are the bytes that were signed.
    timestamp: &'a str,
    /// Seconds since 1970.
    at: i64,
    signatures: Vec<Vec<u8>>,
}

impl<'a> Signed<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
        let timestamp = pairs().find(|(name, _)| *name == "t").map(|(_, value)| value)?;
        // A plain number: no sign, no spaces, nothing that reads as one number and signs as another.
        let digits_only = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let at = timestamp.parse().ok().filter(|_| digits_only)?;
        let signatures = pairs().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| from_hex(value)).collect();
        Some(Signed { timestamp, at, signatures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::secret::{hex, hmac_sha256};

    const PAYLOAD: &[u8] = br#"{"id":"evt_1"}"#;

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn sign(secret: &str, timestamp: &str) -> String {
        hex(&hmac_sha256(&Secret::new(secret), &[timestamp.as_bytes(), b".", PAYLOAD]))
    }

    fn accepted(header: &str, payload: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", header.parse().unwrap());
        verify(&headers, payload, &[Secret::new("whsec_new"), Secret::new("whsec_old")], now()).is_ok()
    }

    #[test]
    fn what_either_secret_signed_recently_is_accepted() {
        for secret in ["whsec_new", "whsec_old"] {
            for t in ["1700000000", "1699999700", "1700000300"] {
                assert!(accepted(&format!("t={t},v1={}", sign(secret, t)), PAYLOAD));
            }
        }
        let good = sign("whsec_new", "1700000000");
        assert!(accepted(&format!("t=1700000000, v1={}, v1={good}, v0=00", "00".repeat(32)), PAYLOAD));
        assert!(accepted(&format!("v1={good},t=1700000000"), PAYLOAD));
    }

    #[test]
    fn anything_else_is_refused() {
        let t = "1700000000";
        let good = sign("whsec_new", t);
        for forged in [
            String::new(),
            "t=,v1=".to_owned(),
            format!("v1={good}"),
            format!("t={t}"),
            format!("t={t},v1="),
            format!("t={t},v1={}", &good[..62]),
            format!("t={t},v1={good}00"),
            format!("t={t},v0={good}"),
            format!("t={t},v1={}", "0".repeat(64)),
            format!("t=1700000001,v1={good}"),
            format!("t=+{t},v1={good}"),
            format!("t= {t},v1={good}"),
            format!("t=1699999699,v1={}", sign("whsec_new", "1699999699")),
            format!("t=1700000301,v1={}", sign("whsec_new", "1700000301")),
            format!("t=-1700000000,v1={}", sign("whsec_new", "-1700000000")),
            format!("t=99999999999999999999,v1={}", sign("whsec_new", "99999999999999999999")),
            format!("t={t},v1={}", sign("whsec_other", t)),
            format!("t={t},v1={}", sign("", t)),
        ] {
            assert!(!accepted(&forged, PAYLOAD), "{forged}");
        }
        assert!(!accepted(&format!("t={t},v1={good}"), br#"{"id":"evt_2"}"#), "another payload");
        assert!(verify(&HeaderMap::new(), PAYLOAD, &[Secret::new("whsec_new")], now()).is_err(), "no header");
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", format!("t={t},v1={good}").parse().unwrap());
        assert!(verify(&headers, PAYLOAD, &[], now()).is_err(), "no secret");
    }
}
