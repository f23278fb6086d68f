//! Serves events where Lambda started it, and is a command everywhere else.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if shared::events::started_this() { backup::lambda::serve().await } else { backup::command_line::run().await }
}
