//! The functions' binaries: which there are and how they are built.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::Command;

use crate::{
    error::{Doing, LocalError},
    settings::environment_variable,
};

/// A function that spends, for the fault tests and the benchmark.
pub const TILL: &str = "till";

/// The commands `cargo db`, for the drills.
pub const DATABASE_COMMANDS: &str = "db";

/// The names of the functions: the folders of `functions/`.
///
/// # Errors
/// When that folder can't be read.
pub fn names(project: &Path) -> Result<Vec<String>, LocalError> {
    let folder = project.join("functions");
    let entries = fs::read_dir(&folder).doing(|| format!("read {}", folder.display()))?.flatten();
    let crates = entries.filter(|entry| entry.path().join("Cargo.toml").exists());
    let mut names: Vec<_> = crates.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// Builds the functions, showing cargo's own progress. Answers the folder with the binaries.
///
/// # Errors
/// When the build fails; cargo has then said why.
pub async fn build(project: &Path, names: &[String], release: bool) -> Result<PathBuf, LocalError> {
    let mut command = cargo(project);
    command.arg("build");
    for name in names {
        command.args(["--package", name, "--bin", name]);
    }
    if release {
        command.arg("--release");
    }
    let status = command.status().await.doing(|| "run cargo build")?;
    if !status.success() {
        return Err(LocalError::said("The functions were not built: see what cargo says above."));
    }
    Ok(target_folder(project).await?.join(if release { "release" } else { "debug" }))
}

/// Asks cargo: the target folder may be set by a variable or a configuration file.
async fn target_folder(project: &Path) -> Result<PathBuf, LocalError> {
    let mut command = cargo(project);
    command.args(["metadata", "--no-deps", "--format-version", "1"]).stdout(Stdio::piped());
    let output = command.output().await.doing(|| "run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"].as_str();
    folder.map(PathBuf::from).ok_or_else(|| LocalError::said("cargo metadata names no target folder."))
}

/// The cargo that started this tool.
pub fn cargo(project: &Path) -> Command {
    let program = environment_variable("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut command = Command::new(program);
    command.current_dir(project).stdin(Stdio::null()).kill_on_drop(true);
    command
}
