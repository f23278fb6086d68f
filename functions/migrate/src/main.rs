//! Serves events where Lambda started it, and is the command `cargo db` everywhere else.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if shared::events::started_this() { migrate::lambda::serve().await } else { migrate::command_line::run().await }
}
