//! `cargo db bootstrap`: everything is gone but the backups. On an empty server it makes the roles and the database, brings
//! it up to date and proves it.

use std::fmt::Write as _;
use std::process::ExitCode;

use backup::{BackupError, MadeRole, Passwords, RestoreReport};
use clap::Parser;
use migrate::doctor::{Condition, Finding};
use migrate::{Action, MigrateError, Report};
use serde::Serialize;
use shared::{Config, Secret};
use tracing::level_filters::LevelFilter;

/// Makes the roles that are missing on the server of DIRECT_URL, restores a backup, applies pending migrations and checks the
/// result. Passwords of the roles come from SPIKE_APP_PASSWORD and SPIKE_MONITOR_PASSWORD, or are made up and printed once.
#[derive(Debug, Parser)]
#[command(name = "cargo db bootstrap", bin_name = "cargo db bootstrap")]
struct CommandLine {
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
    /// The backup's name, or "latest": the newest that is not damaged, of whatever kind.
    #[arg(long, value_name = "KEY", default_value = "latest")]
    from: String,
    /// The database to make.
    #[arg(long, value_name = "DATABASE", default_value = "spike_land")]
    into: String,
}

/// What was done and found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bootstrapped {
    roles: Vec<MadeRole>,
    restored: RestoreReport,
    /// How many migrations the backup did not have yet.
    applied: usize,
    /// Rows that break a rule of the money.
    faults: i64,
    /// What the doctor has to say.
    troubles: Vec<Finding>,
}

#[derive(Debug)]
enum Failure {
    Backup(BackupError),
    Migrate(MigrateError),
}

/// Runs it with the arguments of the process.
pub async fn run() -> ExitCode {
    let line = CommandLine::parse_from(std::env::args().filter(|word| word != "bootstrap"));
    let progress = tracing_subscriber::fmt().without_time().with_level(false).with_target(false).with_ansi(false);
    let _ = tracing::subscriber::set_global_default(
        progress.with_max_level(LevelFilter::INFO).with_writer(std::io::stderr).finish(),
    );
    match Box::pin(bootstrap(&line)).await {
        Ok(done) => {
            print(&if line.json { serde_json::to_string(&done).unwrap_or_default() } else { done.to_text(&line.into) });
            if done.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            let said = match failure {
                Failure::Backup(error) => error.to_string(),
                Failure::Migrate(error) => error.to_string(),
            };
            tracing::error!("error: {said}");
            ExitCode::FAILURE
        }
    }
}

async fn bootstrap(line: &CommandLine) -> Result<Bootstrapped, Failure> {
    let config = Config::from_env_and_file().map_err(|error| Failure::Backup(error.into()))?;
    let of = |variable| config.optional(variable).map(Secret::new);
    let passwords = Passwords { app: of("SPIKE_APP_PASSWORD"), monitor: of("SPIKE_MONITOR_PASSWORD") };
    let mut backups = backup::Settings::new(&config).map_err(|error| Failure::Backup(error.into()))?;
    backups.url = backups.url.with_database(&line.into);
    let mut migrations = migrate::Settings::new(config).map_err(Failure::Migrate)?;
    migrations.url = backups.url.clone();
    // What was just restored is the way back.
    migrations.backup_first = false;

    let roles = backup::make_roles(&passwords, &backups).await.map_err(Failure::Backup)?;
    tracing::info!("The roles are there. Restoring {} …", line.from);
    let restored = Box::pin(backup::restore(&line.from, &line.into, false, &backups)).await.map_err(Failure::Backup)?;
    tracing::info!("{} is restored as {}. Migrating and checking …", restored.key, restored.database);
    let applied = match act(Action::Deploy { without_backup: true }, &migrations).await? {
        Report::Deploy(report) => report.applied.len(),
        _ => 0,
    };
    let faults = match act(Action::Reconcile { fix: false }, &migrations).await? {
        Report::Reconcile(report) => report.faults,
        _ => 0,
    };
    let troubles = match act(Action::Doctor, &migrations).await? {
        // The pooler comes later.
        Report::Doctor(report) => {
            let is_trouble = |finding: &Finding| finding.condition == Condition::Trouble && finding.check != "pooler";
            report.findings.into_iter().filter(is_trouble).collect()
        }
        _ => Vec::new(),
    };
    Ok(Bootstrapped { roles, restored, applied, faults, troubles })
}

async fn act(action: Action, settings: &migrate::Settings) -> Result<Report, Failure> {
    Box::pin(migrate::run(action, settings)).await.map_err(Failure::Migrate)
}

impl Bootstrapped {
    fn is_sound(&self) -> bool {
        self.faults == 0 && self.troubles.is_empty()
    }

    fn to_text(&self, database: &str) -> String {
        let made: Vec<_> = self.roles.iter().filter(|role| role.made).map(|role| role.name).collect();
        let made = if made.is_empty() { "none, all were there".to_owned() } else { made.join(", ") };
        let rows: i64 = self.restored.tables.values().map(|content| content.rows).sum();
        let mut text = format!(
            "Roles made: {made}.\nRestored {} as {database}: {} tables, {rows} rows, as its manifest says.\n\
             Migrations applied: {}. Rows that break a rule of the money: {}.\n",
            self.restored.key,
            self.restored.tables.len(),
            self.applied,
            self.faults
        );
        for Finding { check, seen, remedy, .. } in &self.troubles {
            let _ =
                writeln!(text, "TROUBLE {check}: {seen}. What to do: {}.", remedy.as_deref().unwrap_or("see above"));
        }
        for role in &self.roles {
            if let Some(password) = &role.password {
                let _ = writeln!(text, "Password of {}, shown this once: {password}", role.name);
            }
        }
        text + "What is left to do:\n\
                1. PgBouncer: put spike_app's password into userlist.txt and the server into pgbouncer.ini, start it.\n\
                2. Secrets: pooled_url, direct_url and monitor_url of the secret database. auth_secret and user_id_salt stay.\n\
                3. Deploy or restart the functions, point the name of the API there, run `cargo dev smoke URL`.\n\
                4. Tell people what was lost since the backup; send Stripe's events since then again."
    }
}

#[expect(clippy::print_stdout, reason = "a command's report belongs on standard output")]
fn print(text: &str) {
    println!("{text}");
}
