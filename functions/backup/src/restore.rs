//! A backup back into a database: read once to see that it is whole, then loaded beside whatever is there, compared with
//! its manifest, and only then given its name.

use std::io::{Read, Write};
use std::process::Stdio;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use shared::database::{DatabaseUrl, SETTLE_OWNERSHIP};
use shared::secret::hex;
use tokio::sync::mpsc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::BackupError;
use crate::key::Key;
use crate::manifest::{Manifest, Tables, differences};
use crate::programs;
use crate::roles;
use crate::session::{self, Version, quoted};
use crate::settings::Settings;
use crate::snapshot;
use crate::store::Store;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How `pg_dump`'s custom format begins.
const CUSTOM: &[u8] = b"PGDMP";

/// Refuses a backup that is not what its manifest says. Reads all of it, keeps none of it.
///
/// # Errors
/// What is wrong with it, or the store's.
pub async fn check(store: &Store, key: &Key) -> Result<Manifest, BackupError> {
    let damaged = |reason: String| BackupError::Damaged { key: key.object(), reason };
    let manifest = store.manifest(key).await?;
    let manifest =
        manifest.ok_or_else(|| damaged("there is no manifest beside it, so it was never finished".to_owned()))?;
    let size = store.size(&key.object()).await?.ok_or_else(|| damaged("there is no such object".to_owned()))?;
    if size != manifest.bytes {
        return Err(damaged(format!("it has {size} bytes, and its manifest says {}", manifest.bytes)));
    }
    let mut hash = Sha256::new();
    let mut head = Vec::new();
    let mut bytes = store.read(&key.object()).await?;
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| cut_off(key, &error))?;
        if head.len() < 4_096 {
            head.extend_from_slice(&chunk[..chunk.len().min(4_096)]);
        }
        hash.update(&chunk);
    }
    if hex(&hash.finalize()) != manifest.sha256 {
        return Err(damaged("its SHA-256 is not the manifest's: bytes were changed".to_owned()));
    }
    if !is_archive(&head) {
        return Err(damaged("it is no archive of pg_dump's custom format, gzipped or plain".to_owned()));
    }
    Ok(manifest)
}

fn is_archive(head: &[u8]) -> bool {
    if !head.starts_with(&GZIP) {
        return head.starts_with(CUSTOM);
    }
    let mut start = [0; CUSTOM.len()];
    GzDecoder::new(head).read_exact(&mut start).is_ok() && start == CUSTOM
}

/// Loads a checked backup into a new database and compares every table. The database is dropped again if anything fails.
///
/// # Errors
/// The server is too old for it, `pg_restore` failed, or the tables differ.
pub(crate) async fn load(
    settings: &Settings,
    store: &Store,
    key: &Key,
    manifest: &Manifest,
    database: &str,
) -> Result<Tables, BackupError> {
    let (admin, version) = administrator(settings).await?;
    refuse_newer(key, manifest, &version)?;
    if manifest.migration.is_some() {
        roles::require(&admin).await?;
    }
    admin.batch_execute(&format!("create database {} template template0", quoted(database))).await?;
    let loaded = fill_and_compare(settings, store, key, manifest, database, &version).await;
    if loaded.is_err() {
        drop_database(&admin, database).await?;
    }
    loaded
}

fn refuse_newer(key: &Key, manifest: &Manifest, version: &Version) -> Result<(), BackupError> {
    match manifest.pg_major() {
        Some(major) if major <= version.major => Ok(()),
        _ => Err(BackupError::Damaged {
            key: key.object(),
            reason: format!("it is of PostgreSQL {}, and this server is {}", manifest.pg_version, version.text),
        }),
    }
}

async fn fill_and_compare(
    settings: &Settings,
    store: &Store,
    key: &Key,
    manifest: &Manifest,
    database: &str,
    version: &Version,
) -> Result<Tables, BackupError> {
    let url = settings.url.clone().with_database(database);
    feed(settings, store, key, &url, version.major).await?;
    let (client, _) = session::connect(&url).await?;
    // Without statistics the first queries would be slow.
    client.batch_execute("analyze").await?;
    let found = snapshot::contents(&client).await?;
    let differences = differences(&manifest.tables, &found);
    if !differences.is_empty() {
        return Err(BackupError::Differs { key: key.object(), differences });
    }
    client.batch_execute(SETTLE_OWNERSHIP).await?;
    Ok(found)
}

async fn feed(
    settings: &Settings,
    store: &Store,
    key: &Key,
    url: &DatabaseUrl,
    server: i32,
) -> Result<(), BackupError> {
    let mut command = programs::command("pg_restore", settings, server)?;
    // Owners of another server may not exist here: everything belongs to whoever restores.
    command.args(["--format=custom", "--no-owner", "--exit-on-error", "--no-password", "--dbname"]);
    command.arg(url.database().unwrap_or_default()).stdin(Stdio::piped()).stdout(Stdio::null());
    let (sender, chunks) = mpsc::channel(4);
    let url = url.clone();
    let writer = tokio::task::spawn_blocking(move || {
        let program = programs::start("pg_restore", &mut command, &url)?;
        write_all(program, chunks)
    });
    let mut bytes = store.read(&key.object()).await?;
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| cut_off(key, &error))?;
        if sender.send(chunk.to_vec()).await.is_err() {
            // It has stopped, and says why below.
            break;
        }
    }
    drop(sender);
    writer.await.map_err(|error| BackupError::Tool(format!("the writer to pg_restore was lost: {error}")))?
}

/// Runs on a thread of its own.
fn write_all(mut program: programs::Program, chunks: mpsc::Receiver<Vec<u8>>) -> Result<(), BackupError> {
    if let Some(mut input) = program.child.stdin.take() {
        let mut chunks = Chunks { chunks, current: std::io::Cursor::new(Vec::new()) };
        let mut head = [0; 2];
        let count = read_up_to(&mut chunks, &mut head);
        let all = std::io::Cursor::new(head[..count].to_vec()).chain(chunks);
        // When it stops reading it has failed, and its own words say more than ours.
        let _broken_pipe = match head == GZIP {
            true => std::io::copy(&mut GzDecoder::new(all), &mut input),
            false => std::io::copy(&mut { all }, &mut input),
        };
        let _closed = input.flush();
    }
    program.finish()
}

fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut count = 0;
    while count < buffer.len() {
        match from.read(&mut buffer[count..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => count += more,
        }
    }
    count
}

struct Chunks {
    chunks: mpsc::Receiver<Vec<u8>>,
    current: std::io::Cursor<Vec<u8>>,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.chunks.blocking_recv() {
                Some(next) => self.current = std::io::Cursor::new(next),
                None => return Ok(0),
            }
        }
    }
}

/// A session in a database that is neither made nor dropped here.
pub(crate) async fn administrator(settings: &Settings) -> Result<(Client, Version), BackupError> {
    // Providers name their first database as they like; then our own has to do.
    match session::connect(&settings.url.clone().with_database("postgres")).await {
        Ok(session) => Ok(session),
        Err(_) => session::connect(&settings.url).await,
    }
}

/// Drops a database, and whoever is connected to it.
pub(crate) async fn drop_database(admin: &Client, name: &str) -> Result<(), BackupError> {
    Ok(admin.batch_execute(&format!("drop database if exists {} with (force)", quoted(name))).await?)
}

/// Whether there is such a database, and whether it holds a table.
pub(crate) async fn state(settings: &Settings, admin: &Client, name: &str) -> Result<Option<bool>, BackupError> {
    let row = admin.query_typed_opt("select 1 from pg_database where datname = $1", &[(&name, Type::TEXT)]).await?;
    if row.is_none() {
        return Ok(None);
    }
    let (client, _) = session::connect(&settings.url.clone().with_database(name)).await?;
    const HOLDS: &str = "
        select exists (select from pg_class c
                         join pg_namespace n on n.oid = c.relnamespace
                        where c.relkind in ('r', 'p', 'v', 'm', 'S')
                          and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema')";
    Ok(Some(client.query_typed_one(HOLDS, &[]).await?.try_get(0)?))
}

fn cut_off(key: &Key, error: &dyn std::error::Error) -> BackupError {
    BackupError::Store { doing: format!("give all of {}", key.object()), says: shared::database::chain(error) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::is_archive;

    #[test]
    fn ops_25_gzipped_and_plain_archives_are_known() {
        let gzipped = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        assert!(is_archive(b"PGDMP\x01"));
        assert!(is_archive(&gzipped(b"PGDMP\x01")));
        for bytes in [b"".to_vec(), b"-- PostgreSQL database dump".to_vec(), gzipped(b"create table"), gzipped(b"")] {
            assert!(!is_archive(&bytes));
        }
    }
}
