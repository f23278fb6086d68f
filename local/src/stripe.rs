//! Stripe events as Stripe sends them, correctly signed: for `cargo dev buy` and for tests.

pub(crate) mod examples;
mod objects;

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use self::examples::{CHECKOUT_SESSION, EVENT, made};
pub use self::objects::{Monthly, charge, dispute};
use crate::{LocalError, secret};

/// A package of tokens as it is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// The package's id.
    pub id: &'static str,
    /// How many tokens the buyer gets.
    pub tokens: u32,
    /// Its price in pence.
    pub pence: u32,
}

/// What is on sale.
pub const PACKAGES: [Package; 4] = [
    Package { id: "starter", tokens: 10, pence: 299 },
    Package { id: "basic", tokens: 50, pence: 999 },
    Package { id: "pro", tokens: 150, pence: 2499 },
    Package { id: "power", tokens: 500, pence: 6999 },
];

impl Package {
    /// The package of this id.
    ///
    /// # Errors
    /// One sentence that lists the packages.
    pub fn find(id: &str) -> Result<Self, LocalError> {
        PACKAGES.into_iter().find(|package| package.id == id).ok_or_else(|| {
            let known: Vec<_> = PACKAGES.iter().map(|package| package.id).collect();
            LocalError::said(format!("There is no package `{id}`: choose one of {}.", known.join(", ")))
        })
    }
}

/// A paid checkout session of a user who bought a package, with fresh ids.
///
/// # Errors
/// When the system gives no random numbers.
pub fn paid_checkout(user_id: &str, email: &str, package: Package) -> Result<Value, LocalError> {
    let id = fresh_id("cs_test_")?;
    let fields = json!({
        "url": null,
        "created": now_unix_seconds(),
        "expires_at": now_unix_seconds() + 24 * 60 * 60,
        "payment_intent": fresh_id("pi_")?,
        "amount_subtotal": package.pence,
        "amount_total": package.pence,
        "customer_email": email,
        "metadata": {
            "userId": user_id,
            "packageId": package.id,
            // Stripe keeps metadata as text.
            "tokens": package.tokens.to_string(),
            "type": "token_purchase",
        },
        "id": id,
    });
    let mut session = made(CHECKOUT_SESSION, fields)?;
    session["customer_details"]["email"] = email.into();
    Ok(session)
}

/// An event about an object, with a fresh id.
///
/// # Errors
/// When the system gives no random numbers.
pub fn event(kind: &str, object: Value) -> Result<Value, LocalError> {
    let fields = json!({
        "id": fresh_id("evt_")?,
        "type": kind,
        "created": now_unix_seconds(),
        "data": { "object": object },
    });
    made(EVENT, fields)
}

/// The value of the header `Stripe-Signature` for a body that is sent at `unix_seconds`.
///
/// # Errors
/// Never in practice: HMAC takes keys of any length.
pub fn signature(secret: &str, body: &[u8], unix_seconds: u64) -> Result<String, LocalError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|error| LocalError::said(format!("The webhook secret can't be used: {error}")))?;
    mac.update(format!("{unix_seconds}.").as_bytes());
    mac.update(body);
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("t={unix_seconds},v1={digest}"))
}

/// The wall clock, as the sender of a webhook stamps it.
#[expect(clippy::disallowed_methods, reason = "this is Stripe's clock, not that of the functions")]
pub fn now_unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// Stripe's ids have letters and digits only.
pub(crate) fn fresh_id(prefix: &str) -> Result<String, LocalError> {
    Ok(prefix.to_owned() + &secret::random(24)?.replace(['-', '_'], "0"))
}

#[cfg(test)]
mod tests {
    use super::{Package, event, paid_checkout, signature};

    #[test]
    fn the_signature_is_what_stripe_computes() {
        // Computed with: printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let header = signature("whsec_test", br#"{"id":"evt_1"}"#, 1_700_000_000).unwrap();
        assert_eq!(header, "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925");
    }

    #[test]
    fn a_purchase_is_a_full_event_with_ids_of_its_own() {
        let package = Package::find("pro").unwrap();
        let session = paid_checkout("user_1", "ada@example.com", package).unwrap();
        let first = event("checkout.session.completed", session.clone()).unwrap();
        let second = event("checkout.session.completed", session).unwrap();
        assert_ne!(first["id"], second["id"]);
        assert_eq!(first["data"], second["data"]);
        let object = &first["data"]["object"];
        assert_eq!(object["amount_total"], 2499);
        assert_eq!(object["metadata"]["tokens"], "150");
        assert_eq!(object["payment_status"], "paid");
        assert_eq!(object["customer_details"]["email"], "ada@example.com");
        assert!(object.as_object().unwrap().len() > 50, "the whole object as Stripe sends it");
        assert!(Package::find("gold").is_err());
    }
}
