//! What the end-to-end tests stand on. Each test gets a database of its own, the real function binaries behind the real
//! gateway, and a check of the ledger when it is done.

mod answer;
mod given;
mod ledger;
mod proxy;
mod servers;
mod stack;

pub use answer::Answer;
pub use given::{Given, project};
pub use proxy::Proxy;
pub use servers::with_own_servers;
pub use stack::{PASSWORD, Person, STRIPE_SECRETS, Stack, with_stack, with_stack_behind};
