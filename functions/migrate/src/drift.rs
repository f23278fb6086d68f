//! Drift: what somebody changed by hand since the last migration. Each migration leaves the catalogue as it was right
//! after it, so no second database is needed to see the difference.

use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::catalogue::{Catalogue, Difference};
use crate::error::MigrateError;

/// Only the newest row keeps the whole catalogue: nothing is ever compared with an older one.
const RECORD: &str = "
    update schema_migrations
       set schema_fingerprint = case when version = $1 then $2 else schema_fingerprint end,
           schema_objects = case when version = $1 then $3 end,
           server_version = case when version = $1 then current_setting('server_version_num')::int / 10000
                                 else server_version end
     where version = $1 or schema_objects is not null";

/// As JSON, so that it also reads a table that an older build made.
const READ: &str = "
    select to_jsonb(m) ->> 'schema_fingerprint', to_jsonb(m) -> 'schema_objects',
           (to_jsonb(m) ->> 'server_version')::int, current_setting('server_version_num')::int / 10000
      from schema_migrations m
     order by version desc
     limit 1";

/// How the schema stands to what the last migration left.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Drift {
    /// Nothing was applied yet.
    Nothing,
    /// It is as the last migration left it.
    None,
    /// The last migration was applied by a build that didn't record the schema.
    Unknown,
    /// Somebody changed it since.
    Found {
        /// What, by name.
        differences: Vec<Difference>,
        /// Set when the server's major version changed meanwhile, which alone can change how definitions are written.
        upgraded_from: Option<i32>,
    },
}

impl Drift {
    /// The differences; none unless there are some.
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Found { differences, .. } => differences,
            Self::Nothing | Self::None | Self::Unknown => &[],
        }
    }
}

/// Records the schema as what the migration left.
pub(crate) async fn record(client: &Client, version: i32) -> Result<(), tokio_postgres::Error> {
    let catalogue = Catalogue::read(client).await?;
    let objects = serde_json::to_value(&catalogue).unwrap_or_default();
    client
        .execute_typed(
            RECORD,
            &[(&version, Type::INT4), (&catalogue.fingerprint(), Type::TEXT), (&objects, Type::JSONB)],
        )
        .await
        .map(drop)
}

/// Compares the schema with what the last migration left.
pub(crate) async fn find(client: &Client) -> Result<Drift, MigrateError> {
    if !crate::history::exists(client).await? {
        return Ok(Drift::Nothing);
    }
    let Some(row) = client.query_typed_opt(READ, &[]).await? else { return Ok(Drift::Nothing) };
    let (Some(fingerprint), Some(objects)) =
        (row.try_get::<_, Option<String>>(0)?, row.try_get::<_, Option<Value>>(1)?)
    else {
        return Ok(Drift::Unknown);
    };
    let actual = Catalogue::read(client).await?;
    if actual.fingerprint() == fingerprint {
        return Ok(Drift::None);
    }
    let Ok(expected) = serde_json::from_value::<Catalogue>(objects) else { return Ok(Drift::Unknown) };
    let (then, now): (Option<i32>, i32) = (row.try_get(2)?, row.try_get(3)?);
    let upgraded_from = then.filter(|then| *then != now);
    match actual.differences(&expected) {
        differences if differences.is_empty() => Ok(Drift::None),
        differences => Ok(Drift::Found { differences, upgraded_from }),
    }
}
