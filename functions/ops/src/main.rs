//! The `ops` function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::function::serve("ops", ops::router).await
}
