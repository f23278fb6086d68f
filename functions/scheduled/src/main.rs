//! The `scheduled` function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    scheduled::lambda::serve().await
}
