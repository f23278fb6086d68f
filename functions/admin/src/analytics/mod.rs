//! `/api/admin/analytics/*`: figures over many people. Days are UTC.

pub mod people;
pub mod tokens;

use shared::{ApiError, DatabaseError};
use tokio_postgres::Row;

/// How many days a daily figure goes back, today included.
const DAYS: i64 = 30;

/// The one row of an aggregate.
fn only(rows: &[Row]) -> Result<&Row, ApiError> {
    rows.first().ok_or_else(|| DatabaseError::Protocol("an aggregate answered no row").into())
}
