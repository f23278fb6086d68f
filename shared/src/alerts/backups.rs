//! How many backups have failed: what `alerts.evaluate` measures each minute, and a backup itself at its end.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::database::{DatabaseError, Statement};

/// How many backups have failed and were not made good since.
pub fn failed_backups(now: Timestamp) -> Statement {
    Statement::new(FAILED).bind(now)
}

/// Reads the answer to [`failed_backups`].
///
/// # Errors
/// A column is missing.
pub fn failed_count(rows: &[Row]) -> Result<f64, DatabaseError> {
    let row = rows.first().ok_or(DatabaseError::Protocol("an aggregate answered no row"))?;
    Ok(row.try_get("failed")?)
}

/// $1 now. A failure is over when one of its kind succeeds, or after a week. One before a migration stopped that; any good
/// backup shows that they can be taken again.
const FAILED: &str = "
select count(*)::float8 as failed
  from backup_runs f
 where f.status = 'FAILED'
   and f.started_at > $1 - interval '7 days'
   and not exists (
       select from backup_runs g
        where (g.kind = f.kind or f.kind = 'pre-migration')
          and g.status = 'SUCCEEDED'
          and g.started_at > f.started_at
   )";
