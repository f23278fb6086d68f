//! What the person at the keyboard sees. Spinners and colour only on a terminal, plain lines when piped.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

use std::{
    fmt::Display,
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// The spinner that turns now: other lines have to go above it.
static SPINNER: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Prints a result line.
pub fn say(line: impl Display) {
    println!("{line}");
}

/// Prints a line beside the results: an error, or a note while something else goes on.
pub fn note(line: impl Display) {
    let spinner = SPINNER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match spinner {
        Some(bar) => bar.suspend(|| eprintln!("{line}")),
        None => eprintln!("{line}"),
    }
}

/// Whether standard error is a terminal.
pub fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// A step that takes a while. It is finished by [`Step::done`]; dropped before, it leaves no tick.
pub struct Step {
    bar: Option<ProgressBar>,
}

impl Step {
    /// Says what begins.
    pub fn start(text: impl Display) -> Self {
        if !is_terminal() {
            note(&text);
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner().with_message(text.to_string());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        show(Some(bar.clone()));
        Self { bar: Some(bar) }
    }

    /// Says how it ended.
    pub fn done(self, text: impl Display) {
        let on_terminal = self.bar.is_some();
        drop(self);
        if on_terminal {
            note(format!("\u{1b}[32m✓\u{1b}[0m {text}"));
        } else {
            note(text);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            show(None);
            bar.finish_and_clear();
        }
    }
}

fn show(spinner: Option<ProgressBar>) {
    *SPINNER.lock().unwrap_or_else(PoisonError::into_inner) = spinner;
}
