//! `pg_dump` into the object store, part by part: the disk is never touched, and memory holds a few parts however large
//! the database is.
//!
//! `pg_dump` writes its custom format uncompressed and this program compresses: the two share the work of two processors,
//! and an object is what its name says, so that `gunzip` and `pg_restore` are enough without this program.

use std::io::{Read, Write};
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use shared::secret::hex;
use tokio::sync::mpsc;

use crate::error::BackupError;
use crate::programs;
use crate::settings::Settings;
use crate::store::Upload;

/// S3 takes at most 10,000 parts: objects up to 80 GB.
const PART_BYTES: usize = 8 << 20;
const READ_BYTES: usize = 256 << 10;

/// What was written.
pub(crate) struct Written {
    /// How many bytes.
    pub(crate) bytes: u64,
    /// Their SHA-256, in hex.
    pub(crate) sha256: String,
}

/// Dumps the snapshot into `upload`, which is neither completed nor aborted here.
///
/// # Errors
/// `pg_dump` failed, or the store did.
pub(crate) async fn dump(
    settings: &Settings,
    server: i32,
    snapshot: &str,
    upload: &mut Upload,
) -> Result<Written, BackupError> {
    let mut command = programs::command("pg_dump", settings, server)?;
    command.args(["--format=custom", "--compress=0", "--no-password", "--lock-wait-timeout=60s"]);
    command.arg(format!("--snapshot={snapshot}")).stdin(Stdio::null()).stdout(Stdio::piped());
    // While one part is being stored the next is waiting and the one after that is being filled.
    let (sender, mut parts) = mpsc::channel(1);
    let url = settings.url.clone();
    let reader = tokio::task::spawn_blocking(move || {
        let program = programs::start("pg_dump", &mut command, &url)?;
        compress(program, &sender)
    });
    while let Some(part) = parts.recv().await {
        upload.add(part).await?;
    }
    // Had an upload failed, the reader's next part would find nobody, and it would end `pg_dump`.
    reader.await.map_err(|error| BackupError::Tool(format!("the reader of pg_dump was lost: {error}")))?
}

/// Runs on a thread of its own. The last part is only sent once `pg_dump` has ended well.
fn compress(mut program: programs::Program, parts: &mpsc::Sender<Vec<u8>>) -> Result<Written, BackupError> {
    let Some(mut output) = program.child.stdout.take() else {
        return Err(BackupError::Tool("pg_dump has no output".to_owned()));
    };
    let mut compressed = GzEncoder::new(Vec::with_capacity(PART_BYTES + READ_BYTES), Compression::fast());
    let mut written = Tally::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = output.read(&mut buffer).map_err(lost)?;
        if count == 0 {
            break;
        }
        compressed.write_all(&buffer[..count]).map_err(lost)?;
        if compressed.get_ref().len() >= PART_BYTES {
            let empty = Vec::with_capacity(PART_BYTES + READ_BYTES);
            written.send(std::mem::replace(compressed.get_mut(), empty), parts)?;
        }
    }
    program.finish()?;
    written.send(compressed.finish().map_err(lost)?, parts)?;
    Ok(Written { bytes: written.bytes, sha256: hex(&written.hash.finalize()) })
}

#[derive(Default)]
struct Tally {
    bytes: u64,
    hash: Sha256,
}

impl Tally {
    fn send(&mut self, part: Vec<u8>, parts: &mpsc::Sender<Vec<u8>>) -> Result<(), BackupError> {
        self.bytes += part.len() as u64;
        self.hash.update(&part);
        let gone = |_| BackupError::Tool("nobody takes pg_dump's output any more".to_owned());
        parts.blocking_send(part).map_err(gone)
    }
}

fn lost(error: std::io::Error) -> BackupError {
    BackupError::Tool(format!("pg_dump's output was lost: {error}"))
}
