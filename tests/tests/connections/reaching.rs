//! Reaching a database by a URL, as a function does.

use shared::database::DatabaseUrl;
use shared::{Clock, Database, Statement};

/// The database's name as a function sees it, or why it could not ask.
pub async fn reach(url: &str) -> Result<String, String> {
    let database = Database::new(DatabaseUrl::parse(url)?, Clock::default());
    match database.read([Statement::new("select current_database()::text")]).await {
        Ok([rows]) => Ok(rows[0].get(0)),
        Err(error) => Err(error.to_string()),
    }
}
