//! The smallest function: answers `hello` to every request. What it needs to start, no function can do without.

use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_request: Request| async { Ok::<_, Error>("hello") })).await
}
