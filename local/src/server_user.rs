//! The account that servers run as. PostgreSQL and PgBouncer refuse to run as root.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

use nix::unistd::{Gid, Uid, User};

use crate::error::{Doing, LocalError};

/// Accounts to use when this process is root, the best first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An unprivileged account.
#[derive(Debug, Clone)]
pub struct ServerUser {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: Uid,
    /// Its group's number.
    pub gid: Gid,
}

impl ServerUser {
    /// The account for servers when this process is root; `None` when servers simply run as the present user.
    pub fn choose() -> Result<Option<Self>, LocalError> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        for name in CANDIDATES {
            if let Some(user) = User::from_name(name).doing(|| "look up an account")? {
                return Ok(Some(Self { name: user.name, uid: user.uid, gid: user.gid }));
            }
        }
        Err(LocalError::said(
            "PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`: run this as an ordinary user.",
        ))
    }

    /// Whether this account may go through `path` and every folder above it.
    pub fn can_reach(&self, path: &Path) -> bool {
        path.ancestors().filter_map(|folder| fs::metadata(folder).ok()).all(|found| {
            let shift = match found {
                _ if found.uid() == self.uid.as_raw() => 6,
                _ if found.gid() == self.gid.as_raw() => 3,
                _ => 0,
            };
            found.mode() >> shift & 1 == 1
        })
    }
}

/// Makes a folder, and those above it that are missing, so that other accounts can go through them whatever the umask is.
pub fn passable_folder(path: &Path) -> Result<(), LocalError> {
    let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(path).doing(|| format!("make the folder {}", path.display()))?;
    for folder in missing {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .doing(|| format!("open {}", folder.display()))?;
    }
    Ok(())
}

/// Makes a folder that only the server's account may enter.
pub fn private_folder(path: &Path, user: Option<&ServerUser>) -> Result<(), LocalError> {
    fs::create_dir_all(path).doing(|| format!("make the folder {}", path.display()))?;
    restrict(path, 0o700, user)
}

/// Writes a file that only the server's account may read.
pub fn private_file(path: &Path, text: &str, user: Option<&ServerUser>) -> Result<(), LocalError> {
    let draft = path.with_added_extension("new");
    // Restricted before anything secret is in it, renamed so that a reader never sees half of it.
    fs::write(&draft, "").doing(|| format!("write {}", draft.display()))?;
    restrict(&draft, 0o600, user)?;
    fs::write(&draft, text).doing(|| format!("write {}", draft.display()))?;
    fs::rename(&draft, path).doing(|| format!("write {}", path.display()))
}

fn restrict(path: &Path, mode: u32, user: Option<&ServerUser>) -> Result<(), LocalError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).doing(|| format!("protect {}", path.display()))?;
    if let Some(user) = user {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .doing(|| format!("give {} to {}", path.display(), user.name))?;
    }
    Ok(())
}
