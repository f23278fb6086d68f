//! Whether an ID token is the provider's, for us, for this sign-in, and still good.

use jiff::Timestamp;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{ClaimsVerificationError, Nonce, SignatureVerificationError};
use shared::secret::constant_time_eq;

use super::failure::Failure;
use super::provider::Provider;
use super::requests::Http;

/// Not `none`, and nothing that a leaked client secret could forge.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 2] =
    [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256];

/// What the token says, if all of it is to be believed. `nonce` is what the sign-in was started with; without one, only a
/// token without one is taken.
pub async fn verified(
    provider: &Provider,
    token: &CoreIdToken,
    nonce: Option<&Nonce>,
    http: &Http,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, Failure> {
    let check = |keys| checked(provider, token, nonce, keys, now);
    let untrusted = |error: ClaimsVerificationError| Failure::Untrusted(chain(&error));
    match check(provider.discovery.keys(http, now).await?) {
        // Signed with a key that is newer than those we know.
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            check(provider.discovery.newest_keys(http, now).await?).map_err(untrusted)
        }
        checked => checked.map_err(untrusted),
    }
}

fn checked(
    provider: &Provider,
    token: &CoreIdToken,
    expected: Option<&Nonce>,
    keys: CoreJsonWebKeySet,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let moment =
        chrono::DateTime::from_timestamp(now.as_second(), 0).unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC);
    let verifier = CoreIdTokenVerifier::new_public_client(provider.client_id.clone(), provider.issuer.clone(), keys)
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || moment);
    let nonce = |given: Option<&Nonce>| match (expected, given) {
        (Some(expected), Some(given)) if constant_time_eq(expected.secret(), given.secret()) => Ok(()),
        (None, None) => Ok(()),
        _ => Err("it is not that of this sign-in".to_owned()),
    };
    token.claims(&verifier, nonce).cloned()
}

fn chain(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(cause) => format!("{error}: {cause}"),
        _ => error.to_string(),
    }
}
