//! Before a deployed database changes there is a backup to go back to. It is taken by whoever deploys (`cargo db deploy`, or
//! the pipeline, which invokes the function `backup` first); here it is only looked up, so that this binary carries no client
//! of an object store.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::history::Standing;

/// Of this very version of the schema, and young enough that little was written since.
const FIND: &str = "
    select exists (select from backup_runs
                    where kind = 'pre-migration' and status = 'SUCCEEDED' and migration_version = $1
                      and finished_at > now() - interval '1 hour')";

/// Refuses to change a database without a backup of it. A database that was never migrated holds nothing, and
/// one from before there was a record of backups has none.
pub(crate) async fn check(client: &Client, standings: &[Standing<'_>]) -> Result<(), MigrateError> {
    let applied = standings.iter().filter(|standing| standing.applied.is_some());
    let Some(newest) = applied.map(|standing| standing.version).max() else { return Ok(()) };
    let row = client.query_typed_one("select to_regclass('backup_runs') is not null", &[]).await?;
    if !row.try_get::<_, bool>(0)? {
        tracing::warn!("this database keeps no record of backups yet: nobody can tell whether there is one");
        return Ok(());
    }
    if client.query_typed_one(FIND, &[(&newest, Type::INT4)]).await?.try_get(0)? {
        return Ok(());
    }
    Err(MigrateError::NoWayBack)
}
