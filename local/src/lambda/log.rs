//! What a function or the gateway wrote: the last lines in memory, all of them in a file.

use std::{
    collections::VecDeque,
    fmt,
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::error::{Doing, LocalError};

/// Lines kept in memory.
const LINES_KEPT: usize = 5_000;

/// A log.
pub(super) struct Log {
    inner: Mutex<Inner>,
}

struct Inner {
    lines: VecDeque<String>,
    file: Option<File>,
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}

impl Log {
    /// Opens `<folder>/<name>.log`, empty; without a folder the log is in memory only.
    pub(super) fn open(folder: Option<&Path>, name: &str) -> Result<Self, LocalError> {
        let file = match folder {
            Some(folder) => {
                fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
                let path = folder.join(format!("{name}.log"));
                Some(File::create(&path).doing(|| format!("write {}", path.display()))?)
            }
            None => None,
        };
        Ok(Self { inner: Mutex::new(Inner { lines: VecDeque::new(), file }) })
    }

    /// Adds a line.
    pub(super) fn write(&self, mut line: String) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut inner.file {
            line.push('\n');
            // A full disk must not stop the functions; the lines in memory remain.
            let _ = file.write_all(line.as_bytes());
            line.pop();
        }
        if inner.lines.len() == LINES_KEPT {
            inner.lines.pop_front();
        }
        inner.lines.push_back(line);
    }

    /// The last lines, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }
}
