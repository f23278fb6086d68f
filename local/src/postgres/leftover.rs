//! A server of a killed run that still holds the data folder.

use std::{fs, path::Path, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use crate::{
    command::run,
    console::note,
    error::{Doing, LocalError},
};

/// How long each way of asking may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Stops a server that runs on this data folder, or removes its pid file when the number now belongs to another program.
pub async fn end(data: &Path) -> Result<(), LocalError> {
    let pid_file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&pid_file) else { return Ok(()) };
    let Some(pid) = text.lines().next().and_then(|line| line.trim().parse().ok()).map(Pid::from_raw) else {
        return Ok(());
    };
    // The server checks by itself whether a dead one's memory is still in use.
    if !is_alive(pid) {
        return Ok(());
    }
    if !command_line(pid).await.contains(&*data.to_string_lossy()) {
        return fs::remove_file(&pid_file).doing(|| format!("remove {}", pid_file.display()));
    }
    note("A PostgreSQL of an earlier run still uses the data: stopping it …");
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL] {
        if kill(pid, signal).is_err() {
            break;
        }
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if !is_alive(pid) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Err(LocalError::said(format!(
        "A PostgreSQL of an earlier run (process {pid}) uses {} and can't be stopped: stop it and run this again.",
        data.display()
    )))
}

/// Whether there is such a process, other than a dead one that nobody has asked about.
pub fn is_alive(pid: Pid) -> bool {
    // A process of another user answers with another error.
    !matches!(kill(pid, None), Err(nix::Error::ESRCH)) && !is_zombie(pid)
}

/// In a container without an init process the dead stay listed.
fn is_zombie(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|text| text.contains(") Z "))
}

async fn command_line(pid: Pid) -> String {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).replace('\0', " "),
        Err(_) => run("/bin/ps", &["-o", "command=", "-p", &pid.to_string()]).await.unwrap_or_default(),
    }
}
