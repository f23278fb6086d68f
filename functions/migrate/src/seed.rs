//! `seed`: runs a file of `seeds/` in one transaction. Every seed can be run again.

mod changes;
mod guard;
mod report;

use std::time::Instant;

use shared::new_user;
use shared::secret::hex;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use self::changes::Counts;
pub use self::changes::TableChange;
use self::guard::Place;
pub use self::report::{SeedReport, Seeded};

use crate::action::Seeding;
use crate::error::MigrateError;
use crate::history::milliseconds;
use crate::rules;
use crate::settings::Settings;
use crate::statements::{Refusal, Statement, split};
use crate::users::prepare_users;
use crate::{deployment, lock, migration, transaction};

/// A file of `seeds/`.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The file's name without `.sql`.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// What it does, in order.
    pub statements: Vec<Statement>,
}

impl Seed {
    /// Reads one file.
    ///
    /// # Errors
    /// The SQL can't be split, or a statement may not stand in a transaction.
    pub fn parse(file: &str, text: &str) -> Result<Self, MigrateError> {
        let refuse = |Refusal { line, reason }| MigrateError::File { file: file.to_owned(), line, reason };
        let statements = split(text).map_err(refuse)?;
        for statement in &statements {
            rules::in_transaction(statement).map_err(|reason| refuse(Refusal { line: statement.line, reason }))?;
        }
        let name = file.strip_suffix(".sql").unwrap_or(file).to_owned();
        Ok(Self { name, file: file.to_owned(), statements })
    }

    /// The seeds of these names, separated by commas, that are built into this binary.
    ///
    /// # Errors
    /// There is no such seed, one is named twice, or as [`Seed::parse`].
    pub fn embedded(names: &str) -> Result<Vec<Self>, MigrateError> {
        let mut seeds: Vec<Self> = Vec::new();
        for name in names.split(',').map(str::trim) {
            if name == guard::CLEANUP || seeds.iter().any(|seed| seed.name == name) {
                return Err(unknown(name));
            }
            seeds.push(Self::file(name)?);
        }
        Ok(seeds)
    }

    /// What takes away what the seed `e2e` made.
    ///
    /// # Errors
    /// As [`Seed::parse`].
    pub fn cleanup() -> Result<Self, MigrateError> {
        Self::file(guard::CLEANUP)
    }

    fn file(name: &str) -> Result<Self, MigrateError> {
        let mut seeds = migration::embedded_seeds().iter();
        let (file, text) =
            seeds.find(|(file, _)| file.strip_suffix(".sql") == Some(name)).ok_or_else(|| unknown(name))?;
        Self::parse(file, text)
    }
}

/// Also for one that is named twice: it ran the first time.
fn unknown(name: &str) -> MigrateError {
    let names = migration::embedded_seeds().iter().filter_map(|(file, _)| file.strip_suffix(".sql"));
    let known: Vec<&str> = names.filter(|name| *name != guard::CLEANUP).collect();
    MigrateError::UnknownSeed { name: name.to_owned(), known: known.join(", ") }
}

/// Runs seeds, each in a transaction of its own, which a check rolls back. The users reach the SQL as JSON text in the
/// setting `seed.users`, an array, the fingerprint of the salt of their ids as `seed.salt_fingerprint`, and the time as
/// `seed.now`, which is empty for the server's own.
///
/// # Errors
/// The database belongs to another environment, a seed must not run there, or a statement fails; then what the seeds before
/// it did stays.
pub async fn seed(
    client: &Client,
    seeds: &[Seed],
    seeding: &Seeding,
    settings: &Settings,
) -> Result<SeedReport, MigrateError> {
    if let Some(now) = &seeding.now
        && now.parse::<jiff::Timestamp>().is_err()
    {
        return Err(MigrateError::Request("\"now\" is not a time such as 2026-01-31T12:00:00Z".to_owned()));
    }
    lock::acquire(client, settings.lock_wait).await?;
    let outcome = under_lock(client, seeds, seeding, settings).await;
    lock::release(client).await;
    Ok(SeedReport { check: seeding.check, users: seeding.users.len(), seeds: outcome? })
}

async fn under_lock(
    client: &Client,
    seeds: &[Seed],
    seeding: &Seeding,
    settings: &Settings,
) -> Result<Vec<Seeded>, MigrateError> {
    let marker = deployment::marker(client).await?;
    let row = client.query_typed_one("select current_database()::text", &[]).await?;
    let place = Place {
        marker: marker.as_deref(),
        database: row.try_get(0)?,
        environment: settings.environment,
        target: seeding.target.as_deref(),
        users: !seeding.users.is_empty(),
    };
    // All before the first: of a run that is refused nothing is done.
    seeds.iter().try_for_each(|seed| place.allows(&seed.name))?;
    deployment::check(client, settings.environment).await?;
    let users = match seeding.users.as_slice() {
        [] => Vec::new(),
        users => prepare_users(users, &settings.config)?,
    };
    let salt = match users.as_slice() {
        [] => String::new(),
        _ => hex(&new_user::salt_fingerprint(&settings.config.user_id_salt()?)),
    };
    let given = Given {
        users: serde_json::to_string(&users).map_err(|error| MigrateError::Request(error.to_string()))?,
        salt,
        now: seeding.now.clone().unwrap_or_default(),
    };
    let mut done = Vec::with_capacity(seeds.len());
    for seed in seeds {
        done.push(run(client, seed, &given, seeding.check, settings).await?);
    }
    Ok(done)
}

/// What the SQL of seeds reads as settings of its transaction.
struct Given {
    users: String,
    salt: String,
    now: String,
}

async fn run(
    client: &Client,
    seed: &Seed,
    given: &Given,
    check: bool,
    settings: &Settings,
) -> Result<Seeded, MigrateError> {
    tracing::info!("{} {}", if check { "checking" } else { "seeding" }, seed.file);
    let started = Instant::now();
    transaction::begin(client, settings.table_lock_wait).await?;
    let outcome = async {
        let parameters = [&given.users, &given.salt, &given.now].map(|text| (text as &(dyn ToSql + Sync), Type::TEXT));
        client.query_typed(SETTINGS, &parameters).await?;
        let before = Counts::read(client).await?;
        transaction::run(client, &seed.file, &seed.statements).await?;
        if check {
            // What a commit would say no to is said now.
            client.batch_execute("set constraints all immediate").await?;
        }
        Ok(Counts::read(client).await?.since(&before))
    };
    let outcome = outcome.await;
    let changes = match outcome {
        Ok(changes) if check => {
            client.batch_execute("rollback").await?;
            changes
        }
        outcome => transaction::finish(client, &seed.file, outcome).await?,
    };
    Ok(Seeded { name: seed.name.clone(), changes, duration_ms: milliseconds(started.elapsed()) })
}

const SETTINGS: &str = "select set_config('seed.users', $1, true), set_config('seed.salt_fingerprint', $2, true),
                               set_config('seed.now', $3, true)";

#[cfg(test)]
mod tests {
    use super::{Seed, guard};
    use crate::migration::embedded_seeds;

    #[test]
    fn the_embedded_seeds_can_be_used() {
        for (file, text) in embedded_seeds() {
            Seed::parse(file, text).unwrap();
        }
        assert_eq!(Seed::cleanup().unwrap().name, guard::CLEANUP);
    }

    #[test]
    fn seeds_are_named_and_an_unknown_one_is_answered_with_the_known_ones() {
        let names: Vec<String> = Seed::embedded("main, box-tiers").unwrap().into_iter().map(|seed| seed.name).collect();
        assert_eq!(names, ["main", "box-tiers"]);
        for (asked, unknown) in [("main,mian", "mian"), ("main,main", "main"), ("", ""), ("cleanup-e2e", "cleanup-e2e")]
        {
            let said = Seed::embedded(asked).unwrap_err().to_string();
            let known = "there are: box-tiers, e2e, enhanced, main, merch, vouchers";
            assert_eq!(said, format!("there is no seed \"{unknown}\"; {known}"));
        }
    }

    #[test]
    fn a_seed_does_not_end_its_transaction() {
        assert!(Seed::parse("a.sql", "select 1;\ncommit").unwrap_err().to_string().starts_with("a.sql, line 2"));
    }
}
