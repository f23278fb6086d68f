//! `incident`: what people are told of a trouble, at `GET /api/status`. One at a time: a further message is news of the open one.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shared::ids::new_id;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::MigrateError;
use crate::settings::Settings;

/// $1 an id for a new one, $2 the message, $3 the impact, $4 now, $5 an id for the news. Both tables, or none.
const TELL: &str = "
    with known as (
        update incidents
           set message = $2, impact = coalesce($3, impact), status = 'IDENTIFIED'
         where resolved_at is null
        returning id, status
    ),
    opened as (
        insert into incidents (id, title, impact, message, started_at, created_at)
        select $1, left($2, 200), coalesce($3, 'MAJOR'), $2, $4, $4
         where not exists (select from known)
        returning id, status
    )
    insert into incident_updates (incident_id, id, status, message, created_at)
    select id, $5, status, $2, $4
      from (select * from known union all select * from opened) told";

/// $1 the message, $2 now, $3 an id for the news.
const END: &str = "
    with over as (
        update incidents
           set message = $1, status = 'RESOLVED', resolved_at = greatest($2, started_at)
         where resolved_at is null
        returning id
    )
    insert into incident_updates (incident_id, id, status, message, created_at)
    select id, $3, 'RESOLVED', $1, $2
      from over";

const STANDING: &str = "
    select to_char(started_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), message
      from incidents
     where resolved_at is null
     order by started_at desc
     limit 1";

const OVER: &str = "It is over: everything works again.";
/// As the column's own constraint.
const MESSAGE_CHARACTERS: usize = 2_000;

/// How much people notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Nothing yet.
    None,
    /// Something is slow or missing.
    Minor,
    /// Something that many need does not work.
    Major,
    /// Nothing works.
    Critical,
}

impl Impact {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Minor => "MINOR",
            Self::Major => "MAJOR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What people are told.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentReport {
    /// Since when, as ISO 8601 in UTC; `None`: there is no incident.
    pub since: Option<String>,
    /// The newest message.
    pub message: Option<String>,
}

/// Tells people `message`, or that it is over, and answers how it stands.
pub(crate) async fn incident(
    client: &Client,
    message: Option<&str>,
    impact: Option<Impact>,
    over: bool,
    settings: &Settings,
) -> Result<IncidentReport, MigrateError> {
    let message = message.map(str::trim).filter(|text| !text.is_empty());
    if message.is_some_and(|text| text.chars().count() > MESSAGE_CHARACTERS) {
        return Err(MigrateError::Request(format!("the message is longer than {MESSAGE_CHARACTERS} characters")));
    }
    let now = settings.config.clock.now();
    let (id, news) = (new_id("inc", now), new_id("inu", now));
    match (message, over) {
        (_, true) => {
            let said = message.unwrap_or(OVER);
            client.execute_typed(END, &[(&said, Type::TEXT), (&now, Type::TIMESTAMPTZ), (&news, Type::TEXT)]).await?;
        }
        (Some(said), false) => {
            let impact = impact.map(Impact::as_str);
            let parameters: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[
                (&id, Type::TEXT),
                (&said, Type::TEXT),
                (&impact, Type::TEXT),
                (&now, Type::TIMESTAMPTZ),
                (&news, Type::TEXT),
            ];
            client.execute_typed(TELL, parameters).await?;
        }
        (None, false) if impact.is_some() => {
            return Err(MigrateError::Request("an impact goes with a message".to_owned()));
        }
        (None, false) => {}
    }
    let row = client.query_typed_opt(STANDING, &[]).await?;
    Ok(match row {
        Some(row) => IncidentReport { since: row.try_get(0)?, message: row.try_get(1)? },
        None => IncidentReport { since: None, message: None },
    })
}

impl IncidentReport {
    /// As a sentence.
    pub(crate) fn to_text(&self) -> String {
        match (&self.since, &self.message) {
            (Some(since), Some(message)) => format!(
                "People are told since {since}: {message}\nNews of it: `cargo db incident TEXT`. When it is over: `cargo db incident --over`."
            ),
            _ => "There is no incident.".to_owned(),
        }
    }
}
