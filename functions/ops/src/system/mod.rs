//! `/api/admin/system/*`: the system's own figures, and what an administrator does about them.

pub mod alerts;
pub mod backups;
pub mod explain;
pub mod figures;
pub mod jobs;
pub mod queries;
pub mod samples;
