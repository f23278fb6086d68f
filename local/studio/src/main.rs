//! `cargo studio`: prints an address that shows the database in a browser, until Ctrl-C.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use local::console::{note, say};
use local::settings::{Settings, project};
use shared::database::DatabaseUrl;
use studio::{Problem, Studio};

/// Shows the database in a browser on this machine. Changes nothing, and hides passwords, tokens and keys.
#[derive(Parser)]
#[command(name = "cargo studio", bin_name = "cargo studio")]
struct CommandLine {
    /// The database [default: DIRECT_URL of the environment or of .env.local]
    #[arg(long)]
    url: Option<String>,
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 5555)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: CommandLine) -> Result<(), Problem> {
    let said = |error: local::LocalError| Problem::Setup(error.to_string());
    let url = match options.url {
        Some(url) => url,
        None => Settings::load(&project()).and_then(|settings| settings.require("DIRECT_URL")).map_err(said)?,
    };
    let url = DatabaseUrl::parse(&url).map_err(|problem| Problem::Setup(format!("The URL {problem}.")))?;
    let place = url.place();
    let studio = Studio::start(url, SocketAddr::from((Ipv4Addr::LOCALHOST, options.port))).await?;
    say(format!("{place} in a browser, for you alone until Ctrl-C:\n\n  {}\n", studio.address()));
    tokio::signal::ctrl_c().await.map_err(|error| Problem::Setup(error.to_string()))
}
