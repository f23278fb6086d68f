//! `cargo dev chaos`: the fault tests of money under load, for as long as one likes; and migrations that are killed.

use clap::Args;

use crate::{
    error::LocalError,
    secret,
    test::{TestOptions, test},
};

/// Options of `cargo dev chaos`.
#[derive(Debug, Args)]
pub struct ChaosOptions {
    /// Repeats the decisions of an earlier run, which has printed its seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// Rounds, each with one kind of fault, in turn
    #[arg(long, default_value_t = 45, conflicts_with = "minutes")]
    pub rounds: u32,
    /// Goes on for so many minutes instead
    #[arg(long)]
    pub minutes: Option<u32>,
    /// Cuts off every migration after each of its statements instead
    #[arg(long, conflicts_with_all = ["rounds", "minutes", "seed"])]
    pub migrations: bool,
}

/// The test of the migrations that are cut off.
const INTERRUPTED: &str = "interrupted::ops_15_each_migration_cut_off_at_any_statement_leaves_nothing_of_itself";

/// Breaks things and prints what became of the money.
///
/// # Errors
/// When something acknowledged was lost, anything happened twice, or the books do not balance.
pub async fn chaos(options: ChaosOptions) -> Result<(), LocalError> {
    if options.migrations {
        let arguments = ["-p", "migrate", "--test", "against_postgres", "--", INTERRUPTED, "--exact", "--nocapture"];
        return test(TestOptions {
            arguments: arguments.map(str::to_owned).into(),
            environment: vec![("INTERRUPT_EVERY_STATEMENT".to_owned(), "yes".to_owned())],
        })
        .await;
    }
    let seed = match options.seed {
        Some(seed) => seed,
        None => fresh_seed()?,
    };
    let length = match options.minutes {
        Some(minutes) => ("CHAOS_MINUTES", minutes.to_string()),
        None => ("CHAOS_ROUNDS", options.rounds.to_string()),
    };
    let arguments = ["-p", "tests", "--test", "chaos", "--", "load::faults_under_load", "--exact", "--nocapture"];
    let environment = [("CHAOS_SEED", seed.to_string()), length];
    test(TestOptions {
        arguments: arguments.map(str::to_owned).into(),
        environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
    })
    .await
}

/// Short enough to be typed.
fn fresh_seed() -> Result<u64, LocalError> {
    Ok(secret::random(4)?.bytes().fold(0, |seed, byte| (seed * 131 + u64::from(byte)) % 1_000_000))
}
