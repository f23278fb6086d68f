//! macOS: Homebrew installs what is missing.

use std::path::Path;

use crate::{LocalError, command::run};

const PLACES: [&str; 2] = ["/opt/homebrew/bin/brew", "/usr/local/bin/brew"];

/// Whether this system has Homebrew.
pub fn is_here() -> bool {
    program().is_some()
}

/// Installs a formula. Homebrew itself refuses to run as root.
pub async fn install(formula: &str) -> Result<(), LocalError> {
    let brew = program().ok_or_else(|| LocalError::said("Homebrew is not installed: see https://brew.sh."))?;
    run(brew, &["install", "--quiet", formula]).await.map(|_output| ())
}

fn program() -> Option<&'static str> {
    PLACES.into_iter().find(|place| Path::new(place).exists())
}
