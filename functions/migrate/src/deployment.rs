//! The database's marker: which environment it belongs to. A wrong URL must not turn one into another.

use shared::Environment;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;

const WRITE: &str = "
    with marked as (update deployment set environment = $1 where environment is null)
    insert into deployment (environment) select $1 where not exists (select from deployment)";

/// The environment that the database is marked with; none before its first deploy.
pub(crate) async fn marker(client: &Client) -> Result<Option<String>, MigrateError> {
    if !table_exists(client).await? {
        return Ok(None);
    }
    let row = client.query_typed_opt("select environment::text from deployment limit 1", &[]).await?;
    Ok(row.map(|row| row.try_get::<_, Option<String>>(0)).transpose()?.flatten())
}

/// Refuses a database that belongs to another environment.
pub(crate) async fn check(client: &Client, environment: Environment) -> Result<(), MigrateError> {
    match marker(client).await? {
        Some(marker) if marker != environment.as_str() => {
            Err(MigrateError::OtherEnvironment { marker, configured: environment.as_str() })
        }
        _ => Ok(()),
    }
}

/// Marks a database that is not marked yet, once a migration has made the table.
pub(crate) async fn mark(client: &Client, environment: Environment) -> Result<(), MigrateError> {
    if table_exists(client).await? {
        client.execute_typed(WRITE, &[(&environment.as_str(), Type::TEXT)]).await?;
    }
    Ok(())
}

async fn table_exists(client: &Client) -> Result<bool, MigrateError> {
    let row = client.query_typed_one("select to_regclass('deployment') is not null", &[]).await?;
    Ok(row.try_get(0)?)
}
