//! `rehearse`: applies what is pending to a copy of the database and looks at what comes out. The original is only read.

use serde::Serialize;

use crate::catalogue::{Catalogue, Difference};
use crate::deploy::deploy;
use crate::direct::{Access, close, connect};
use crate::error::MigrateError;
use crate::history::{self, compare, pending};
use crate::migration::Migration;
use crate::report::{AppliedMigration, counted, table, version};
use crate::scratch::{self, Start};
use crate::settings::Settings;

/// What `rehearse` found.
#[derive(Debug, Clone, Serialize)]
pub struct RehearseReport {
    /// What was applied to the copy, with the time that it took there.
    pub applied: Vec<AppliedMigration>,
    /// What the migrations change.
    pub changes: Vec<Difference>,
    /// How the result differs from what the same migrations make out of an empty database: drift that would stay.
    pub differences: Vec<Difference>,
}

/// Rehearses the pending ones of `migrations`.
///
/// # Errors
/// No copy can be made, `deploy` would refuse, or a migration fails on the copy.
pub async fn rehearse(settings: &Settings, migrations: &[Migration]) -> Result<RehearseReport, MigrateError> {
    let client = connect(settings, Access::Read).await?;
    let looked = async {
        pending(&compare(migrations, history::read(&client).await?))?;
        Ok::<_, MigrateError>(Catalogue::read(&client).await?)
    };
    let looked = looked.await;
    // Closed, so that it doesn't stand in the way of the copy.
    close(client).await;
    let before = looked?;
    let (applied, after) = scratch::with_scratch(settings, Start::Copy, async |copy: &Settings| {
        let client = connect(copy, Access::Write).await?;
        let deployed = deploy(&client, migrations, copy).await;
        let after = Catalogue::read(&client).await;
        close(client).await;
        let deployed = deployed.map_err(|error| MigrateError::Rehearsal(Box::new(error)))?;
        Ok((deployed.applied, after?))
    })
    .await?;
    let expected = scratch::expected_catalogue(settings, migrations).await?;
    let differences = scratch::relevant_differences(&after, &expected);
    Ok(RehearseReport { applied, changes: after.differences(&before), differences })
}

impl RehearseReport {
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        if !self.applied.is_empty() {
            let rows = self
                .applied
                .iter()
                .map(|one| [version(one.version), one.name.clone(), format!("{} ms", one.duration_ms)]);
            text += &(table(["VERSION", "NAME", "TIME"], rows) + "\n");
        }
        for change in &self.changes {
            text += &format!("  {change}\n");
        }
        if !self.differences.is_empty() {
            text += "Afterwards the schema is not what these migrations make out of an empty database:\n";
            for difference in &self.differences {
                text += &format!("  {difference}\n");
            }
        }
        let applied = counted(self.applied.len(), "migration");
        text + &format!("Rehearsed {applied} on a copy, which is dropped; the database itself is as it was.")
    }
}
