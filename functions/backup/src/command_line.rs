//! The actions as commands: `cargo db backup`, `restore`, `verify`, `recover`, `promote`. Nobody limits their time.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use shared::Config;
use tracing::level_filters::LevelFilter;

use crate::error::BackupError;
use crate::key::Kind;
use crate::report::Report;
use crate::settings::Settings;

/// Backs up the database of DIRECT_URL to the bucket BACKUP_BUCKET, and restores from there. Variables come from the
/// environment or from .env.local.
#[derive(Debug, Parser)]
#[command(name = "cargo db", bin_name = "cargo db")]
struct CommandLine {
    /// Print JSON for programs instead of a table for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

/// The words that [`run`] understands.
pub const COMMANDS: [&str; 6] = ["backup", "restore", "verify", "report", "recover", "promote"];

#[derive(Debug, Subcommand)]
enum Command {
    /// Take a backup; a second daily one of a day is none.
    Backup {
        /// Why: daily, or pre-migration, which is kept for ever.
        #[arg(long, value_enum, default_value = "daily")]
        kind: Kind,
    },
    /// Load a backup into a database, which gets its name when every table is as the manifest says.
    Restore {
        /// The object's name, or "latest".
        #[arg(long, value_name = "KEY")]
        from: String,
        /// The database to make.
        #[arg(long, value_name = "DATABASE")]
        into: String,
        /// Replace a database that is not empty.
        #[arg(long)]
        overwrite: bool,
    },
    /// Load a backup into a scratch database, compare every table with the manifest, drop it.
    Verify {
        /// The object's name; the newest good one without it.
        #[arg(long, value_name = "KEY")]
        from: Option<String>,
    },
    /// Make the report of the month before this one, store it beside the backups and print it.
    Report,
    /// Bring back rows that were deleted by mistake or are damaged.
    #[command(subcommand)]
    Recover(Recover),
    /// Give a restored database the name of another, which stays beside it under a new one.
    Promote {
        /// The restored database.
        #[arg(long, value_name = "DATABASE")]
        from: String,
        /// The name that the functions use.
        #[arg(long, value_name = "DATABASE")]
        into: String,
    },
}

#[derive(Debug, Subcommand)]
enum Recover {
    /// Show which rows are missing.
    Diff(Tables),
    /// Insert them, in one transaction. What is there is not changed.
    Merge(Tables),
    /// Read every row, and say which pages can't be read. Exit code 1: there are some.
    Assess,
}

#[derive(Debug, clap::Args)]
struct Tables {
    /// The table; rows of other tables that belong to its missing rows go with them.
    #[arg(long)]
    table: String,
    /// The restored database, on the same server or on that of RECOVER_URL.
    #[arg(long, value_name = "DATABASE")]
    from: String,
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let line = CommandLine::parse();
    // Progress is for the eyes and goes to standard error; standard output is the report alone.
    let progress = tracing_subscriber::fmt().without_time().with_level(false).with_target(false).with_ansi(false);
    let _ = tracing::subscriber::set_global_default(
        progress.with_max_level(LevelFilter::INFO).with_writer(std::io::stderr).finish(),
    );
    match Box::pin(answer(line.command)).await {
        Ok(report) => {
            print(&if line.json { serde_json::to_string(&report).unwrap_or_default() } else { report.to_text() });
            match report {
                Report::RecoverAssess(report) if !report.is_sound() => ExitCode::FAILURE,
                _ => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            if line.json {
                print(&serde_json::json!({"error": error.to_string(), "code": error.code()}).to_string());
            } else {
                tracing::error!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// What `cargo db deploy` does first where the stack is deployed: a backup to go back to, unless the database was never
/// migrated and holds nothing. Answers the object's name.
///
/// # Errors
/// There is none; then nothing may be migrated.
pub async fn before_deploy() -> Result<Option<String>, BackupError> {
    let config = Config::from_env_and_file()?;
    if !config.environment.is_deployed() {
        return Ok(None);
    }
    if !crate::take::is_migrated(&config.direct_url()?).await? {
        return Ok(None);
    }
    let report = crate::take(Kind::PreMigration, &Settings::new(&config)?, None).await?;
    Ok(Some(report.key))
}

async fn answer(command: Command) -> Result<Report, BackupError> {
    let settings = Settings::from_env_and_file()?;
    match command {
        Command::Backup { kind } => crate::take(kind, &settings, None).await.map(Report::Backup),
        Command::Restore { from, into, overwrite } => {
            crate::restore(&from, &into, overwrite, &settings).await.map(Report::Restore)
        }
        Command::Verify { from } => crate::verify(from.as_deref(), &settings).await.map(Report::Verify),
        Command::Report => Box::pin(crate::report(&settings)).await.map(|report| Report::Report(Box::new(report))),
        Command::Recover(Recover::Diff(Tables { table, from })) => {
            crate::diff(&table, &from, &settings).await.map(Report::RecoverDiff)
        }
        Command::Recover(Recover::Merge(Tables { table, from })) => {
            crate::merge(&table, &from, &settings).await.map(Report::RecoverMerge)
        }
        Command::Recover(Recover::Assess) => crate::assess(&settings).await.map(Report::RecoverAssess),
        Command::Promote { from, into } => crate::promote(&from, &into, &settings).await.map(Report::Promote),
    }
}

#[expect(clippy::print_stdout, reason = "a command's report belongs on standard output")]
fn print(text: &str) {
    println!("{text}");
}
