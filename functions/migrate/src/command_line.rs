//! The actions as commands: `cargo db deploy`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use crate::action::{Action, Seeding};
use crate::doctor;
use crate::error::MigrateError;
use crate::incident::Impact;
use crate::report::{Report, Verdict};
use crate::resolve::Resolution;
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
    /// Apply the pending migrations, where the stack is deployed after a backup.
    Deploy {
        /// Take and ask for no backup.
        #[arg(long)]
        without_backup: bool,
    },
    /// Compare migrations and database. Exit code 0: up to date, 3: pending, 4: deploy would refuse, 6: the schema was changed by
    /// hand, 7: the last deploy failed.
    Status,
    /// Print the SQL that deploy would run, the locks that it takes, and what is dangerous about it.
    Plan,
    /// Find out why something does not work: network, login, rights, migrations, connections. Exit code 1: trouble.
    Doctor,
    /// Make the file of the next migration.
    New {
        /// What it does, such as add_user_role.
        name: String,
        /// For statements that can't run inside a transaction.
        #[arg(long)]
        no_transaction: bool,
    },
    /// Apply the pending migrations to a copy of the database, and drop the copy. Exit code 6: the result differs from
    /// what the migrations make out of nothing.
    Rehearse,
    /// Tell the history what was done by hand.
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Resolve {
        /// The migration's work is not in the database: it runs with the next deploy.
        #[arg(long, value_name = "NAME", group = "what")]
        rolled_back: Option<String>,
        /// The migration's work is in the database; of the last one: the schema is right as it is.
        #[arg(long, value_name = "NAME", group = "what")]
        applied: Option<String>,
    },
    /// Adopt an existing database, if it is what the migrations would make. Exit code 6: it is not.
    Baseline,
    /// Replace a development database by a new one without data.
    Reset {
        /// The database's name, to be sure.
        #[arg(long, value_name = "NAME")]
        target: String,
    },
    /// Have the database check every SQL text of the code. Exit code 8: it refuses some.
    Validate,
    /// Look for what is dangerous in the newest migration. Exit code 8: there is something.
    Lint {
        /// Begin with this version.
        #[arg(long, value_name = "NUMBER")]
        from: Option<i32>,
    },
    /// Check the house style of SQL files. Exit code 8: something differs.
    Format {
        /// Correct it, in files that the database has not applied.
        #[arg(long)]
        write: bool,
    },
    /// Run seeds; they can be run again.
    Seed {
        /// Which of main, vouchers, merch, box-tiers, enhanced and e2e, separated by commas.
        #[arg(long, value_name = "NAMES", default_value = "main")]
        set: String,
        /// JSON file with people, "-" for standard input: [{"email", "password", "role", "name"?, "apiKey"?}].
        #[arg(long, value_name = "FILE")]
        users: Option<PathBuf>,
        #[command(flatten)]
        options: SeedOptions,
    },
    /// Take away what the seed e2e made and what tests made of it. The people, the workspace and the catalogue stay.
    #[command(name = "cleanup-e2e")]
    CleanupE2e {
        #[command(flatten)]
        options: SeedOptions,
    },
    /// Tell people of a trouble at /api/status; a further text is news of it. Without a text, say what they are told.
    Incident {
        /// What they are told.
        message: Option<String>,
        /// How much they notice; major without it.
        #[arg(long, value_enum)]
        impact: Option<Impact>,
        /// It is over.
        #[arg(long)]
        over: bool,
    },
    /// Stop writing: reads and health go on, all else is answered 503. Without on or off, say how it stands.
    Maintenance {
        /// Stop (on), or go on (off).
        #[arg(value_parser = ["on", "off"])]
        switch: Option<String>,
        /// What those who are turned away are told, and GET /api/status tells everybody.
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Look at every server that DIRECT_URL names: roles, timelines, how far each is, slots; whether a replica could take over
    /// without losing anything, and what to do. Exit code 0: it could, 1: not.
    #[command(name = "failover-check")]
    FailoverCheck,
    /// Watch connections, pools, replicas and slow queries; refreshed every two seconds.
    Monitor {
        /// Print them once.
        #[arg(long)]
        once: bool,
    },
    /// VACUUM (ANALYZE) every table that had none since Sunday; begun again, it goes on.
    Vacuum {
        /// Begin no table after so many seconds; without it there is no limit.
        #[arg(long, value_name = "NUMBER")]
        seconds: Option<u64>,
    },
    /// Prove that balances, ledger, payments, vouchers and referrals agree. Exit code 0: they do, 5: they don't.
    Reconcile {
        /// Recompute wrong totals of wallets and vouchers from sound entries; never a balance, never an entry.
        #[arg(long)]
        fix: bool,
    },
}

#[derive(Debug, Args)]
struct SeedOptions {
    /// Print what would change, and change nothing.
    #[arg(long)]
    check: bool,
    /// The database's name, to be sure; e2e and cleanup-e2e demand it.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The time that counts as now, such as 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

impl SeedOptions {
    fn seeding(self, name: String, users: Vec<SeedUser>) -> Seeding {
        let Self { check, target, now } = self;
        Seeding { name, users, check, target, now }
    }
}

/// Whether a deploy would find something to do. Where that can't be told, the deploy itself says why.
pub async fn is_anything_pending() -> bool {
    let Ok(settings) = Settings::from_env_and_file() else { return false };
    matches!(crate::run(Action::Status, &settings).await, Ok(Report::Status(status)) if status.pending > 0)
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let line = CommandLine::parse();
    // Progress is for the eyes and goes to standard error; standard output is the report alone.
    let progress = tracing_subscriber::fmt().without_time().with_level(false).with_target(false).with_ansi(false);
    let _ = tracing::subscriber::set_global_default(
        progress.with_max_level(LevelFilter::INFO).with_writer(std::io::stderr).finish(),
    );

    if let Command::Monitor { once } = line.command {
        return crate::monitor::run(once, line.json).await;
    }
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
    let action = command.action()?;
    if let Some(outcome) = crate::run_on_files(&action) {
        return outcome;
    }
    match Settings::from_env_and_file() {
        Err(error) if matches!(action, Action::Doctor) => Ok(Report::Doctor(doctor::without_settings(&error))),
        settings => crate::run(action, &settings?).await,
    }
}

impl Command {
    fn action(self) -> Result<Action, MigrateError> {
        Ok(match self {
            Self::Deploy { without_backup } => Action::Deploy { without_backup },
            Self::Status => Action::Status,
            Self::Plan => Action::Plan,
            Self::Doctor => Action::Doctor,
            Self::FailoverCheck => Action::FailoverCheck,
            Self::New { name, no_transaction } => Action::New { name, no_transaction },
            Self::Rehearse => Action::Rehearse,
            Self::Resolve { rolled_back, applied } => {
                let resolution = if rolled_back.is_some() { Resolution::RolledBack } else { Resolution::Applied };
                Action::Resolve { name: rolled_back.or(applied).unwrap_or_default(), resolution }
            }
            Self::Baseline => Action::Baseline,
            Self::Reset { target } => Action::Reset { target },
            Self::Validate => Action::Validate,
            Self::Lint { from } => Action::Lint { from },
            Self::Format { write } => Action::Format { write },
            Self::Seed { set, users, options } => {
                let users = users.as_deref().map(read_users).transpose()?.unwrap_or_default();
                Action::Seed(options.seeding(set, users))
            }
            Self::CleanupE2e { options } => Action::CleanupE2e(options.seeding(String::new(), Vec::new())),
            Self::Reconcile { fix } => Action::Reconcile { fix },
            Self::Vacuum { seconds } => Action::Vacuum { seconds },
            Self::Incident { message, impact, over } => Action::Incident { message, impact, over },
            Self::Maintenance { switch, message } => Action::Maintenance { on: switch.map(|to| to == "on"), message },
            Self::Monitor { .. } => return Err(MigrateError::Request("monitor is a command alone".to_owned())),
        })
    }
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
        Report::Status(status) if status.verdict == Verdict::Drift => ExitCode::from(6),
        Report::Status(status) if status.verdict == Verdict::Failed => ExitCode::from(7),
        Report::Reconcile(reconciliation) if reconciliation.faults > 0 => ExitCode::from(5),
        Report::Baseline(baseline) if !baseline.differences.is_empty() => ExitCode::from(6),
        Report::Rehearse(rehearsal) if !rehearsal.differences.is_empty() => ExitCode::from(6),
        Report::Doctor(doctor) if !doctor.is_healthy() => ExitCode::FAILURE,
        Report::FailoverCheck(check) if !check.is_ready() => ExitCode::FAILURE,
        Report::Validate(validation) if !validation.refused.is_empty() => ExitCode::from(8),
        Report::Lint(lint) if !lint.dangers.is_empty() => ExitCode::from(8),
        Report::Format(format) if !format.is_clean() => ExitCode::from(8),
        _ => ExitCode::SUCCESS,
    }
}

#[expect(clippy::print_stdout, reason = "a command's report belongs on standard output")]
fn print(text: &str) {
    println!("{text}");
}
