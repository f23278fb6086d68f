//! The end of a server's machine: all of its processes at once.

use std::{fs, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use super::{Postgres, leftover::is_alive};
use crate::{command::run, error::LocalError};

/// A killed process is gone sooner.
const LIMIT: Duration = Duration::from_secs(10);

impl Postgres {
    /// Kills every process of the server where it stands, as the loss of its machine would. After [`Postgres::kill9`] its
    /// sessions live on for a moment, and may answer.
    ///
    /// # Errors
    /// When one of them does not end.
    pub async fn crash(&mut self) -> Result<(), LocalError> {
        // Frozen, it starts no further process, and keeps the numbers of those that end.
        self.freeze()?;
        let server = self.process.pid();
        let sessions = children(server).await?;
        for session in &sessions {
            let _gone_already = kill(*session, Signal::SIGKILL);
        }
        self.process.kill9().await?;
        let deadline = Instant::now() + LIMIT;
        while sessions.iter().any(|session| is_alive(*session)) {
            if Instant::now() > deadline {
                return Err(LocalError::said(format!("Processes of PostgreSQL ({server}) outlived it.")));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// The processes that a process has started.
async fn children(parent: Pid) -> Result<Vec<Pid>, LocalError> {
    let pairs: Vec<(i32, i32)> = match fs::read_dir("/proc") {
        Ok(folders) => folders.filter_map(|folder| stat(&folder.ok()?.file_name().to_string_lossy())).collect(),
        Err(_) => run("/bin/ps", &["-A", "-o", "pid=", "-o", "ppid="]).await?.lines().filter_map(numbers).collect(),
    };
    Ok(pairs.into_iter().filter(|(_, its)| *its == parent.as_raw()).map(|(pid, _)| Pid::from_raw(pid)).collect())
}

/// A process and its parent, from the kernel's line: `42 (name) S 1 …`, where the name may hold anything.
fn stat(folder: &str) -> Option<(i32, i32)> {
    let pid = folder.parse().ok()?;
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some((pid, line.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?))
}

fn numbers(line: &str) -> Option<(i32, i32)> {
    let mut words = line.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
