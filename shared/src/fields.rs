//! Fields that more than one form has, each refused with its own sentence.

use crate::error::ApiError;
use crate::ids::Email;
use crate::limits;
use serde::{Deserialize, Deserializer};

/// A text, or nothing when the field is missing or something else: the field's own sentence says so.
///
/// # Errors
/// The body is no JSON.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// The e-mail address, normalised.
///
/// # Errors
/// [`ApiError::InvalidField`].
pub fn email(text: Option<&str>) -> Result<Email, ApiError> {
    let text = text.filter(|text| !text.trim().is_empty()).ok_or_else(|| invalid("email", "Email is required"))?;
    Email::parse(text).ok_or_else(|| invalid("email", "Invalid email format"))
}

/// A password to sign in with: anything that was typed.
///
/// # Errors
/// [`ApiError::InvalidField`].
pub fn given_password(text: Option<&str>) -> Result<&str, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| invalid("password", "Password is required"))?;
    at_most(text)
}

/// A password to have from now on.
///
/// # Errors
/// [`ApiError::InvalidField`].
pub fn new_password(text: Option<&str>) -> Result<&str, ApiError> {
    let text = given_password(text)?;
    if text.chars().count() < *limits::PASSWORD_CHARACTERS.start() {
        return Err(invalid("password", "Password must be at least 8 characters"));
    }
    Ok(text)
}

/// What a person calls themselves, trimmed; nothing counts as none.
///
/// # Errors
/// [`ApiError::InvalidField`].
pub fn name(text: Option<&str>) -> Result<Option<&str>, ApiError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > limits::NAME_CHARACTERS || text.chars().any(char::is_control) => {
            Err(invalid("name", "Name must be at most 100 characters, without control characters"))
        }
        _ => Ok(text),
    }
}

fn at_most(text: &str) -> Result<&str, ApiError> {
    match text.chars().count() > *limits::PASSWORD_CHARACTERS.end() {
        true => Err(invalid("password", "Password must be at most 1024 characters")),
        false => Ok(text),
    }
}

/// A field that is refused for this reason.
pub fn invalid(field: &'static str, message: &'static str) -> ApiError {
    ApiError::InvalidField { field, message }
}
