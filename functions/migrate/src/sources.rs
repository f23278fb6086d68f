//! The project's sources, for the commands that work on them. A deployed function has none.

use std::path::{Path, PathBuf};

use crate::error::MigrateError;
use crate::file_name;

/// The project's folder: the nearest one above with migrations in it.
///
/// # Errors
/// There is none, as in a deployed function.
pub(crate) fn root() -> Result<PathBuf, MigrateError> {
    let here = std::env::current_dir().map_err(|error| MigrateError::Files(error.to_string()))?;
    let found = here.ancestors().find(|folder| folder.join("migrations").is_dir());
    found.map(Path::to_path_buf).ok_or_else(|| {
        MigrateError::Files(
            "the project's sources are not here (no folder migrations/ in this folder or above it): run this as `cargo db` \
             in the project; a deployed function has no sources"
                .to_owned(),
        )
    })
}

/// The SQL files of a folder, in the order of their names, with their texts.
pub(crate) fn sql_files(folder: &Path) -> Result<Vec<(PathBuf, String)>, MigrateError> {
    let unreadable =
        |error: std::io::Error| MigrateError::Files(format!("{} can't be read ({error})", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(file_name::is_embedded) {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            files.push((path, text));
        }
    }
    files.sort();
    Ok(files)
}
