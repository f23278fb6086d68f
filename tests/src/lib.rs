//! What the end-to-end tests stand on. Each test gets a database of its own, the real function binaries behind the real
//! gateway, and a check of the ledger when it is done.

mod answer;
mod backups;
mod browser;
mod buyers;
mod chromium;
mod fault_proxy;
mod gifts;
mod given;
mod ledger;
mod mail;
mod node;
mod pair;
mod proxy;
mod python;
mod secrets_manager;
mod servers;
mod stack;
mod wire;

pub use answer::Answer;
pub use backups::Backups;
pub use browser::Browser;
pub use buyers::{Buyers, Gone};
pub use chromium::Chromium;
pub use fault_proxy::{FaultProxy, Point, Trap};
pub use given::{Given, project};
pub use mail::{Letter, MailServer, MailTls, letters};
pub use node::{AuthCore, NodeScript};
pub use pair::{Node, Pair, with_pair};
pub use proxy::Proxy;
pub use python::{PythonServer, python};
pub use secrets_manager::SecretsManager;
pub use servers::{own_servers, with_own_servers};
pub use stack::{
    AUTH_SECRET, PASSWORD, Person, STRIPE_SECRETS, Stack, with_stack, with_stack_behind, with_stack_mailing,
    with_stack_of, with_stack_where,
};
