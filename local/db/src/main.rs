//! `cargo db`: the commands of two functions under one name. Neither function links the other: what is deployed as `migrate`
//! has no use for an object store's library, and what is deployed as `backup` none for the migrations.

mod bootstrap;

use std::process::{Command, ExitCode};

use backup::command_line::{COMMANDS, before_deploy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Options such as --json may come before the command.
    let command = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    if COMMANDS.contains(&command.as_str()) {
        return backup::command_line::run().await;
    }
    match command.as_str() {
        "bootstrap" => return bootstrap::run().await,
        "studio" => return studio(),
        _ => {}
    }
    let wants_backup = !std::env::args().any(|word| word == "--without-backup");
    if command == "deploy" && wants_backup && migrate::command_line::is_anything_pending().await {
        match before_deploy().await {
            Ok(key) => key.into_iter().for_each(|key| eprintln!("Before the migrations: {key}")),
            Err(error) => {
                eprintln!("error: nothing was migrated, as there is no backup: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    migrate::command_line::run().await
}

/// Runs `cargo studio` with the same options, until it ends.
fn studio() -> ExitCode {
    let options = std::env::args().skip(1).filter(|word| word != "studio");
    let ended = Command::new("cargo").arg("studio").args(options).status();
    match ended {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cargo did not start ({error}): run `cargo studio` in the project's folder");
            ExitCode::FAILURE
        }
    }
}
