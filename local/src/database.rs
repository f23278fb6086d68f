//! A database that is migrated by the real `migrate` binary, run as the command line that it also is.

use std::{collections::BTreeMap, path::Path};

use crate::{LocalError, command};

/// Applies every migration to the database at `direct_url`.
///
/// # Errors
/// What `migrate` said.
pub async fn deploy(binaries: &Path, direct_url: &str) -> Result<(), LocalError> {
    let environment = BTreeMap::from([
        ("ENVIRONMENT".to_owned(), "test".to_owned()),
        ("DIRECT_URL".to_owned(), direct_url.to_owned()),
    ]);
    command::run_as(binaries.join("migrate"), &["deploy"], &environment, None).await?;
    Ok(())
}
