//! A second server that follows the first, takes over from it, and is followed by it afterwards.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use tokio_postgres::SimpleQueryMessage;

use super::{Postgres, PostgresSettings, SUPERUSER, cluster, identifier, literal, start_server};
use crate::{
    command::run_as,
    error::{Doing, LocalError},
    server_user::{private_file, private_folder},
};

/// Seconds that a promotion may take.
const PROMOTION_SECONDS: u32 = 60;

/// Parameters of a server that is to have a replica, and to come back as one: what `pg_rewind` needs, and the log that the
/// other one still needs when its slot is gone with the old primary.
pub fn replicated() -> Vec<(&'static str, String)> {
    [("wal_log_hints", "on"), ("full_page_writes", "on"), ("wal_keep_size", "256MB")]
        .map(|(name, value)| (name, value.to_owned()))
        .into()
}

impl Postgres {
    /// Copies this running server and starts the copy, which follows it as `name`, with a replication slot of that name here.
    /// Waits until it answers.
    ///
    /// # Errors
    /// What `pg_basebackup` says, or the end of the copy's log.
    pub async fn replica(&self, name: &str, folder: PathBuf, log: PathBuf) -> Result<Self, LocalError> {
        let settings = PostgresSettings { folder, log, port: None, ..self.settings.clone() };
        let user = settings.user.as_ref();
        private_folder(&settings.folder, user)?;
        private_file(&settings.folder.join(cluster::PASSWORD), &self.password, user)?;
        // Renamed when complete, as `initdb`'s.
        let draft = settings.folder.join("data.new");
        let arguments = [
            format!("--pgdata={}", draft.display()),
            format!("--dbname={}", self.source(name)),
            format!("--slot={name}"),
            "--create-slot".to_owned(),
            "--wal-method=stream".to_owned(),
            "--write-recovery-conf".to_owned(),
            "--checkpoint=fast".to_owned(),
            "--no-sync".to_owned(),
        ];
        self.run("pg_basebackup", &arguments).await?;
        let data = settings.folder.join(cluster::DATA);
        fs::rename(&draft, &data).doing(|| format!("put {} into place", data.display()))?;
        Self::start(settings).await
    }

    /// Ends the following: from now on it takes writes, on a timeline of its own.
    ///
    /// # Errors
    /// When it is no replica, or is not promoted within a minute.
    pub async fn promote(&self) -> Result<(), LocalError> {
        let question = format!("select pg_promote(true, {PROMOTION_SECONDS})");
        let answer = self.connect("postgres").await?.simple_query(&question).await?;
        let promoted =
            |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"));
        match answer.iter().any(promoted) {
            true => Ok(()),
            false => Err(LocalError::said(format!("The replica was not promoted within {PROMOTION_SECONDS} s."))),
        }
    }

    /// Comes back after its end as a replica of the server that took over. What only it has is lost: nobody was told of it,
    /// if commits waited for the other.
    ///
    /// # Errors
    /// When it still runs, or what `pg_rewind` says.
    pub async fn follow(&mut self, primary: &Postgres, name: &str) -> Result<(), LocalError> {
        if self.process.is_running() {
            return Err(LocalError::said("The old primary still runs: stop it first."));
        }
        let there = primary.connect("postgres").await?;
        // Until PostgreSQL 16 the new timeline is known to `pg_rewind` only after a checkpoint.
        there.batch_execute("checkpoint").await?;
        let slot = literal(name);
        there
            .simple_query(&format!(
                "select pg_create_physical_replication_slot({slot}, true)
                  where not exists (select from pg_replication_slots where slot_name = {slot})"
            ))
            .await?;
        let data = self.settings.folder.join(cluster::DATA);
        // After a crash `pg_rewind` first recovers the old data, with the settings that it finds in the folder.
        set(&data, "wal_log_hints", "on")?;
        let arguments = [
            format!("--target-pgdata={}", data.display()),
            format!("--source-server={} dbname=postgres", primary.source(name)),
            "--write-recovery-conf".to_owned(),
            "--no-sync".to_owned(),
        ];
        primary.run("pg_rewind", &arguments).await?;
        // The other's settings have come along, and with them the slot that it once had here.
        set(&data, "primary_slot_name", name)?;
        self.process = start_server(&self.settings, self.port, &self.password).await?;
        Ok(())
    }

    /// Which replicas have to confirm a commit before anybody hears of it (`synchronous_standby_names`); none when empty.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn require_replicas(&self, names: &[&str]) -> Result<(), LocalError> {
        let names: Vec<_> = names.iter().map(|name| identifier(name)).collect();
        let admin = self.connect("postgres").await?;
        // One by one: it is refused inside a transaction.
        admin
            .batch_execute(&format!("alter system set synchronous_standby_names = {}", literal(&names.join(", "))))
            .await?;
        Ok(admin.batch_execute("select pg_reload_conf()").await?)
    }

    /// How PostgreSQL's programs and `name`, which follows, find this server. The password is in [`Postgres::run`]'s environment.
    fn source(&self, name: &str) -> String {
        format!("host=127.0.0.1 port={} user={SUPERUSER} application_name={name}", self.port)
    }

    /// Runs one of PostgreSQL's programs that logs in here.
    async fn run(&self, program: &str, arguments: &[String]) -> Result<(), LocalError> {
        let mut environment = self.settings.tools.environment();
        // On a command line everybody on the machine could read it.
        environment.insert("PGPASSWORD".to_owned(), self.password.clone());
        let user = self.settings.user.as_ref();
        run_as(self.settings.tools.program(program), arguments, &environment, user).await?;
        Ok(())
    }
}

/// Sets a parameter of a stopped server; the last line counts.
fn set(data: &Path, name: &str, value: &str) -> Result<(), LocalError> {
    let path = data.join("postgresql.auto.conf");
    let file = OpenOptions::new().append(true).open(&path);
    file.and_then(|mut file| writeln!(file, "{name} = {}", literal(value)))
        .doing(|| format!("write {}", path.display()))
}
