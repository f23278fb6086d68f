//! `pg_dump` and `pg_restore`: found, checked, started with the database's login in their environment.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use shared::database::DatabaseUrl;

use crate::error::BackupError;
use crate::settings::Settings;

/// What is kept of a program's complaints.
const LONGEST_COMPLAINT: usize = 2_000;

/// How PostgreSQL speaks of pages that are not as it wrote them. Programs pass on its words, not its codes.
const DAMAGE: [&str; 3] = ["invalid page in block", "missing chunk number", "unexpected chunk number"];

/// A started program.
pub(crate) struct Program {
    name: &'static str,
    /// The process.
    pub(crate) child: Child,
    complaints: Option<JoinHandle<String>>,
}

/// The program, ready for its arguments.
///
/// # Errors
/// It is missing, or older than the server: then it does not know all that the server has.
pub(crate) fn command(name: &'static str, settings: &Settings, server: i32) -> Result<Command, BackupError> {
    let path = settings.programs.as_ref().map_or_else(|| name.into(), |folder| folder.join(name));
    let place =
        settings.programs.as_ref().map_or("the PATH".to_owned(), |folder| format!("{} (PG_BIN)", folder.display()));
    let output = Command::new(&path).arg("--version").output().map_err(|error| {
        let remedy = "install PostgreSQL's client programs there, or set PG_BIN to their folder";
        BackupError::Tool(format!("{name} can't be started from {place} ({error}): {remedy}"))
    })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let Some(version) = major(&said) else {
        return Err(BackupError::Tool(format!("{name} of {place} does not tell its version: reinstall it")));
    };
    if version < server {
        return Err(BackupError::Tool(format!(
            "{name} of {place} is version {version}, and the server is PostgreSQL {server}: an older program leaves out what it \
             doesn't know. Install version {server} or newer, or set PG_BIN to its folder"
        )));
    }
    Ok(Command::new(path))
}

/// `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` → 15.
fn major(said: &str) -> Option<i32> {
    let version = said.split(") ").nth(1)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Starts it, as the user of `url` in the database of `url`.
///
/// # Errors
/// It can't be started.
pub(crate) fn start(name: &'static str, command: &mut Command, url: &DatabaseUrl) -> Result<Program, BackupError> {
    command.envs(url.libpq_variables()).env("PGAPPNAME", name).env("PGCONNECT_TIMEOUT", "10").env("LC_ALL", "C");
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| BackupError::Tool(format!("{name} can't be started: {error}")))?;
    let complaints = child.stderr.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _cut = pipe.read_to_end(&mut bytes);
            let text = String::from_utf8_lossy(&bytes);
            text.trim().chars().take(LONGEST_COMPLAINT).collect()
        })
    });
    Ok(Program { name, child, complaints })
}

impl Program {
    /// Waits for its end.
    ///
    /// # Errors
    /// It failed; with what it said.
    pub(crate) fn finish(mut self) -> Result<(), BackupError> {
        let status = self.child.wait();
        let said = self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) if DAMAGE.iter().any(|words| said.contains(words)) => {
                Err(BackupError::Corrupted { what: "a table".to_owned(), says: format!("{} says {said}", self.name) })
            }
            Ok(status) => Err(BackupError::Tool(format!("{} failed ({status}): {said}", self.name))),
            Err(error) => Err(BackupError::Tool(format!("{} was lost: {error}", self.name))),
        }
    }
}

impl Drop for Program {
    /// One that nobody waits for any more must not go on.
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn ops_19_a_program_tells_its_version() {
        assert_eq!(major("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("pg_dump (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("pg_dump"), None);
    }
}
