//! Where a seed may run. What counts is what the database says of itself, never how a URL is spelt.

use shared::Environment;

use crate::error::MigrateError;

/// Takes away what the seed `e2e` made; no set of its own.
pub(crate) const CLEANUP: &str = "cleanup-e2e";
/// For tests alone.
const TESTS_ONLY: [&str; 3] = ["e2e", CLEANUP, "enhanced"];
/// They hold credentials that anybody can look up, or delete: who runs them has to name the database.
const NAMED: [&str; 2] = ["e2e", CLEANUP];

/// What is known about the database, and what was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The database's marker.
    pub(super) marker: Option<&'a str>,
    /// `current_database()`.
    pub(super) database: &'a str,
    /// `ENVIRONMENT`.
    pub(super) environment: Environment,
    /// The name that was given with `--target`.
    pub(super) target: Option<&'a str>,
    /// Whether people with passwords are given.
    pub(super) users: bool,
}

impl Place<'_> {
    /// Refuses a seed that must not run here.
    pub(super) fn allows(&self, seed: &str) -> Result<(), MigrateError> {
        let Self { marker, database, environment, target, users } = *self;
        let what = match () {
            () if TESTS_ONLY.contains(&seed) => format!("the seed {seed}, which is for tests alone,"),
            () if users => "a seed of users with known passwords".to_owned(),
            () => format!("the seed {seed}"),
        };
        let sensitive = users || TESTS_ONLY.contains(&seed);
        let reason = match (marker, target) {
            (_, Some(target)) if target != database => {
                format!("--target says {target:?}, and DIRECT_URL leads to the database {database:?}")
            }
            (Some("production"), _) if environment != Environment::Production => format!(
                "the database is marked production, and ENVIRONMENT says {}; point DIRECT_URL at another one",
                environment.as_str()
            ),
            (Some("production"), _) if sensitive => "the database is marked production".to_owned(),
            _ if sensitive && environment == Environment::Production => "ENVIRONMENT says production".to_owned(),
            (None, _) if sensitive => "the database is not marked with an environment; run `deploy` first".to_owned(),
            (_, None) if NAMED.contains(&seed) => {
                format!(
                    "name the database with --target (\"target\" of the event), to be sure: it is called {database:?}"
                )
            }
            _ => return Ok(()),
        };
        Err(MigrateError::SeedRefused(format!("SAFETY: {what} does not run here: {reason}; nothing was done")))
    }
}

#[cfg(test)]
mod tests {
    use shared::Environment::{self, Development, Production, Staging, Test};

    use super::Place;

    fn place(marker: Option<&'static str>, environment: Environment) -> Place<'static> {
        Place { marker, database: "db", environment, target: None, users: false }
    }

    #[test]
    fn known_credentials_need_a_database_that_says_what_it_is() {
        let with_users = |marker, environment| Place { users: true, ..place(marker, environment) };
        with_users(Some("development"), Development).allows("main").unwrap();
        for (marker, environment) in [
            (Some("production"), Development),
            (Some("production"), Production),
            (Some("development"), Production),
            (None, Development),
        ] {
            let named = Place { target: Some("db"), ..place(marker, environment) };
            for refused in [
                with_users(marker, environment).allows("main"),
                named.allows("e2e"),
                named.allows("cleanup-e2e"),
                named.allows("enhanced"),
            ] {
                let error = refused.unwrap_err();
                assert_eq!(error.code(), "seed_refused");
                assert!(error.to_string().starts_with("SAFETY: "), "{error}");
            }
        }
    }

    #[test]
    fn the_database_has_to_be_named_where_it_matters_and_named_rightly_everywhere() {
        let staging = place(Some("staging"), Staging);
        staging.allows("merch").unwrap();
        for seed in ["e2e", "cleanup-e2e"] {
            assert!(staging.allows(seed).unwrap_err().to_string().contains("it is called \"db\""));
            Place { target: Some("db"), ..staging }.allows(seed).unwrap();
        }
        for seed in ["main", "vouchers", "merch", "box-tiers", "enhanced", "e2e"] {
            let said = Place { target: Some("other"), ..staging }.allows(seed).unwrap_err().to_string();
            assert!(said.contains("\"other\"") && said.contains("\"db\""), "{said}");
        }
    }

    #[test]
    fn a_production_database_takes_what_the_shop_needs_and_only_from_production() {
        for seed in ["main", "vouchers", "merch", "box-tiers"] {
            place(Some("production"), Production).allows(seed).unwrap();
            let said = place(Some("production"), Test).allows(seed).unwrap_err().to_string();
            assert!(said.starts_with("SAFETY: ") && said.contains("ENVIRONMENT says test"), "{said}");
        }
    }
}
