//! The `cargo dev` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::{
    LocalError,
    buy::{BuyOptions, buy},
    console::note,
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
    /// Buys tokens: sends the signed webhook that Stripe would send
    Buy(BuyOptions),
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
        Command::Buy(options) => buy(options).await,
    }
}
