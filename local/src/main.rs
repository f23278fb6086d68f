//! The `cargo dev` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::{
    LocalError,
    bench::{BenchOptions, bench},
    buy::{BuyOptions, buy},
    chaos::{ChaosOptions, chaos},
    console::note,
    drill::{DrillOptions, drill},
    events::{EventOptions, event},
    package::{PackageOptions, package},
    smoke::{SmokeOptions, smoke},
    test::{TestOptions, test},
    up::{UpOptions, up},
};

/// Spike Land on one machine.
#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the whole stack: databases, S3, the functions behind a gateway
    Up(UpOptions),
    /// Runs every test on a stack of its own
    Test(TestOptions),
    /// Kills what the money goes through, under load, and counts what became of it
    Chaos(ChaosOptions),
    /// Rehearses disasters on real servers, against what we promise
    Drill(DrillOptions),
    /// Measures cold starts and warm requests
    Bench(BenchOptions),
    /// Buys tokens: sends the signed webhook that Stripe would send
    Buy(BuyOptions),
    /// Prints a sample event for `cargo lambda invoke`
    Event(EventOptions),
    /// Asks a deployment whether it works: before traffic goes to it, and after going back
    Smoke(SmokeOptions),
    /// Builds the functions as they are deployed and prints their sizes
    Package(PackageOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), LocalError> {
    match command {
        Command::Up(options) => up(options).await,
        Command::Test(options) => test(options).await,
        Command::Chaos(options) => chaos(options).await,
        Command::Drill(options) => drill(options).await,
        Command::Bench(options) => bench(options).await,
        Command::Buy(options) => buy(options).await,
        Command::Event(options) => event(options).await,
        Command::Smoke(options) => smoke(options).await,
        Command::Package(options) => package(options).await,
    }
}
