//! A command that runs to its end.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use tokio::process::Command;

use crate::{
    error::{Doing, LocalError},
    server_user::ServerUser,
};

/// The end of a failed command's output that goes into the error.
const TAIL_LINES: usize = 6;

/// Runs a command and returns its standard output. It is killed when the future is dropped.
///
/// # Errors
/// When it can't be started or fails; the error ends with the last lines of its output.
pub async fn run<A: AsRef<str>>(program: impl AsRef<Path>, arguments: &[A]) -> Result<String, LocalError> {
    run_as(program, arguments, &BTreeMap::new(), None).await
}

/// Like [`run`], with more environment and as another account.
pub async fn run_as<A: AsRef<str>>(
    program: impl AsRef<Path>,
    arguments: &[A],
    environment: &BTreeMap<String, String>,
    user: Option<&ServerUser>,
) -> Result<String, LocalError> {
    let program = program.as_ref();
    let mut command = Command::new(program);
    command
        .args(arguments.iter().map(AsRef::as_ref))
        .envs(environment)
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    let output = command.output().await.doing(|| format!("run {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let both = text + &String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = both.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(LocalError::said(format!(
        "{} failed ({}):\n  {}",
        program.display(),
        output.status,
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n  "),
    )))
}
