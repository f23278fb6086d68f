//! Where the backups of one stack lie: an object store that a test may stop and start again.

use std::path::PathBuf;

use local::object_store::{ObjectStore, ObjectStoreSettings};

use crate::given::Given;

const KEY: &str = "key";
const SECRET: &str = "secret";

/// An object store with the bucket of the backups.
pub struct Backups {
    folder: PathBuf,
    endpoint: String,
    store: Option<ObjectStore>,
}

impl Backups {
    /// Starts one of this test's own.
    #[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
    pub async fn start() -> Self {
        let folder = Given::get().folder.join(shared::ids::new_id("s3", shared::Clock::default().now()));
        let store = open(&folder, None).await;
        if let Err(error) = store.create_bucket("backups") {
            panic!("no bucket: {error}");
        }
        Backups { folder, endpoint: store.url(), store: Some(store) }
    }

    /// What the functions have to be told.
    #[expect(clippy::disallowed_methods, reason = "pg_dump is where whoever runs the tests has it")]
    pub fn variables(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let pairs = [
            ("S3_ENDPOINT", self.endpoint.as_str()),
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("PATH", &path),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Stops it.
    pub async fn down(&mut self) {
        if let Some(store) = self.store.take() {
            store.stop().await;
        }
    }

    /// Starts it again, at the same place.
    pub async fn up(&mut self) {
        let port = self.endpoint.rsplit(':').next().and_then(|port| port.parse().ok());
        self.store = Some(open(&self.folder, port).await);
    }
}

#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
async fn open(folder: &std::path::Path, port: Option<u16>) -> ObjectStore {
    let (access_key, secret_key) = (KEY.to_owned(), SECRET.to_owned());
    let settings = ObjectStoreSettings { folder: folder.to_owned(), port, access_key, secret_key };
    ObjectStore::start(settings).await.unwrap_or_else(|error| panic!("no object store: {error}"))
}
