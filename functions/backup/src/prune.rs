//! Deleting what is old enough. Only names of ours are ever touched, and never the newest good backup of a kind.

use crate::error::BackupError;
use crate::key::{Key, Kind};
use crate::manifest::Manifest;
use crate::restore::check;
use crate::retention::{Listing, candidates, expired};
use crate::store::Store;

/// Deletes what is old enough, and answers what that was.
///
/// # Errors
/// The store's; then the rest stays for the next time.
pub async fn prune(store: &Store) -> Result<Vec<Key>, BackupError> {
    let listing = store.list().await?;
    let mut pruned = Vec::new();
    for kind in Kind::ALL {
        let good = newest_good(store, &listing, kind).await?;
        for key in expired(&listing, kind, &good) {
            store.delete(&key).await?;
            pruned.push(key);
        }
    }
    Ok(pruned)
}

/// As many of the newest good ones as are kept: those whose manifest tells the size that the object has.
async fn newest_good(store: &Store, listing: &Listing, kind: Kind) -> Result<Vec<Key>, BackupError> {
    let mut good = Vec::new();
    for key in candidates(listing, kind) {
        if good.len() == kind.kept().unwrap_or(0) {
            break;
        }
        if is_good(store, listing, &key).await? {
            good.push(key);
        }
    }
    Ok(good)
}

async fn is_good(store: &Store, listing: &Listing, key: &Key) -> Result<bool, BackupError> {
    let size = listing.get(key).and_then(|found| found.object);
    match store.manifest(key).await {
        Ok(manifest) => Ok(manifest.is_some_and(|manifest| Some(manifest.bytes) == size)),
        // A manifest that can't be read says nothing good.
        Err(BackupError::Damaged { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The newest backup that counts.
///
/// # Errors
/// The store's, or there is none.
pub(crate) async fn newest(store: &Store) -> Result<Key, BackupError> {
    let listing = store.list().await?;
    for key in newest_first(&listing) {
        if is_good(store, &listing, &key).await? {
            return Ok(key);
        }
    }
    Err(none())
}

/// The newest backup whose bytes are what its manifest says: all of it is read. Damaged ones before it are named.
///
/// # Errors
/// The store's, or there is none.
pub(crate) async fn newest_sound(store: &Store) -> Result<(Key, Manifest), BackupError> {
    let listing = store.list().await?;
    for key in newest_first(&listing) {
        match check(store, &key).await {
            Ok(manifest) => return Ok((key, manifest)),
            Err(error @ BackupError::Damaged { .. }) => tracing::warn!("{error}. The one before it is tried"),
            Err(error) => return Err(error),
        }
    }
    Err(none())
}

/// Whatever its kind; what is incomplete is left out.
fn newest_first(listing: &Listing) -> Vec<Key> {
    let complete = listing.iter().filter(|(_, found)| found.manifest && found.object.is_some());
    let mut keys: Vec<Key> = complete.map(|(key, _)| *key).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.taken));
    keys
}

fn none() -> BackupError {
    BackupError::Request("there is no good backup in the bucket: take one with `cargo db backup`".to_owned())
}
