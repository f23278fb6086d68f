//! The data folder: made once by `initdb`, then only checked.

use std::{fs, path::Path};

use super::{PostgresSettings, SUPERUSER};
use crate::{
    command::run_as,
    error::{Doing, LocalError},
    secret,
    server_user::{private_file, private_folder},
    tools::PostgresTools,
};

/// PostgreSQL's own folder inside the server's folder.
pub const DATA: &str = "data";
/// Beside it: how the superuser logs in.
pub const PASSWORD: &str = "superuser-password";
/// The first version with a locale of its own, the same on every system.
const FIRST_WITH_BUILTIN_LOCALE: u32 = 17;

/// The major version that made the data in a server's folder; `None` when there is none yet.
pub fn major_version(folder: &Path) -> Option<u32> {
    fs::read_to_string(folder.join(DATA).join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Makes the data folder when it is missing. Answers the superuser's password.
pub async fn prepare(settings: &PostgresSettings) -> Result<String, LocalError> {
    let folder = &settings.folder;
    let user = settings.user.as_ref();
    private_folder(folder, user)?;
    let password_file = folder.join(PASSWORD);
    match major_version(folder) {
        Some(made) if made == settings.tools.major => {
            let password = fs::read_to_string(&password_file).doing(|| {
                format!("read {} (without it nobody can log in; `--fresh` starts over)", password_file.display())
            })?;
            return Ok(password.trim().to_owned());
        }
        Some(made) => {
            return Err(LocalError::said(format!(
                "The data in {} was made by PostgreSQL {made} and this is PostgreSQL {}: install PostgreSQL {made}, or start over with --fresh.",
                folder.display(),
                settings.tools.major
            )));
        }
        None => {}
    }

    let password = secret::random(24)?;
    private_file(&password_file, &password, user)?;
    // Renamed when complete: a run that is killed here leaves nothing that looks like data.
    let draft = folder.join("data.new");
    if draft.exists() {
        fs::remove_dir_all(&draft).doing(|| format!("remove {}", draft.display()))?;
    }
    let mut arguments = vec![
        format!("--pgdata={}", draft.display()),
        format!("--username={SUPERUSER}"),
        format!("--pwfile={}", password_file.display()),
        "--auth=scram-sha-256".to_owned(),
        "--encoding=UTF8".to_owned(),
        // Damaged pages are noticed when they are read.
        "--data-checksums".to_owned(),
        "--no-sync".to_owned(),
        "--no-instructions".to_owned(),
    ];
    arguments.extend(locale(settings.tools.major));
    run_as(settings.tools.program("initdb"), &arguments, &settings.tools.environment(), user).await?;
    let data = folder.join(DATA);
    fs::rename(&draft, &data).doing(|| format!("put {} into place", data.display()))?;
    Ok(password)
}

/// Unicode's rules for upper and lower case and byte order for sorting, wherever that can be had.
fn locale(major: u32) -> Vec<String> {
    if major >= FIRST_WITH_BUILTIN_LOCALE {
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"].map(str::to_owned).into();
    }
    // macOS has no C.UTF-8.
    let name = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
    vec![format!("--locale={name}")]
}

/// Whether the installation can count statements, for `pg_stat_statements`.
pub fn has_statement_statistics(tools: &PostgresTools) -> bool {
    let Some(root) = tools.bin.parent() else { return false };
    let places = ["lib", "lib/postgresql", "lib64/pgsql", "lib/pgsql"];
    let names = ["pg_stat_statements.so", "pg_stat_statements.dylib"];
    places.iter().any(|place| names.iter().any(|name| root.join(place).join(name).exists()))
}
