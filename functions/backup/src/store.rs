//! The object store. Nothing is kept on a disk: objects come and go in parts.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, timeout::TimeoutConfig};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption::Aes256;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::error::BackupError;
use crate::http_client::Http;
use crate::key::{Key, Kind};
use crate::manifest::Manifest;
use crate::retention::Listing;
use crate::settings::Settings;

/// A copy in one request is refused above this size (5 GiB).
const LARGEST_COPY: u64 = 5 << 30;
/// Larger ones are copied in pieces of 1 GiB.
const COPY_PIECE: u64 = 1 << 30;
/// How the names of monthly reports begin. No backup's name does, so nothing here is ever deleted.
pub(crate) const REPORTS: &str = "reports/";
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For one request with at most one part in it.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

/// The bucket for backups.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    bucket: String,
}

/// An object that is being stored. It is not there before [`Upload::complete`].
#[derive(Debug)]
pub struct Upload {
    store: Store,
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
}

impl Store {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn new(settings: &Settings) -> Result<Self, BackupError> {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT).build();
        let http = http.map_err(|error| BackupError::Connection(format!("TLS can't be set up: {error}")))?;
        let token = settings.session_token.as_ref().map(|token| token.expose().to_owned());
        let credentials =
            Credentials::new(&settings.access_key, settings.secret_key.expose(), token, None, "environment");
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Http(http))
            .region(Region::new(settings.region.clone()))
            .credentials_provider(credentials)
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(REQUEST_LIMIT).build());
        if let Some(endpoint) = &settings.endpoint {
            config = config.endpoint_url(endpoint).force_path_style(true);
        }
        Ok(Self { client: Client::from_conf(config.build()), bucket: settings.bucket.clone() })
    }

    /// Begins to store an object, encrypted by the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn begin(&self, key: &str) -> Result<Upload, BackupError> {
        let begun = self.client.create_multipart_upload().bucket(&self.bucket).key(key);
        let begun = begun.server_side_encryption(Aes256).content_type("application/gzip").send().await;
        let begun = begun.map_err(|error| failed(&format!("begin {key}"), error))?;
        let id = begun.upload_id.unwrap_or_default();
        Ok(Upload { store: self.clone(), key: key.to_owned(), id, parts: Vec::new() })
    }

    /// Stores a manifest.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_manifest(&self, key: &Key, manifest: &Manifest) -> Result<(), BackupError> {
        self.put_json(&key.manifest(), serde_json::to_vec_pretty(manifest).unwrap_or_default()).await
    }

    /// Stores a text, in one request.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_json(&self, name: &str, text: Vec<u8>) -> Result<(), BackupError> {
        let put = self.client.put_object().bucket(&self.bucket).key(name).body(ByteStream::from(text));
        let put = put.server_side_encryption(Aes256).content_type("application/json").send().await;
        put.map(drop).map_err(|error| failed(&format!("store {name}"), error))
    }

    /// The manifest of a backup; `None` when there is none.
    ///
    /// # Errors
    /// The store's, or it can't be read.
    pub async fn manifest(&self, key: &Key) -> Result<Option<Manifest>, BackupError> {
        let Some(bytes) = self.text(&key.manifest()).await? else { return Ok(None) };
        let malformed = |error| BackupError::Damaged {
            key: key.object(),
            reason: format!("its manifest can't be read ({error}): take another backup"),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(malformed)
    }

    /// A small object whole; `None` when there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn text(&self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        let answer = self.client.get_object().bucket(&self.bucket).key(name).send().await;
        let answer = match answer {
            Err(error) if is_missing(&error) => return Ok(None),
            answer => answer.map_err(|error| failed(&format!("give {name}"), error))?,
        };
        let cut = |error| BackupError::Store { doing: format!("give all of {name}"), says: format!("{error}") };
        Ok(Some(answer.body.collect().await.map_err(cut)?.into_bytes().to_vec()))
    }

    /// The names of the monthly reports, in order.
    ///
    /// # Errors
    /// The store's.
    pub async fn reports(&self) -> Result<Vec<String>, BackupError> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(REPORTS);
        let mut pages = list.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failed("list the reports", error))?;
            names.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
        }
        names.sort();
        Ok(names)
    }

    /// The size of an object in bytes; `None` when there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, BackupError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(head.content_length.and_then(|length| u64::try_from(length).ok())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(&format!("tell the size of {key}"), error)),
        }
    }

    /// The bytes of an object, as they come.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(&self, key: &str) -> Result<ByteStream, BackupError> {
        let answer = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        answer.map(|answer| answer.body).map_err(|error| failed(&format!("give {key}"), error))
    }

    /// Every backup with its parts, page by page. What has no name of ours is left out.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self) -> Result<Listing, BackupError> {
        let mut listing = Listing::new();
        for kind in Kind::ALL {
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(format!("{}/", kind.as_str()));
            let mut pages = list.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| failed("list the backups", error))?;
                for object in page.contents() {
                    let name = object.key().unwrap_or_default();
                    let Some(key) = Key::parse(name) else { continue };
                    let found = listing.entry(key).or_default();
                    if name == key.manifest() {
                        found.manifest = true;
                    } else {
                        found.object = object.size().and_then(|size| u64::try_from(size).ok());
                    }
                }
            }
        }
        Ok(listing)
    }

    /// Copies an object within the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn copy(&self, from: &Key, to: &Key, bytes: u64) -> Result<(), BackupError> {
        let (from, to) = (from.object(), to.object());
        let source = format!("{}/{from}", self.bucket);
        if bytes > LARGEST_COPY {
            return self.copy_in_pieces(&source, &to, bytes).await;
        }
        let copy = self.client.copy_object().bucket(&self.bucket).key(&to).copy_source(source);
        let copied = copy.server_side_encryption(Aes256).send().await;
        copied.map(drop).map_err(|error| failed(&format!("copy {from} to {to}"), error))
    }

    async fn copy_in_pieces(&self, source: &str, to: &str, bytes: u64) -> Result<(), BackupError> {
        let mut upload = self.begin(to).await?;
        for start in (0..bytes).step_by(usize::try_from(COPY_PIECE).unwrap_or(usize::MAX)) {
            let range = format!("bytes={start}-{}", (start + COPY_PIECE).min(bytes) - 1);
            if let Err(error) = upload.add_copy(source, &range).await {
                upload.abort().await;
                return Err(error);
            }
        }
        upload.complete().await
    }

    /// Deletes a backup: first the manifest, without which the object counts for nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete(&self, key: &Key) -> Result<(), BackupError> {
        for name in [key.manifest(), key.object()] {
            let deleted = self.client.delete_object().bucket(&self.bucket).key(&name).send().await;
            match deleted {
                Err(error) if !is_missing(&error) => return Err(failed(&format!("delete {name}"), error)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Upload {
    /// Stores the next part.
    ///
    /// # Errors
    /// The store's.
    pub async fn add(&mut self, part: Vec<u8>) -> Result<(), BackupError> {
        let number = self.next_number();
        let sent = self.request(number, part).send().await;
        let sent = sent.map_err(|error| failed(&format!("store part {number} of {}", self.key), error))?;
        self.parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
        Ok(())
    }

    fn request(
        &self,
        number: i32,
        part: Vec<u8>,
    ) -> aws_sdk_s3::operation::upload_part::builders::UploadPartFluentBuilder {
        let part_of = self.store.client.upload_part().bucket(&self.store.bucket).key(&self.key);
        part_of.upload_id(&self.id).part_number(number).body(ByteStream::from(part))
    }

    async fn add_copy(&mut self, source: &str, range: &str) -> Result<(), BackupError> {
        let number = self.next_number();
        let piece = self.store.client.upload_part_copy().bucket(&self.store.bucket).key(&self.key).upload_id(&self.id);
        let copied = piece.part_number(number).copy_source(source).copy_source_range(range).send().await;
        let copied = copied.map_err(|error| failed(&format!("copy to {}", self.key), error))?;
        let tag = copied.copy_part_result.and_then(|result| result.e_tag);
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(tag).build());
        Ok(())
    }

    fn next_number(&self) -> i32 {
        i32::try_from(self.parts.len()).map_or(i32::MAX, |count| count + 1)
    }

    /// Makes the object appear, whole.
    ///
    /// # Errors
    /// The store's; then it is given up.
    pub async fn complete(self) -> Result<(), BackupError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let request = self.store.client.complete_multipart_upload().bucket(&self.store.bucket).key(&self.key);
        match request.upload_id(&self.id).multipart_upload(parts).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = failed(&format!("complete {}", self.key), error);
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Gives it up. What a killed process leaves is removed by the bucket's own rule.
    pub async fn abort(self) {
        let request = self.store.client.abort_multipart_upload().bucket(&self.store.bucket).key(&self.key);
        if let Err(error) = request.upload_id(&self.id).send().await {
            tracing::warn!(
                "the parts of {} stay until the bucket's rule removes them: {}",
                self.key,
                explained(&error)
            );
        }
    }
}

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(error.code(), Some("NoSuchKey" | "NotFound"))
}

fn failed<E, R>(doing: &str, error: SdkError<E, R>) -> BackupError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    BackupError::Store { doing: doing.to_owned(), says: explained(&error) }
}

/// What the store says; without an answer, why there is none. Never a header, which would show the signature.
fn explained<E, R>(error: &SdkError<E, R>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code} {}", message.unwrap_or_default()).trim().to_owned(),
        _ => match error {
            SdkError::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or_else(|| "no answer".to_owned(), |error| shared::database::chain(error)),
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            other => format!("{}", DisplayErrorContext(other)).chars().take(200).collect(),
        },
    }
}
