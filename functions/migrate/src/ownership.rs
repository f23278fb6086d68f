//! Who owns what, and who may read it: the database's own function `settle_ownership()` sees to that, once a migration has
//! made it, so that no migration has to think of it.

use shared::database::SETTLE_OWNERSHIP;
use tokio_postgres::Client;

use crate::error::{FailedStatement, MigrateError};

const KEPT: &str = "Nothing of this was kept. Let DIRECT_URL name a member of spike_owner, and run this again.";

/// Gives to the owner and to the readers what was made since.
pub(crate) async fn settle(client: &Client, file: &str) -> Result<(), MigrateError> {
    client.batch_execute(SETTLE_OWNERSHIP).await.map_err(|cause| {
        let first_line = "settle_ownership()".to_owned();
        MigrateError::Failed(Box::new(FailedStatement {
            file: file.to_owned(),
            statement: None,
            line: 0,
            first_line,
            kept: KEPT,
            cause,
        }))
    })
}
