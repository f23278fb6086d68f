//! Backups that are proven: one snapshot, streamed to an object store, with a manifest that a restored database must equal.
//! As a Lambda function and, without a limit of time, as part of `cargo db`.
//!
//! `migrate` does not link this: the object store's library would triple it. What `migrate` needs to know, whether there is
//! a backup to go back to, it reads from the record in the database.

mod alert;
pub mod command_line;
mod damage;
mod dump;
mod error;
mod history;
mod http_client;
mod key;
pub mod lambda;
mod manifest;
pub mod monthly;
mod programs;
mod promote;
mod prune;
mod recover;
mod report;
mod restore;
pub mod retention;
mod roles;
mod session;
mod settings;
mod snapshot;
mod store;
mod take;
mod verify;

pub use damage::{DamagedTable, assess};
pub use error::BackupError;
pub use key::{Key, Kind};
pub use manifest::{Difference, Manifest, MigrationMark, TableContent, Tables};
pub use monthly::{MonthlyReport, report};
pub use promote::promote;
pub use prune::prune;
pub use recover::{diff, merge};
pub use report::{AssessReport, BackupReport, Missing, PromoteReport, RecoverReport, Report, RestoreReport};
pub use restore::check;
pub use roles::{MadeRole, Passwords, make_roles};
pub use settings::Settings;
pub use store::{Store, Upload};
pub use take::take;
pub use verify::{restore, verify};
