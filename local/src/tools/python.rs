//! Tools that are published as Python packages: what checks the template, and what packs the functions. They are kept in a
//! folder of the project, so neither the system's Python nor a virtual environment of the person is touched.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{
    debian,
    packages::{installed, lock},
    search,
};
use crate::{
    command::run_as,
    console::Step,
    error::{Doing, LocalError},
};

/// `cargo lambda`: packs the functions, and invokes them.
pub const CARGO_LAMBDA: &str = "cargo-lambda==1.9.2";
/// What the tests run: SAM's expansion of the template, the linter for what comes out, `cargo lambda invoke`, a mail
/// server, Stripe's own signatures, a Secrets Manager, a server like Stripe that is not ours, and a linter for migrations.
pub const TEST_PACKAGES: [&str; 10] = [
    "aws-sam-translator==1.115.0",
    "cfn-lint==1.58.0",
    CARGO_LAMBDA,
    "aiosmtpd==1.4.6",
    "stripe==16.1.0",
    "moto==5.2.5",
    "flask==3.1.3",
    "flask-cors==6.0.5",
    "localstripe==1.15.10",
    "squawk-cli==2.70.0",
];

/// Packages that are a program and nothing else. What they ask for is left out: for `cargo-lambda` that is a C compiler of
/// 400 MB, of use only to those who build with it.
const PROGRAMS: [&str; 1] = [CARGO_LAMBDA];
/// Says which Python this is and for what its packages are built; fails when it is too old or has no pip.
const PROBE: &str = "import sys, sysconfig, pip.__main__
assert sys.version_info >= (3, 10)
print(sys.executable)
print(sys.implementation.cache_tag, sysconfig.get_platform())";
/// The folder for a Python that was unpacked because the system has none.
const UNPACKED: &str = "debian";
const REMEDY: &str = "Python 3.10 or newer with pip is needed: install it with the system's package manager \
    (the packages `python3` and `python3-pip`) and run this again.";

/// Packages that are ready for use.
#[derive(Debug, Clone)]
pub struct PythonTools {
    /// The Python that they were installed for. It needs no environment but `PYTHONPATH`.
    pub python: PathBuf,
    /// The folder for `PYTHONPATH`.
    pub folder: PathBuf,
    /// The folder with their programs.
    pub bin: PathBuf,
}

/// A Python that can install packages.
struct Python {
    program: PathBuf,
    /// The version and the platform: packages of one don't run on another.
    tag: String,
}

/// The packages, installed below `folder` unless they are there. Each is pinned, such as `cfn-lint==1.58.0`.
///
/// # Errors
/// One sentence with the remedy when there is no Python and none can be fetched, or pip fails.
pub async fn python_packages(packages: &[&str], folder: &Path) -> Result<PythonTools, LocalError> {
    fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
    let _lock = lock(folder, "installing Python packages").await?;
    let python = find_or_fetch(folder).await?;
    let target =
        installed(packages, &python.tag, folder, async |draft| install(&python, packages, draft).await).await?;
    Ok(PythonTools { python: python.program, bin: target.join("bin"), folder: target })
}

async fn find_or_fetch(folder: &Path) -> Result<Python, LocalError> {
    let unpacked = folder.join(UNPACKED);
    for program in search::system_programs("python3").into_iter().chain([unpacked.join("python3")]) {
        if let Some(python) = probe(&program).await {
            return Ok(python);
        }
    }
    if !debian::is_here() {
        return Err(LocalError::said(REMEDY));
    }
    let step = Step::start("Python with pip is not installed: fetching it with apt …");
    debian::unpack("python3-pip", true, folder, UNPACKED)
        .await
        .map_err(|error| LocalError::said(format!("{REMEDY} It could not be fetched:\n{error}")))?;
    let program = write_launcher(&unpacked)?;
    let python = probe(&program).await.ok_or_else(|| LocalError::said(REMEDY))?;
    step.done(format!("Python is {}", python.program.display()));
    Ok(python)
}

async fn probe(program: &Path) -> Option<Python> {
    let answer = run_as(program, &["-c", PROBE], &BTreeMap::new(), None).await.ok()?;
    let (executable, tag) = answer.trim().split_once('\n')?;
    // What `PATH` leads to may be a script that chooses among versions by the current folder. A launcher of ours is kept:
    // without what it sets, Python finds none of its modules.
    let ours = program.parent().is_some_and(|folder| folder.ends_with(UNPACKED));
    Some(Python { program: if ours { program.to_owned() } else { PathBuf::from(executable) }, tag: tag.to_owned() })
}

/// Python looks for its modules where it was built to be installed, so a script has to tell it where it is. Only pip may be
/// missing on this system: then the script runs the system's Python.
fn write_launcher(root: &Path) -> Result<PathBuf, LocalError> {
    let place = root.display();
    let own = root.join("usr/bin/python3");
    let (program, home) = if own.exists() {
        (own, format!("export PYTHONHOME='{place}/usr'\n"))
    } else {
        (PathBuf::from("/usr/bin/python3"), String::new())
    };
    let libraries: Vec<_> = search::library_folders(root).iter().map(|folder| folder.display().to_string()).collect();
    let text = format!(
        "#!/bin/sh\n# Python, unpacked beside the project.\n{home}\
         export LD_LIBRARY_PATH='{}'\n\
         export PYTHONPATH=\"${{PYTHONPATH:+$PYTHONPATH:}}{place}/usr/lib/python3/dist-packages\"\n\
         exec '{}' \"$@\"\n",
        libraries.join(":"),
        program.display(),
    );
    let launcher = root.join("python3");
    fs::write(&launcher, text).doing(|| format!("write {}", launcher.display()))?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&launcher, mode).doing(|| format!("make {} a program", launcher.display()))?;
    Ok(launcher)
}

async fn install(python: &Python, packages: &[&str], draft: &Path) -> Result<(), LocalError> {
    let (programs, libraries): (Vec<_>, Vec<_>) = packages.iter().partition(|package| PROGRAMS.contains(package));
    let bin = draft.join("bin");
    if !libraries.is_empty() {
        pip(python, &libraries, draft, &[]).await?;
    }
    fs::create_dir_all(&bin).doing(|| format!("make {}", bin.display()))?;
    if !programs.is_empty() {
        // pip does not add to a folder that is there.
        let apart = draft.join("programs");
        pip(python, &programs, &apart, &["--no-deps"]).await?;
        for program in fs::read_dir(apart.join("bin")).doing(|| "read the programs that pip installed")?.flatten() {
            let place = bin.join(program.file_name());
            fs::rename(program.path(), &place).doing(|| format!("write {}", place.display()))?;
        }
    }
    Ok(())
}

async fn pip(python: &Python, packages: &[&str], target: &Path, options: &[&str]) -> Result<(), LocalError> {
    // What a person sets for daily work contradicts a folder of its own.
    let environment = ["PIP_REQUIRE_VIRTUALENV", "PIP_USER", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"]
        .into_iter()
        .zip(["0", "0", "1", "1"])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let target = target.to_string_lossy();
    let arguments = [&["-m", "pip", "install", "--quiet", "--target", target.as_ref()], options, packages].concat();
    run_as(&python.program, &arguments, &environment, None).await.map(|_output| ()).map_err(|error| {
        LocalError::said(format!(
            "{} could not be installed as Python packages. Check the network and pip's settings.\n{error}",
            packages.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{TEST_PACKAGES, python_packages};
    use crate::command::run_as;

    #[tokio::test]
    #[ignore = "downloads Python packages"]
    async fn packages_are_installed_once_and_run() {
        let folder = std::env::temp_dir().join(format!("local-python-{}", std::process::id()));
        let tools = python_packages(&TEST_PACKAGES, &folder).await.unwrap();
        let installed = std::fs::metadata(&tools.folder).unwrap().created().unwrap();
        let again = python_packages(&TEST_PACKAGES, &folder).await.unwrap();
        assert_eq!(std::fs::metadata(&again.folder).unwrap().created().unwrap(), installed);
        let path = BTreeMap::from([("PYTHONPATH".to_owned(), tools.folder.display().to_string())]);
        let text = run_as(&tools.python, &["-c", "import cfnlint, samtranslator; print('both')"], &path, None).await;
        assert_eq!(text.unwrap(), "both\n");
        assert!(run_as(tools.bin.join("cargo-lambda"), &["lambda", "--version"], &path, None).await.is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
