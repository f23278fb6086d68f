//! What the end-to-end tests stand on. Each test gets a database of its own, the real function binaries behind the real
//! gateway, and a check of the ledger when it is done.

mod answer;
mod browser;
mod given;
mod ledger;
mod mail;
mod node;
mod proxy;
mod python;
mod servers;
mod stack;

pub use answer::Answer;
pub use browser::Browser;
pub use given::{Given, project};
pub use mail::{Letter, MailServer, MailTls, letters};
pub use node::{AuthCore, NodeScript};
pub use proxy::Proxy;
pub use python::python;
pub use servers::with_own_servers;
pub use stack::{
    AUTH_SECRET, PASSWORD, Person, STRIPE_SECRETS, Stack, with_stack, with_stack_behind, with_stack_mailing,
    with_stack_where,
};
