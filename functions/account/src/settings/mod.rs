//! `/api/settings/*`: all of it needs a session, and touches nobody but its holder.

pub mod api_keys;
pub mod leave;
mod own_password;
pub mod password;
pub mod preferences;
pub mod sessions;

use serde::Serialize;
use utoipa::ToSchema;

/// It was done.
#[derive(Serialize, ToSchema)]
pub struct SettingsChanged {
    success: bool,
    /// What was done, in a sentence for people.
    message: &'static str,
}

impl SettingsChanged {
    fn new(message: &'static str) -> Self {
        SettingsChanged { success: true, message }
    }
}
