//! `maintenance`: the switch that stops writing. Functions look at it at the beginning of each transaction, so it works from
//! the next request on.

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;

const ON: &str = "
    update deployment
       set maintenance_since = coalesce(maintenance_since, now()),
           maintenance_message = $1,
           maintenance_by = 'command line'";
const OFF: &str = "
    update deployment
       set maintenance_since = null, maintenance_message = null, maintenance_by = null";
const STANDING: &str = "
    select to_char(maintenance_since at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), maintenance_message
      from deployment";
/// As the column's own constraint.
const MESSAGE_CHARACTERS: usize = 500;

/// How the switch stands.
#[derive(Debug, Clone, Serialize)]
pub struct MaintenanceReport {
    /// Since when nothing is written, as ISO 8601 in UTC.
    pub since: Option<String>,
    /// What those who are turned away are told, if an operator wrote something.
    pub message: Option<String>,
}

/// Throws the switch if `on` says where to, and answers how it stands.
pub(crate) async fn maintenance(
    client: &Client,
    on: Option<bool>,
    message: Option<&str>,
) -> Result<MaintenanceReport, MigrateError> {
    let message = message.map(str::trim).filter(|text| !text.is_empty());
    if message.is_some_and(|text| text.chars().count() > MESSAGE_CHARACTERS) {
        return Err(MigrateError::Request(format!("the message is longer than {MESSAGE_CHARACTERS} characters")));
    }
    match (on, message) {
        (Some(true), _) => drop(client.execute_typed(ON, &[(&message, Type::TEXT)]).await?),
        (_, Some(_)) => return Err(MigrateError::Request("a message goes with \"on\" alone".to_owned())),
        (Some(false), None) => drop(client.execute_typed(OFF, &[]).await?),
        (None, None) => {}
    }
    let row = client.query_typed_one(STANDING, &[]).await?;
    Ok(MaintenanceReport { since: row.try_get(0)?, message: row.try_get(1)? })
}

impl MaintenanceReport {
    /// As a sentence.
    pub(crate) fn to_text(&self) -> String {
        match (&self.since, &self.message) {
            (None, _) => "Writing is open.".to_owned(),
            (Some(since), None) => format!("Nothing is written since {since}. To go on: `cargo db maintenance off`."),
            (Some(since), Some(message)) => format!(
                "Nothing is written since {since}; those who are turned away are told: {message}\n\
                 To go on: `cargo db maintenance off`."
            ),
        }
    }
}
