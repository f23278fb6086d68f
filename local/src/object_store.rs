//! An S3 server in this process. Buckets are folders, objects are files; signatures, expiry and checksums are really checked.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use crate::error::{Doing, LocalError};

/// What to start.
#[derive(Debug, Clone)]
pub struct ObjectStoreSettings {
    /// The folder for the buckets. Made when missing.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// The access key that clients sign with.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
}

/// A running S3 server. It stops when it is dropped.
pub struct ObjectStore {
    address: SocketAddr,
    folder: PathBuf,
    server: JoinHandle<()>,
}

impl ObjectStore {
    /// Starts the server.
    ///
    /// # Errors
    /// When the folder can't be made or the port is in use.
    pub async fn start(settings: ObjectStoreSettings) -> Result<Self, LocalError> {
        let folder = settings.folder;
        fs::create_dir_all(&folder).doing(|| format!("make the folder {}", folder.display()))?;
        let store = FileSystem::new(&folder)
            .map_err(|error| LocalError::said(format!("The S3 server can't use {}: {error:?}", folder.display())))?;
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(settings.access_key, settings.secret_key));
        let service = builder.build();

        let wanted = (Ipv4Addr::LOCALHOST, settings.port.unwrap_or(0));
        let listener = TcpListener::bind(wanted).await.doing(|| format!("listen on port {} for S3", wanted.1))?;
        let address = listener.local_addr().doing(|| "read the address of the S3 server")?;
        let server = tokio::spawn(serve(listener, service));
        Ok(Self { address, folder, server })
    }

    /// The endpoint for an S3 client with path-style addressing.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a bucket. An existing one is fine.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn create_bucket(&self, name: &str) -> Result<(), LocalError> {
        let folder = self.bucket(name);
        fs::create_dir_all(&folder).doing(|| format!("make the bucket {}", folder.display()))
    }

    /// The folder of a bucket.
    pub fn bucket(&self, name: &str) -> PathBuf {
        self.folder.join(Path::new(name).file_name().unwrap_or_default())
    }

    /// Stops the server and every connection.
    pub async fn stop(mut self) {
        self.server.abort();
        // Aborted is how it is meant to end.
        let _aborted = (&mut self.server).await;
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        // A failed accept is the client's trouble, or too many open files, which pass.
        let Ok((socket, _)) = listener.accept().await else { continue };
        let service = service.clone();
        connections.spawn(async move {
            // A client that goes away ends its connection with an error.
            let _ended = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
