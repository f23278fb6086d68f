//! Debian and Ubuntu: packages are downloaded and unpacked beside the project. One way for root and for everybody else;
//! nothing on the system changes, so no right to install is needed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::{
    command::run,
    error::{Doing, LocalError},
};

const APT: &str = "/usr/bin/apt-get";
const DPKG: &str = "/usr/bin/dpkg-deb";

/// Whether this system has apt.
pub fn is_here() -> bool {
    Path::new(APT).exists() && Path::new(DPKG).exists()
}

/// Unpacks `package`, and what it needs that is not installed, into `folder/name`. The caller holds the folder's lock.
/// `only_missing` leaves out what the system has; otherwise the package itself is fetched in any case.
pub async fn unpack(package: &str, only_missing: bool, folder: &Path, name: &str) -> Result<(), LocalError> {
    // Renamed when complete: a killed run leaves a draft, never half a tool. Holding the lock, any draft is a dead run's.
    let draft = Draft::new(folder.join("draft"))?;
    let apt = Apt::prepare(&draft.path.join("apt"))?;
    apt.call(&["update"]).await?;
    let mut arguments = vec!["install", "--download-only", "--no-install-recommends", "--yes"];
    let meta = if only_missing { None } else { apt.real_package(package).await };
    if !only_missing {
        arguments.push("--reinstall");
    }
    arguments.push(meta.as_deref().unwrap_or(package));
    apt.call(&arguments).await?;

    let root = draft.path.join("root");
    fs::create_dir(&root).doing(|| format!("make {}", root.display()))?;
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).doing(|| format!("open {}", root.display()))?;
    for archive in apt.archives()? {
        run(DPKG, &["--extract", &archive.to_string_lossy(), &root.to_string_lossy()]).await?;
    }
    let target = folder.join(name);
    if target.exists() {
        fs::remove_dir_all(&target).doing(|| format!("remove {}", target.display()))?;
    }
    fs::rename(&root, &target).doing(|| format!("put {} into place", target.display()))
}

/// A folder that is removed when it is no longer needed.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn new(path: PathBuf) -> Result<Self, LocalError> {
        if path.exists() {
            fs::remove_dir_all(&path).doing(|| format!("remove {}", path.display()))?;
        }
        fs::create_dir(&path).doing(|| format!("make {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).doing(|| format!("open {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What is left is removed by the next run.
        let _removed = fs::remove_dir_all(&self.path);
    }
}

/// apt with its own lists and cache, reading only the system's sources and the list of what is installed.
struct Apt {
    configuration: PathBuf,
    archives: PathBuf,
}

impl Apt {
    fn prepare(folder: &Path) -> Result<Self, LocalError> {
        let archives = folder.join("cache/archives");
        for path in [&folder.join("state/lists/partial"), &archives.join("partial")] {
            fs::create_dir_all(path).doing(|| format!("make {}", path.display()))?;
        }
        let configuration = folder.join("apt.conf");
        let place = folder.display();
        // The system's own hooks after an update would touch the system's cache: they are cleared.
        let text = format!(
            r#"#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "{place}/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "{place}/cache";
Debug::NoLocking "true";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
"#
        );
        fs::write(&configuration, text).doing(|| format!("write {}", configuration.display()))?;
        Ok(Self { configuration, archives })
    }

    async fn call(&self, arguments: &[&str]) -> Result<String, LocalError> {
        let configuration = self.configuration.to_string_lossy();
        let mut all = vec!["--config-file", configuration.as_ref(), "--quiet"];
        all.extend(arguments);
        run(APT, &all).await.map_err(|error| {
            LocalError::said(format!(
                "apt could not fetch what is missing. Check the network and /etc/apt/sources.list, or install it with `apt-get install` as root.\n{error}"
            ))
        })
    }

    /// The versioned package behind a name like `postgresql`, which itself is empty.
    async fn real_package(&self, package: &str) -> Option<String> {
        let configuration = self.configuration.to_string_lossy();
        let text =
            run("/usr/bin/apt-cache", &["--config-file", configuration.as_ref(), "depends", package]).await.ok()?;
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        names.map(str::to_owned).find(|name| name.starts_with(&format!("{package}-")))
    }

    fn archives(&self) -> Result<Vec<PathBuf>, LocalError> {
        let entries = fs::read_dir(&self.archives).doing(|| format!("read {}", self.archives.display()))?;
        let paths = entries.flatten().map(|entry| entry.path());
        Ok(paths.filter(|path| path.extension().is_some_and(|ending| ending == "deb")).collect())
    }
}
