//! A backup: taken under a lock, written down before and after, promoted, and old ones deleted.

use std::time::Duration;

use jiff::Timestamp;
use shared::clock::iso;
use shared::database::DatabaseUrl;
use tokio_postgres::Client;

use crate::dump;
use crate::error::BackupError;
use crate::history::History;
use crate::key::{Key, Kind};
use crate::manifest::Manifest;
use crate::prune::prune;
use crate::report::BackupReport;
use crate::session::{self, Version};
use crate::settings::Settings;
use crate::snapshot::{self, Snapshot};
use crate::store::Store;

/// How long to wait for another run, whose result is then ours, too.
const LOCK_WAIT: Duration = Duration::from_secs(240);
/// What a function of our size dumps at least, in bytes of database per second.
const BYTES_PER_SECOND: u64 = 20_000_000;

/// Takes a backup, unless there is one that will do: of the same day, or for a migration one that ended meanwhile.
/// What can be expected to take longer than `limit` is not begun.
///
/// # Errors
/// Why there is none; it is written down and the alert is set off, as far as the database can be reached.
pub async fn take(kind: Kind, settings: &Settings, limit: Option<Duration>) -> Result<BackupReport, BackupError> {
    let asked = settings.clock.now();
    if !matches!(kind, Kind::Daily | Kind::PreMigration) {
        return Err(BackupError::Request(format!(
            "a {} backup is a copy of a daily one and made with it: ask for daily or pre-migration",
            kind.as_str()
        )));
    }
    let (client, version) = session::connect(&settings.url).await?;
    let history = History::of(&client).await?;
    match under_lock(kind, asked, settings, limit, &client, &version, &history).await {
        Ok(report) => Ok(report),
        Err((id, error)) => {
            let written = async {
                if let Some(id) = &id {
                    history.fail(id, &error, settings.clock.now()).await?;
                }
                history.tell(true, settings).await
            };
            if let Err(unwritten) = written.await {
                tracing::error!("that the backup failed could not be written down: {unwritten}");
            }
            Err(error)
        }
    }
}

/// Whether the database was ever migrated.
pub(crate) async fn is_migrated(url: &DatabaseUrl) -> Result<bool, BackupError> {
    let (client, _) = session::connect(url).await?;
    snapshot::exists(&client, "schema_migrations").await
}

/// A failure with the id of the run that it ended.
type Failed = (Option<String>, BackupError);

async fn under_lock(
    kind: Kind,
    asked: Timestamp,
    settings: &Settings,
    limit: Option<Duration>,
    client: &Client,
    version: &Version,
    history: &History<'_>,
) -> Result<BackupReport, Failed> {
    let early = |error| (None, error);
    session::lock(client, LOCK_WAIT).await.map_err(early)?;
    history.bury(settings.clock.now()).await.map_err(early)?;
    let key = Key::new(kind, settings.clock.now());
    let store = Store::new(settings).map_err(early)?;
    let known = match kind {
        Kind::Daily => history.of_day(kind, key.taken.date()).await,
        _ => history.ended_since(kind, asked).await,
    };
    let (mut report, manifest, id) = match known.map_err(early)? {
        Some(known) => {
            let manifest = store.manifest(&known.key).await.map_err(early)?;
            let gone = || BackupError::Damaged { key: known.key.object(), reason: "its manifest is gone".to_owned() };
            let manifest = manifest.ok_or_else(gone).map_err(early)?;
            (reported(&known.key, &manifest, true), manifest, known.id)
        }
        None => {
            let id = history.begin(&key, None, settings.clock.now()).await.map_err(early)?;
            let manifest = match store_one(&key, settings, limit, version, &store).await {
                Ok(manifest) => manifest,
                Err(error) => return Err((Some(id), error)),
            };
            history.succeed(&id, &manifest, settings.clock.now()).await.map_err(early)?;
            (reported(&key, &manifest, false), manifest, id)
        }
    };
    let taken = Key::parse(&report.key).unwrap_or(key);
    if kind == Kind::Daily {
        report.promoted = promote(&taken, &manifest, &id, settings, &store, history).await?;
    }
    let now = settings.clock.now();
    let pruned = prune(&store)
        .await
        .map_err(|error| (None, BackupError::Afterwards(format!("old ones are still there: {error}"))))?;
    history.pruned(&pruned, now).await.map_err(early)?;
    report.pruned = pruned.iter().map(Key::object).collect();
    history.tell(false, settings).await.map_err(early)?;
    report.duration_ms = i64::try_from(now.duration_since(asked).as_millis()).unwrap_or(i64::MAX);
    Ok(report)
}

fn reported(key: &Key, manifest: &Manifest, existed: bool) -> BackupReport {
    BackupReport {
        kind: key.kind,
        key: key.object(),
        existed,
        bytes: manifest.bytes,
        rows: manifest.tables.values().map(|content| content.rows).sum(),
        duration_ms: 0,
        promoted: Vec::new(),
        pruned: Vec::new(),
    }
}

/// Dumps a snapshot, counts in the same one, and lets the object appear only when both went well.
async fn store_one(
    key: &Key,
    settings: &Settings,
    limit: Option<Duration>,
    version: &Version,
    store: &Store,
) -> Result<Manifest, BackupError> {
    let (client, _) = session::connect(&settings.url).await?;
    let started = settings.clock.now();
    let snapshot = Snapshot::take(client).await?;
    refuse_too_large(snapshot.database_bytes, limit, key.kind)?;
    let migration = snapshot.migration().await?;
    let mut upload = store.begin(&key.object()).await?;
    let both =
        async { tokio::try_join!(dump::dump(settings, version.major, &snapshot.name, &mut upload), snapshot.tables()) };
    let (written, tables) = match both.await {
        Ok(both) => both,
        Err(error) => {
            upload.abort().await;
            return Err(error);
        }
    };
    upload.complete().await?;
    let stored = store.size(&key.object()).await?;
    if stored != Some(written.bytes) {
        store.delete(key).await?;
        let says = format!("it has {} of {} bytes", stored.unwrap_or(0), written.bytes);
        return Err(BackupError::Store { doing: format!("keep all of {}", key.object()), says });
    }
    let manifest = Manifest {
        kind: key.kind,
        started_at: iso(started),
        finished_at: iso(settings.clock.now()),
        pg_version: version.text.clone(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        migration,
        snapshot_lsn: snapshot.lsn,
        bytes: written.bytes,
        sha256: written.sha256,
        tables,
        encrypted_with: None,
    };
    store.put_manifest(key, &manifest).await?;
    Ok(manifest)
}

fn refuse_too_large(bytes: u64, limit: Option<Duration>, kind: Kind) -> Result<(), BackupError> {
    let seconds = bytes / BYTES_PER_SECOND;
    match limit {
        Some(limit) if seconds > limit.as_secs() => Err(BackupError::TooLarge {
            megabytes: bytes / 1_000_000,
            seconds,
            limit: limit.as_secs(),
            kind: kind.as_str(),
        }),
        _ => Ok(()),
    }
}

/// Copies a daily backup to where it is kept longer, once.
async fn promote(
    from: &Key,
    manifest: &Manifest,
    from_id: &str,
    settings: &Settings,
    store: &Store,
    history: &History<'_>,
) -> Result<Vec<String>, Failed> {
    let mut promoted = Vec::new();
    for kind in Kind::promoted_on(from.taken.date()) {
        let early = |error| (None, error);
        if history.of_day(kind, from.taken.date()).await.map_err(early)?.is_some() {
            continue;
        }
        let to = from.promoted(kind);
        let id = history.begin(&to, Some(from_id), settings.clock.now()).await.map_err(early)?;
        let manifest = Manifest { kind, ..manifest.clone() };
        let copied = async {
            store.copy(from, &to, manifest.bytes).await?;
            store.put_manifest(&to, &manifest).await
        };
        copied.await.map_err(|error| (Some(id.clone()), error))?;
        history.succeed(&id, &manifest, settings.clock.now()).await.map_err(early)?;
        promoted.push(to.object());
    }
    Ok(promoted)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::refuse_too_large;
    use crate::key::Kind;

    #[test]
    fn ops_19_what_a_function_has_no_time_for_is_not_begun() {
        let limit = Some(Duration::from_secs(600));
        assert!(refuse_too_large(12_000_000_000, limit, Kind::Daily).is_ok());
        assert!(refuse_too_large(120_000_000_000, None, Kind::Daily).is_ok());
        let said = refuse_too_large(12_100_000_000, limit, Kind::PreMigration).unwrap_err().to_string();
        assert!(said.contains("12100 MB") && said.contains("about 605 s"), "{said}");
        assert!(said.ends_with("cargo db backup --kind pre-migration"), "{said}");
    }
}
