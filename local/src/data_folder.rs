//! The folder that keeps a stack's data between runs: which one, whose, and that only one run uses it.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    error::{Doing, LocalError},
    server_user::{ServerUser, passable_folder},
};

/// Says that this tool made a folder, so that it may also remove it.
const MARKER: &str = ".made-by-cargo-dev";
const MARKER_TEXT: &str = "`cargo dev up` made this folder and `cargo dev up --fresh` empties it.\n";
const LOCK: &str = "lock";
/// For root, when the servers' account can't reach the project.
const ROOT_FOLDER: &str = "/var/lib/spike-land";

/// A data folder that is ours until this is dropped.
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Where the data of a project is when nobody says otherwise: inside the project, or, when the servers' account can't go there,
    /// in a system folder.
    pub fn default_path(project: &Path, user: Option<&ServerUser>) -> PathBuf {
        match user {
            Some(user) if !user.can_reach(project) => {
                let digest = Sha256::digest(project.to_string_lossy().as_bytes());
                let name: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
                Path::new(ROOT_FOLDER).join(name)
            }
            _ => project.join(".dev/data"),
        }
    }

    /// Makes the folder when it is missing and takes it for this run. `fresh` empties it first.
    ///
    /// # Errors
    /// When another run uses it, when it has things in it that this tool did not put there, or when the servers can't reach it.
    pub fn take(path: &Path, fresh: bool, user: Option<&ServerUser>) -> Result<Self, LocalError> {
        let path = std::path::absolute(path).doing(|| format!("find {}", path.display()))?;
        check_owner(&path)?;
        if let Some(user) = user.filter(|user| !user.can_reach(&path)) {
            return Err(LocalError::said(format!(
                "PostgreSQL runs as `{}`, which can't reach {}: choose another folder with --data, such as /var/lib/spike-land.",
                user.name,
                path.display()
            )));
        }
        passable_folder(&path)?;
        let lock = lock(&path)?;
        if fresh {
            empty(&path)?;
        }
        let marker = path.join(MARKER);
        fs::write(&marker, MARKER_TEXT).doing(|| format!("write {}", marker.display()))?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A folder with a stranger's files is left alone.
fn check_owner(path: &Path) -> Result<(), LocalError> {
    let Ok(mut entries) = fs::read_dir(path) else { return Ok(()) };
    if path.join(MARKER).exists() || entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)) {
        return Ok(());
    }
    Err(LocalError::said(format!(
        "{} has files in it that `cargo dev` did not make: choose an empty or a new folder with --data.",
        path.display()
    )))
}

/// The lock goes with the process that holds it: a killed run leaves none.
fn lock(path: &Path) -> Result<File, LocalError> {
    let file_path = path.join(LOCK);
    let file = File::create(&file_path).doing(|| format!("open {}", file_path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LocalError::said(format!(
            "Another `cargo dev` uses {}: stop it, or choose another folder with --data.",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(error).doing(|| format!("lock {}", file_path.display())),
    }
}

/// Removes everything but the lock, which is held.
fn empty(path: &Path) -> Result<(), LocalError> {
    for entry in fs::read_dir(path).doing(|| format!("read {}", path.display()))?.flatten() {
        let inside = entry.path();
        if entry.file_name() == LOCK {
            continue;
        }
        let removed = if inside.is_dir() { fs::remove_dir_all(&inside) } else { fs::remove_file(&inside) };
        removed.doing(|| format!("remove {}", inside.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::DataFolder;
    use std::fs;

    #[test]
    fn one_run_at_a_time_and_only_in_a_folder_of_our_own() {
        let root = std::env::temp_dir().join(format!("local-data-{}", std::process::id()));
        let path = root.join("data");
        let first = DataFolder::take(&path, false, None).unwrap();
        let second = DataFolder::take(&path, false, None).err().unwrap().to_string();
        assert!(second.contains("Another `cargo dev` uses"), "{second}");
        fs::write(first.path().join("file"), "").unwrap();
        drop(first);
        assert!(DataFolder::take(&path, true, None).is_ok());
        assert!(!path.join("file").exists());

        let stranger = root.join("stranger");
        fs::create_dir_all(&stranger).unwrap();
        fs::write(stranger.join("thesis.txt"), "").unwrap();
        assert!(DataFolder::take(&stranger, true, None).is_err());
        assert!(stranger.join("thesis.txt").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
