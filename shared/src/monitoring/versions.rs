//! What runs, and whether it is older than what this build knows to be sound.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Monitor, MonitorError, one};
use crate::database::{SCHEMA_VERSION, Statement};

/// The last minor releases with fixes of security that this build knows of.
const POSTGRES: [(u32, u32); 5] = [(14, 20), (15, 15), (16, 11), (17, 7), (18, 1)];
/// The first that does not let expired passwords in.
const PGBOUNCER: [u32; 3] = [1, 24, 1];
const PGBOUNCER_NAME: &str = "PgBouncer";

/// What runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// This build.
    pub build: &'static str,
    /// The migrations that it needs.
    pub schema_version: i32,
    /// The servers.
    pub components: Vec<Component>,
}

/// A server and its version.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// PostgreSQL or PgBouncer.
    pub name: &'static str,
    /// As it says itself.
    pub version: String,
    /// What to do, if it is older than what this build knows to be sound.
    pub warning: Option<String>,
}

impl Versions {
    /// How many are older than they should be.
    pub fn outdated(&self) -> usize {
        self.components.iter().filter(|component| component.warning.is_some()).count()
    }
}

impl Monitor {
    /// What runs. A pooler that cannot be asked is left out.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub async fn versions(&self) -> Result<Versions, MonitorError> {
        let [rows] = self.ask([Statement::new(SERVER)]).await?;
        let version: &str = one(&rows)?.try_get("version")?;
        let mut components = vec![postgres(version)];
        if let Ok(pooler) = self.pooler().await {
            components.push(pgbouncer(&pooler.version));
        }
        Ok(Versions { build: env!("CARGO_PKG_VERSION"), schema_version: SCHEMA_VERSION, components })
    }
}

const SERVER: &str = "select current_setting('server_version') as version";

/// The numbers at the start of the first word that has one: `15.14 (Debian …)`, `PgBouncer 1.18.0`.
fn numbers(text: &str) -> Vec<u32> {
    let word = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).unwrap_or_default();
    word.split('.').map_while(|part| part.parse().ok()).collect()
}

fn postgres(said: &str) -> Component {
    let found = numbers(said);
    let (major, minor) = (found.first().copied().unwrap_or(0), found.get(1).copied().unwrap_or(0));
    let oldest = POSTGRES[0].0;
    let warning = match POSTGRES.iter().find(|(known, _)| *known == major) {
        _ if major < oldest => {
            Some(format!("PostgreSQL {major} is no longer maintained: upgrade to {oldest} or newer"))
        }
        Some((_, wanted)) if minor < *wanted => {
            Some(format!("{major}.{wanted} mends what {major}.{minor} leaves open: install it"))
        }
        _ => None,
    };
    Component { name: "PostgreSQL", version: said.to_owned(), warning }
}

fn pgbouncer(said: &str) -> Component {
    let warning = (numbers(said) < PGBOUNCER.to_vec()).then(|| {
        let [major, minor, patch] = PGBOUNCER;
        format!("{PGBOUNCER_NAME} {major}.{minor}.{patch} mends what this one leaves open: install it")
    });
    Component { name: PGBOUNCER_NAME, version: said.to_owned(), warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_62_an_old_version_is_warned_of() {
        for (said, is_old) in [
            ("15.1 (Debian 15.1-1)", true),
            ("15.15", false),
            ("15.99", false),
            ("13.22", true),
            ("18.0", true),
            ("18.1", false),
            ("19.0", false),
            ("21.0", false),
        ] {
            assert_eq!(postgres(said).warning.is_some(), is_old, "{said}");
        }
        for (said, is_old) in [("PgBouncer 1.18.0", true), ("PgBouncer 1.24.1", false), ("PgBouncer 1.25.0", false)] {
            assert_eq!(pgbouncer(said).warning.is_some(), is_old, "{said}");
        }
        assert!(postgres("15.1").warning.unwrap().contains("15.15"));
    }
}
