//! `partitions.maintain`: months are made ahead for the tables that are cut by month, and dropped when their time is up.

use serde_json::{Value, json};
use shared::{ApiError, Statement};

use crate::work::Work;

/// All tables in one transaction. When a month is in use for longer than a lock is waited for, the next night is early
/// enough: there are months of them ahead.
pub(crate) async fn maintain(work: &Work) -> Result<Value, ApiError> {
    let [rows] = work.database.write([Statement::new(MAINTAIN).bind(work.now())]).await?;
    let row = rows.first();
    let count = |name| row.map_or(Ok(0), |row| row.try_get::<_, i64>(name));
    Ok(json!({ "made": count("made")?, "dropped": count("dropped")? }))
}

const MAINTAIN: &str = "
select count(*) filter (where action = 'made') as made,
       count(*) filter (where action = 'dropped') as dropped
  from maintain_partitions($1)";
