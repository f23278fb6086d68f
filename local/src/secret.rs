//! Fresh secrets for one machine.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::LocalError;

/// `bytes` random bytes as base64url without padding: safe in URLs, files and SQL.
pub fn random(bytes: usize) -> Result<String, LocalError> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer)
        .map_err(|error| LocalError::said(format!("The system gives no random numbers: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(buffer))
}
