//! Folders of packages that npm and pip install for the project alone: one for each set of packages, so that another
//! version is another folder.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    console::{Step, note},
    error::{Doing, LocalError},
};

/// Two runs at once must not write to the same folder. The lock goes with the process that holds it; who waits for it is
/// told what the other is doing.
pub async fn lock(folder: &Path, doing: &str) -> Result<File, LocalError> {
    let path = folder.join("lock");
    let file = File::create(&path).doing(|| format!("open {}", path.display()))?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    note(format!("Another run is {doing}: waiting for it …"));
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    let locked =
        locked.map_err(|_| LocalError::said(format!("The wait for another run was interrupted ({doing}).")))?;
    locked.doing(|| format!("lock {}", path.display()))
}

/// The folder with these packages, below `folder`, filled by `install` unless it is there. `tag` is what they are for: the
/// version and the platform of what runs them. The caller holds the lock of `folder`.
pub async fn installed(
    packages: &[&str],
    tag: &str,
    folder: &Path,
    install: impl AsyncFnOnce(&Path) -> Result<(), LocalError>,
) -> Result<PathBuf, LocalError> {
    let target = folder.join(name(packages, tag));
    if !target.exists() {
        let names = packages.join(", ");
        let step = Step::start(format!("Installing {names} …"));
        // Renamed when complete: a killed run leaves a draft, which the next one replaces.
        let draft = target.with_extension("draft");
        if draft.exists() {
            fs::remove_dir_all(&draft).doing(|| format!("remove {}", draft.display()))?;
        }
        install(&draft).await?;
        fs::rename(&draft, &target).doing(|| format!("put {} into place", target.display()))?;
        step.done(format!("{names} are in {}", target.display()));
    }
    Ok(target)
}

fn name(packages: &[&str], tag: &str) -> String {
    let digest = Sha256::digest(format!("{tag} {}", packages.join(" ")));
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn other_packages_or_another_platform_have_another_folder() {
        let first = name(&["a@1", "b@1"], "20.1.0\nlinux\nx64");
        assert_eq!(first, name(&["a@1", "b@1"], "20.1.0\nlinux\nx64"));
        assert_ne!(first, name(&["a@1", "b@2"], "20.1.0\nlinux\nx64"));
        assert_ne!(first, name(&["a@1", "b@1"], "22.1.0\nlinux\nx64"));
    }
}
