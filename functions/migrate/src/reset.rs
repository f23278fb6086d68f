//! `reset`: replaces a development database by a new one with every migration and nothing else in it.

use serde::Serialize;

use crate::deploy::deploy;
use crate::direct::{Access, close, connect};
use crate::error::MigrateError;
use crate::history::compare;
use crate::migration::Migration;
use crate::report::counted;
use crate::scratch::{database_name, maintenance, quoted, random};
use crate::settings::Settings;
use crate::{deployment, history};

/// The environments whose data may go.
const RESETTABLE: [&str; 2] = ["development", "test"];

/// Settings of the database itself, which a new one doesn't have: `alter database … set`.
const OWN_SETTINGS: &str = "
    select pg_get_userbyid(d.datdba)::text, coalesce(s.setconfig, '{}')
      from pg_database d
      left join pg_db_role_setting s on s.setdatabase = d.oid and s.setrole = 0
     where d.datname = current_database()";

/// What `reset` did.
#[derive(Debug, Clone, Serialize)]
pub struct ResetReport {
    /// The database.
    pub database: String,
    /// How many migrations the new one has.
    pub applied: usize,
}

/// Makes a new database with every migration, and puts it in the place of the old one only then.
///
/// # Errors
/// `target` is not the database's name, the database or `ENVIRONMENT` says neither development nor test, or a migration
/// fails; then the old database is as it was.
pub async fn reset(settings: &Settings, migrations: &[Migration], target: &str) -> Result<ResetReport, MigrateError> {
    let name = database_name(settings).await?;
    if name != target {
        return Err(refused(&format!("DIRECT_URL leads to the database {name}, and --target says {target}")));
    }
    if !RESETTABLE.contains(&settings.environment.as_str()) {
        return Err(refused(&format!("ENVIRONMENT says {}", settings.environment.as_str())));
    }
    let client = connect(settings, Access::Read).await?;
    let checked = async {
        allowed(deployment::marker(&client).await?.as_deref())?;
        // Who resets with an old build would get an old schema.
        let standings = compare(migrations, history::read(&client).await?);
        if let Err(error @ MigrateError::NewerDatabase { .. }) = history::pending(&standings) {
            return Err(error);
        }
        let row = client.query_typed_one(OWN_SETTINGS, &[]).await?;
        Ok((row.try_get::<_, String>(0)?, row.try_get::<_, Vec<String>>(1)?))
    };
    let checked = checked.await;
    close(client).await;
    let (owner, own_settings) = checked?;

    let admin = maintenance(settings, &name).await?;
    let draft = format!("migrate_scratch_reset_{}", random());
    let outcome = async {
        admin.batch_execute(&format!("create database {draft} owner {} template template0", quoted(&owner))).await?;
        let url = settings.url.clone().with_database(&draft);
        let client = connect(&Settings { url, ..settings.clone() }, Access::Write).await?;
        let deployed = deploy(&client, migrations, settings).await;
        close(client).await;
        let applied = deployed?.applied.len();
        for setting in &own_settings {
            if let Some((setting, value)) = setting.split_once('=') {
                let sql = format!("alter database {draft} set {} = '{}'", quoted(setting), value.replace('\'', "''"));
                admin.batch_execute(&sql).await?;
            }
        }
        admin.batch_execute(&format!("drop database {} with (force)", quoted(&name))).await?;
        admin.batch_execute(&format!("alter database {draft} rename to {}", quoted(&name))).await?;
        Ok(applied)
    };
    let outcome: Result<usize, MigrateError> = outcome.await;
    if outcome.is_err() {
        let gone = admin
            .query_typed_opt(
                "select 1 from pg_database where datname = $1",
                &[(&name, tokio_postgres::types::Type::TEXT)],
            )
            .await;
        // The new one is all there is when only the renaming failed.
        if !matches!(gone, Ok(None)) {
            drop(admin.batch_execute(&format!("drop database if exists {draft} with (force)")).await);
        }
    }
    close(admin).await;
    Ok(ResetReport { database: name, applied: outcome? })
}

fn allowed(marker: Option<&str>) -> Result<(), MigrateError> {
    match marker {
        Some(marker) if RESETTABLE.contains(&marker) => Ok(()),
        Some(marker) => Err(refused(&format!("the database is marked {marker}"))),
        None => Err(refused("the database is not marked with an environment")),
    }
}

fn refused(why: &str) -> MigrateError {
    MigrateError::ResetRefused(format!(
        "SAFETY: {why}: nothing was done. Only a database that is marked development or test is reset, and only when \
         --target names it; elsewhere a new migration corrects what is wrong (`cargo db new NAME`)"
    ))
}

impl ResetReport {
    pub(crate) fn to_text(&self) -> String {
        let applied = counted(self.applied, "migration");
        format!("{} is new: {applied} applied, no data. Seed it with `cargo db seed main`.", self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn ops_16_only_a_marked_development_database_is_reset() {
        assert!(allowed(Some("development")).is_ok() && allowed(Some("test")).is_ok());
        for marker in [Some("production"), Some("staging"), None] {
            assert!(allowed(marker).unwrap_err().to_string().starts_with("SAFETY: "));
        }
    }
}
