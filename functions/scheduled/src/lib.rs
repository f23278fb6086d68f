//! What runs by the clock. [`jobs::JOBS`] is the list: the template's schedules, and so the deployed and the local clock,
//! say the same.
//!
//! A job runs once at a time, in small steps that are each whole: a run that is killed leaves nothing half done, and the
//! next one goes on where it ended.

pub mod alerts;
mod audit;
mod billing;
pub mod debts;
pub mod jobs;
pub mod lambda;
mod mail;
mod partitions;
pub mod purge;
pub mod referrals;
mod run;
mod work;
