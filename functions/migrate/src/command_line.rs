//! The actions as commands: `cargo db deploy`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use crate::action::{Action, Seeding};
use crate::error::MigrateError;
use crate::report::{Report, Verdict};
use crate::settings::Settings;
use crate::users::SeedUser;

/// Migrates and seeds the database of DIRECT_URL, which comes from the environment or from .env.local.
#[derive(Debug, Parser)]
#[command(name = "cargo db", bin_name = "cargo db")]
struct CommandLine {
    /// Print JSON for programs instead of a table for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply the pending migrations.
    Deploy,
    /// Compare migrations and database. Exit code 0: up to date, 3: pending, 4: deploy would refuse.
    Status,
    /// Print the SQL that deploy would run.
    Plan,
    /// Run a seed; it can be run again.
    Seed {
        /// The file's name in seeds/ without .sql.
        name: String,
        /// JSON file with people, "-" for standard input: [{"email", "password", "role", "name"?, "apiKey"?}].
        #[arg(long, value_name = "FILE")]
        users: Option<PathBuf>,
    },
    /// Prove that balances, ledger, payments, vouchers and referrals agree. Exit code 0: they do, 5: they don't.
    Reconcile {
        /// Recompute wrong totals of wallets and vouchers from sound entries; never a balance, never an entry.
        #[arg(long)]
        fix: bool,
    },
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let line = CommandLine::parse();
    // Progress is for the eyes and goes to standard error; standard output is the report alone.
    let progress = tracing_subscriber::fmt().without_time().with_level(false).with_target(false).with_ansi(false);
    let _ = tracing::subscriber::set_global_default(
        progress.with_max_level(LevelFilter::INFO).with_writer(std::io::stderr).finish(),
    );

    match answer(line.command).await {
        Ok(report) => {
            print(&if line.json { serde_json::to_string(&report).unwrap_or_default() } else { report.to_text() });
            exit_code(&report)
        }
        Err(error) => {
            if line.json {
                print(&error.to_json().to_string());
            } else {
                tracing::error!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn answer(command: Command) -> Result<Report, MigrateError> {
    let action = match command {
        Command::Deploy => Action::Deploy,
        Command::Status => Action::Status,
        Command::Plan => Action::Plan,
        Command::Seed { name, users } => {
            let users = users.as_deref().map(read_users).transpose()?.unwrap_or_default();
            Action::Seed(Seeding { name, users })
        }
        Command::Reconcile { fix } => Action::Reconcile { fix },
    };
    crate::run(action, &Settings::from_env_and_file()?).await
}

/// From a file, as arguments can be seen by everybody on the machine.
fn read_users(file: &Path) -> Result<Vec<SeedUser>, MigrateError> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|error| {
        MigrateError::Request(format!("{} can't be read ({error}): correct --users", file.display()))
    })?;
    // The parser's own message may quote a password.
    serde_json::from_str(&text).map_err(|_| {
        let expected = r#"[{"email", "password", "role", "name"?, "apiKey"?}]"#;
        MigrateError::Request(format!("{} is not a JSON list of people: write {expected}", file.display()))
    })
}

fn exit_code(report: &Report) -> ExitCode {
    match report {
        Report::Status(status) if status.verdict == Verdict::Pending => ExitCode::from(3),
        Report::Status(status) if status.verdict == Verdict::Diverged => ExitCode::from(4),
        Report::Reconcile(reconciliation) if reconciliation.faults > 0 => ExitCode::from(5),
        _ => ExitCode::SUCCESS,
    }
}

#[expect(clippy::print_stdout, reason = "a command's report belongs on standard output")]
fn print(text: &str) {
    println!("{text}");
}
