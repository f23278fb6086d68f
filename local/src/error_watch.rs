//! Shows the functions' errors on the console, one short line each; the whole record is in the log file.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};

use crate::console::note;

const INTERVAL: Duration = Duration::from_millis(300);
const LONGEST: usize = 160;

/// Watches the logs until it is dropped.
pub struct ErrorWatch(JoinHandle<()>);

impl ErrorWatch {
    /// Shows the errors that these functions write to `<logs>/<function>.log` from now on.
    pub fn start(logs: &Path, functions: &[String]) -> Self {
        let files: Vec<_> = functions.iter().map(|name| (name.clone(), logs.join(format!("{name}.log")))).collect();
        let mut read_to: HashMap<PathBuf, u64> =
            files.iter().map(|(_, file)| (file.clone(), fs::metadata(file).map_or(0, |found| found.len()))).collect();
        Self(tokio::spawn(async move {
            loop {
                sleep(INTERVAL).await;
                for (function, file) in &files {
                    let position = read_to.entry(file.clone()).or_default();
                    for line in new_lines(file, position).lines() {
                        if let Some(message) = error_message(line) {
                            note(format!("{function}: {message}"));
                        }
                    }
                }
            }
        }))
    }
}

impl Drop for ErrorWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Complete lines after `position`, which moves on.
fn new_lines(file: &Path, position: &mut u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|mut file| {
        // A log that was begun anew is read from its start.
        if file.metadata()?.len() < *position {
            *position = 0;
        }
        file.seek(SeekFrom::Start(*position))?;
        file.read_to_end(&mut bytes)
    });
    // No file yet: the function has not run.
    if read.is_err() {
        return String::new();
    }
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    *position += complete as u64;
    String::from_utf8_lossy(&bytes[..complete]).into_owned()
}

fn error_message(line: &str) -> Option<String> {
    let Ok(record) = serde_json::from_str::<Value>(line) else {
        return line.contains("panicked at").then(|| shorten(line));
    };
    if record["level"] != "ERROR" {
        return None;
    }
    let message = [&record["message"], &record["fields"]["message"]].into_iter().find_map(Value::as_str);
    let cause = [&record["cause"], &record["fields"]["cause"]].into_iter().find_map(Value::as_str);
    let parts: Vec<_> = [message, cause].into_iter().flatten().collect();
    Some(shorten(&if parts.is_empty() { line.to_owned() } else { parts.join(": ") }))
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::error_message;

    #[test]
    fn only_errors_are_shown() {
        let flat = r#"{"level":"ERROR","message":"no database","cause":"refused"}"#;
        let nested = r#"{"level":"ERROR","fields":{"message":"no database"}}"#;
        assert_eq!(error_message(flat).as_deref(), Some("no database: refused"));
        assert_eq!(error_message(nested).as_deref(), Some("no database"));
        assert_eq!(error_message(r#"{"level":"INFO","message":"ok"}"#), None);
        assert_eq!(error_message("plain text"), None);
        assert!(error_message("thread 'main' panicked at src/x.rs:1").is_some());
    }
}
