//! Restoring for real, and restoring for proof: an untested backup does not count.

use serde_json::Value;

use crate::error::BackupError;
use crate::history::History;
use crate::key::Key;
use crate::manifest::{Manifest, Tables};
use crate::prune::{newest, newest_sound};
use crate::report::RestoreReport;
use crate::restore::{administrator, check, drop_database, load, state};
use crate::session::{self, quoted};
use crate::settings::Settings;
use crate::store::Store;

/// How the names of scratch databases begin.
const SCRATCH: &str = "spike_verify_";
/// A verification waits for a backup that is being taken.
const LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(240);

/// Restores `from` as the database `into`; `latest` is the newest that is not damaged. What is there stays until the backup is loaded and found whole.
///
/// # Errors
/// The backup is damaged, the database is not empty and may not be replaced, or loading failed: then nothing has changed.
pub async fn restore(
    from: &str,
    into: &str,
    overwrite: bool,
    settings: &Settings,
) -> Result<RestoreReport, BackupError> {
    let started = settings.clock.now();
    let into_is_a_name = into.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && into.len() <= 50
        && into.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !into_is_a_name {
        return Err(BackupError::Request(format!(
            "{into:?} is no name for a database: use a-z, 0-9 and _, at most 50"
        )));
    }
    let store = Store::new(settings)?;
    let (key, manifest) = match from {
        "latest" => newest_sound(&store).await?,
        from => {
            let key = named(from, &store).await?;
            (key, check(&store, &key).await?)
        }
    };
    let (admin, _) = administrator(settings).await?;
    let there = state(settings, &admin, into).await?;
    if there == Some(true) && !overwrite {
        return Err(BackupError::NotEmpty { name: into.to_owned() });
    }
    let fresh = format!("{into}_{}", suffix());
    let tables = load(settings, &store, &key, &manifest, &fresh).await?;
    if there.is_some() {
        drop_database(&admin, into).await?;
    }
    admin.batch_execute(&format!("alter database {} rename to {}", quoted(&fresh), quoted(into))).await?;
    let now = settings.clock.now();
    if let Err(unwritten) = adopt(settings, &key, &manifest, into).await {
        tracing::warn!("that its own backup is good is not in the record of {into}: {unwritten}");
    }
    if let Err(unwritten) = record(settings, &key, into, &tables, started).await {
        tracing::warn!("the restore is not in the record: {unwritten}");
    }
    Ok(RestoreReport { key: key.object(), database: into.to_owned(), tables, duration_ms: milliseconds(started, now) })
}

async fn adopt(settings: &Settings, key: &Key, manifest: &Manifest, into: &str) -> Result<(), BackupError> {
    let (client, _) = session::connect(&settings.url.clone().with_database(into)).await?;
    History::of(&client).await?.adopt(key, manifest, settings.clock.now()).await
}

async fn record(
    settings: &Settings,
    key: &Key,
    into: &str,
    tables: &Tables,
    started: jiff::Timestamp,
) -> Result<(), BackupError> {
    // A new session: the one before may have been to the database that was replaced.
    let (client, _) = session::connect(&settings.url).await?;
    let history = History::of(&client).await?;
    let id = history.restore_begins("RESTORE", key, into, started).await?;
    history.restore_ends(&id, None, Some(rows(tables)), false, settings.clock.now()).await
}

/// Restores a backup, the newest good one without `from`, into a scratch database, compares it and drops it again.
///
/// # Errors
/// The backup is no good; that is written down.
pub async fn verify(from: Option<&str>, settings: &Settings) -> Result<RestoreReport, BackupError> {
    let started = settings.clock.now();
    let (client, _) = session::connect(&settings.url).await?;
    let history = History::of(&client).await?;
    session::lock(&client, LOCK_WAIT).await?;
    let (admin, _) = administrator(settings).await?;
    for (id, database) in history.left_behind().await? {
        // Only names that are made here: a row can be wrong.
        if database.starts_with(SCRATCH) {
            drop_database(&admin, &database).await?;
            history.dropped(&id, settings.clock.now()).await?;
        }
    }
    let store = Store::new(settings)?;
    let key = named(from.unwrap_or("latest"), &store).await?;
    let database = format!("{SCRATCH}{}", suffix());
    let id = history.restore_begins("VERIFY", &key, &database, started).await?;
    let outcome = async {
        let manifest = check(&store, &key).await?;
        load(settings, &store, &key, &manifest, &database).await
    };
    let outcome = outcome.await;
    drop_database(&admin, &database).await?;
    let now = settings.clock.now();
    let found = outcome.as_ref().ok().map(rows);
    history.restore_ends(&id, outcome.as_ref().err(), found, true, now).await?;
    let tables = outcome?;
    history.verified(&key, now).await?;
    Ok(RestoreReport { key: key.object(), database, tables, duration_ms: milliseconds(started, now) })
}

/// A backup by its object's name, or `latest`.
async fn named(name: &str, store: &Store) -> Result<Key, BackupError> {
    if name == "latest" {
        return newest(store).await;
    }
    Key::parse(name).ok_or_else(|| {
        let example = "daily/2026/11/spike_land_20261122_020000.backup.gz";
        BackupError::Request(format!("{name:?} is no backup's name: write it as {example}, or latest"))
    })
}

fn rows(tables: &Tables) -> Value {
    tables
        .iter()
        .map(|(name, content)| (name.clone(), Value::from(content.rows)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn suffix() -> String {
    let mut bytes = [0; 4];
    shared::ids::fill_random(&mut bytes);
    shared::secret::hex(&bytes)
}

fn milliseconds(started: jiff::Timestamp, now: jiff::Timestamp) -> i64 {
    i64::try_from(now.duration_since(started).as_millis()).unwrap_or(i64::MAX)
}
