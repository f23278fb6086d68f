//! The archived log and a base backup: what a server of one's own needs to go back to any moment, as managed ones do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Postgres, PostgresSettings, cluster};
use crate::command::run_as;
use crate::connection::Connection;
use crate::error::{Doing, LocalError};
use crate::server_user::{ServerUser, private_file, private_folder};

/// How long a finished segment may take to be copied, and a copy to get as far as it is to go.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);

/// Where a server copies its log to.
pub struct Archive {
    folder: PathBuf,
    user: Option<ServerUser>,
}

impl Archive {
    /// Makes the folder.
    ///
    /// # Errors
    /// It can't be made.
    pub fn new(folder: PathBuf, user: Option<ServerUser>) -> Result<Self, LocalError> {
        private_folder(&folder, user.as_ref())?;
        Ok(Self { folder, user })
    }

    /// The folder, with a file per segment of the log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has the server copy its log from now on, as `deploy/postgresql.conf` says. Restarts it.
    ///
    /// # Errors
    /// The server's.
    pub async fn switch_on(&self, server: &mut Postgres) -> Result<(), LocalError> {
        let folder = self.folder.display();
        let client = server.connect("postgres").await?;
        client.batch_execute("alter system set archive_mode = on").await?;
        let copy = format!("alter system set archive_command = 'test ! -f {folder}/%f && cp %p {folder}/%f'");
        client.batch_execute(&copy).await?;
        drop(client);
        server.restart().await
    }

    /// Copies the running server's data into the folder of another one, which [`Archive::restore`] then starts.
    ///
    /// # Errors
    /// What `pg_basebackup` says.
    pub async fn base_backup(&self, server: &Postgres, copy: &PostgresSettings) -> Result<(), LocalError> {
        let user = self.user.as_ref();
        private_folder(&copy.folder, user)?;
        let data = copy.folder.join(cluster::DATA).display().to_string();
        let url = server.url("postgres");
        let arguments = ["-d", &url, "-D", &data, "--checkpoint=fast"];
        run_as(copy.tools.program("pg_basebackup"), &arguments, &copy.tools.environment(), user).await?;
        private_file(&copy.folder.join(cluster::PASSWORD), &server.password, user)
    }

    /// Waits until all that the server has written so far is in the archive.
    ///
    /// # Errors
    /// It does not get there; or a copy has failed.
    pub async fn catch_up(&self, server: &Postgres) -> Result<(), LocalError> {
        let client = server.connect("postgres").await?;
        let last = client.query_typed_one("select pg_walfile_name(pg_switch_wal())", &[]).await?;
        let last: String = last.try_get(0)?;
        let there = format!("select coalesce(last_archived_wal >= '{last}', false) from pg_stat_archiver");
        wait_until(&client, &there, "the log is not archived: look at archive_command in the server's log").await
    }

    /// Starts a copy whose base backup is in its folder, as the server was right before `moment`, a time as PostgreSQL
    /// writes it. It takes writes, archives nothing and waits for no replica.
    ///
    /// # Errors
    /// The copy does not start or does not get there; its log says why.
    pub async fn restore(&self, copy: PostgresSettings, moment: &str) -> Result<Postgres, LocalError> {
        let user = self.user.as_ref();
        let data = copy.folder.join(cluster::DATA);
        let settings = data.join("postgresql.auto.conf");
        let before = fs::read_to_string(&settings).doing(|| format!("read {}", settings.display()))?;
        let recovery = format!(
            "{before}\narchive_mode = off\nsynchronous_standby_names = ''\nrestore_command = 'cp {}/%f %p'\nrecovery_target_time = '{moment}'\n\
             recovery_target_inclusive = off\nrecovery_target_action = promote\n",
            self.folder.display()
        );
        private_file(&settings, &recovery, user)?;
        private_file(&data.join("recovery.signal"), "", user)?;
        let server = Postgres::start(copy).await?;
        let client = server.connect("postgres").await?;
        wait_until(&client, "select not pg_is_in_recovery()", "the copy does not reach the moment").await?;
        Ok(server)
    }
}

async fn wait_until(client: &Connection, question: &str, otherwise: &str) -> Result<(), LocalError> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if client.query_typed_one(question, &[]).await?.try_get(0)? {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(LocalError::said(otherwise.to_owned()));
        }
        sleep(PAUSE).await;
    }
}
