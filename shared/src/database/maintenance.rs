//! The write stop: while the system is under maintenance nothing is written, and reading goes on.
//!
//! Every transaction that may write begins with a look at the switch, in the exchange that it needs anyway: no wait more, and
//! what any statement costs (measured: 30 µs of the server's processor). A trigger on each table would look once per table
//! that a statement writes (50 µs for two), would have to be remembered with every new table, and would stop reads that keep
//! count (rate limits, tokens that grew). Withdrawing the role's rights would cost nothing while the switch is off, and could
//! not be undone exactly.

use super::{BEGIN, DatabaseError, Statement};

const GUARD: Statement = Statement::new("select require_writable()");
const SENTENCE: &str = "Changes are stopped for maintenance and nothing was changed: try again later.";

/// Whether transactions that may write are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStop {
    /// Never: for those who repair.
    Never,
    /// While the switch in the database is on.
    Switch,
    /// Always: `MAINTENANCE_MODE` is set, for when the database itself is what is under maintenance.
    Always,
}

impl WriteStop {
    /// What functions go by.
    pub fn of_functions(maintenance: bool) -> Self {
        if maintenance { WriteStop::Always } else { WriteStop::Switch }
    }

    /// How a transaction begins that may write.
    pub(super) fn opening(self) -> Result<Vec<Statement>, DatabaseError> {
        match self {
            WriteStop::Never => Ok(vec![BEGIN]),
            WriteStop::Switch => Ok(vec![BEGIN, GUARD]),
            WriteStop::Always => Err(DatabaseError::Maintenance(SENTENCE.to_owned())),
        }
    }
}

/// What those who are turned away are told: what the operator wrote, or our own sentence.
pub(super) fn sentence(written: Option<&str>) -> String {
    written.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(SENTENCE).to_owned()
}
