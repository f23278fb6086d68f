//! A server as a supervised child process: it stops when this process ends, even by `kill -9`.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use crate::{
    error::{Doing, LocalError},
    server_user::ServerUser,
};

/// The shell that stands between this process and the server.
const SUPERVISOR: &str = include_str!("supervise.sh");
/// A server that doesn't stop when asked is killed after this time.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// The end of a log that goes into an error.
const LOG_TAIL_BYTES: u64 = 2_000;

/// What to run and how.
pub struct ProcessSettings<'a> {
    /// The name for messages, such as `PostgreSQL`.
    pub name: &'a str,
    /// The program's path.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment: nothing is inherited except a default search path.
    pub environment: BTreeMap<String, String>,
    /// The file to which its output is appended.
    pub log: &'a Path,
    /// The signal that asks it to stop.
    pub stop_signal: Signal,
    /// The account that it runs as, when that is another one.
    pub user: Option<&'a ServerUser>,
}

/// A running server. Dropping it stops the server soon after; [`Process::stop`] also waits.
pub struct Process {
    name: String,
    supervisor: Child,
    /// Closed when this process ends: that is what the supervisor waits for.
    _lifeline: ChildStdin,
    pid: Pid,
    stop_signal: Signal,
    log: PathBuf,
    log_start: u64,
}

impl Process {
    /// Starts the server. It is not ready yet when this returns.
    pub fn spawn(settings: ProcessSettings<'_>) -> Result<Self, LocalError> {
        let log_file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(settings.log)
            .doing(|| format!("open the log {}", settings.log.display()))?;
        let log_start = log_file.metadata().doing(|| "read the size of a log")?.len();

        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &supervisor_script(), settings.name, settings.stop_signal.as_str().trim_start_matches("SIG")])
            .arg(settings.program)
            .args(&settings.arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .envs(&settings.environment)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            // Ctrl-C in the terminal reaches only this process, which then stops the servers in order.
            .process_group(0);
        if let Some(user) = settings.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let mut supervisor = command.spawn().doing(|| format!("start {}", settings.name))?;
        let (Some(lifeline), Some(answer)) = (supervisor.stdin.take(), supervisor.stdout.take()) else {
            return Err(LocalError::said(format!("{} was started without its pipes", settings.name)));
        };
        let mut line = String::new();
        BufReader::new(answer).read_line(&mut line).doing(|| format!("read the process id of {}", settings.name))?;
        let number = line.trim().parse::<i32>().map_err(|_| {
            LocalError::said(format!("{} could not be started; see {}", settings.name, settings.log.display()))
        })?;
        Ok(Self {
            name: settings.name.to_owned(),
            supervisor,
            _lifeline: lifeline,
            pid: Pid::from_raw(number),
            stop_signal: settings.stop_signal,
            log: settings.log.to_owned(),
            log_start,
        })
    }

    /// The server's process id.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether the server still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// Asks the server to stop, waits, and kills it when it does not stop within ten seconds.
    pub async fn stop(&mut self) -> Result<(), LocalError> {
        self.stop_with(self.stop_signal).await
    }

    /// Like [`Process::stop`] with another signal.
    pub async fn stop_with(&mut self, signal: Signal) -> Result<(), LocalError> {
        self.send(signal)?;
        // A frozen process takes the signal only when it runs again.
        self.send(Signal::SIGCONT)?;
        if self.exited_within(STOP_LIMIT).await {
            return Ok(());
        }
        self.kill9().await
    }

    /// Kills the server as a crash would: `kill -9`.
    pub async fn kill9(&mut self) -> Result<(), LocalError> {
        self.send(Signal::SIGKILL)?;
        if self.exited_within(STOP_LIMIT).await {
            return Ok(());
        }
        Err(LocalError::said(format!("{} (process {}) does not end, not even by kill -9", self.name, self.pid)))
    }

    /// Freezes the server, as Lambda freezes a function between two calls.
    pub fn freeze(&mut self) -> Result<(), LocalError> {
        self.send(Signal::SIGSTOP)
    }

    /// Lets a frozen server run on.
    pub fn thaw(&mut self) -> Result<(), LocalError> {
        self.send(Signal::SIGCONT)
    }

    /// What the server has written to its log since it was started, at most the last two kilobytes.
    pub fn log_tail(&self) -> String {
        tail(&self.log, self.log_start).unwrap_or_default()
    }

    /// Waits until the server has ended, at most for `limit`; true when it has.
    pub async fn exited_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_running() {
            if Instant::now() > deadline {
                return false;
            }
            sleep(Duration::from_millis(10)).await;
        }
        true
    }

    fn send(&mut self, signal: Signal) -> Result<(), LocalError> {
        // After its end the number may belong to another process.
        if !self.is_running() {
            return Ok(());
        }
        match kill(self.pid, signal) {
            Err(nix::Error::ESRCH) | Ok(()) => Ok(()),
            Err(error) => Err(error).doing(|| format!("send {signal} to {} (process {})", self.name, self.pid)),
        }
    }
}

/// Without its comments: the list of processes shows it.
fn supervisor_script() -> String {
    let lines = SUPERVISOR.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

fn tail(log: &Path, from: u64) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(LOG_TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
