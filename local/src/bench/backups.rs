//! Backup and restore against plain `pg_dump` and `pg_restore` with a file, on the same database, one after the other in turns.
//! Ours do more: they store over HTTP, hash what they store and count and hash every row; a restore reads the object twice and
//! compares every table.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Serialize;

use super::{bundles::ACCESS_KEY, median};
use crate::{
    command::run_as, connection::Connection, database::deploy, error::LocalError, postgres::Postgres, servers::Servers,
    table::Table, tools::PostgresTools,
};

/// The ledger's entries.
const ENTRIES: u32 = 400_000;
/// Runs of each, of which the median is told.
const ROUNDS: usize = 3;
const DATABASE: &str = "bench_backup";
const BUCKET: &str = "backups";

/// One way there or back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measured {
    what: &'static str,
    database_megabytes: f64,
    seconds: f64,
    plain_seconds: f64,
    ratio: f64,
}

/// What runs the programs.
struct Stand<'a> {
    postgres: &'a Postgres,
    tools: &'a PostgresTools,
    backup: PathBuf,
    file: PathBuf,
    environment: BTreeMap<String, String>,
}

/// Fills a database and measures.
pub(super) async fn measure(
    servers: &Servers,
    tools: &PostgresTools,
    binaries: &Path,
    folder: &Path,
) -> Result<Vec<Measured>, LocalError> {
    let postgres = &servers.postgres;
    postgres.create_database(DATABASE, None).await?;
    let url = postgres.url(DATABASE);
    deploy(binaries, &url).await?;
    let database = Connection::open(&url).await?;
    database.batch_execute(&filling()).await?;
    let size = database.query_typed_one("select pg_database_size(current_database())::float8 / 1e6", &[]).await?;
    let megabytes: f64 = size.try_get(0)?;
    drop(database);
    servers.object_store.create_bucket(BUCKET)?;

    let stand = Stand {
        postgres,
        tools,
        backup: binaries.join("backup"),
        file: folder.join("plain.dump"),
        environment: environment(&url, servers, tools),
    };
    let mut seconds = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (all, one) in seconds.iter_mut().zip(stand.round(&url).await?) {
            all.push(one);
        }
    }
    let [plain_dump, dump, plain_restore, restore] = seconds.map(median);
    let measured = |what, seconds: f64, plain_seconds: f64| Measured {
        what,
        database_megabytes: megabytes,
        seconds,
        plain_seconds,
        ratio: seconds / plain_seconds,
    };
    Ok(vec![measured("backup", dump, plain_dump), measured("restore", restore, plain_restore)])
}

impl Stand<'_> {
    /// Seconds of `pg_dump`, our backup, `pg_restore`, our restore.
    async fn round(&self, url: &str) -> Result<[f64; 4], LocalError> {
        let file = self.file.display().to_string();
        let plain_dump =
            self.timed(self.tools.program("pg_dump"), &["-Fc", "-Z1", "--file", &file, "--dbname", url]).await?;
        let backup = self.timed(&self.backup, &["backup", "--kind", "pre-migration"]).await?;
        self.postgres.create_database("bench_plain", None).await?;
        let target = self.postgres.url("bench_plain");
        let plain_restore = self.timed(self.tools.program("pg_restore"), &["--dbname", &target, &file]).await?;
        let restore = self.timed(&self.backup, &["restore", "--from", "latest", "--into", "bench_restored"]).await?;
        self.postgres.drop_database("bench_plain").await?;
        self.postgres.drop_database("bench_restored").await?;
        Ok([plain_dump, backup, plain_restore, restore])
    }

    async fn timed(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Result<f64, LocalError> {
        let began = Instant::now();
        run_as(program, arguments, &self.environment, None).await?;
        Ok(began.elapsed().as_secs_f64())
    }
}

fn environment(url: &str, servers: &Servers, tools: &PostgresTools) -> BTreeMap<String, String> {
    let (key, secret) = ACCESS_KEY;
    let endpoint = servers.object_store.url();
    let programs = tools.bin.display().to_string();
    let pairs = [
        ("ENVIRONMENT", "test"),
        ("DIRECT_URL", url),
        ("BACKUP_BUCKET", BUCKET),
        ("S3_ENDPOINT", &endpoint),
        ("AWS_REGION", "eu-west-2"),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("PG_BIN", &programs),
    ];
    let ours = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ours.into_iter().chain(tools.environment()).collect()
}

/// Ids and digests of rows as they are made, so that they compress as real ones do.
fn filling() -> String {
    format!(
        "insert into users (id, created_at) select 'user_' || md5(n::text), now() from generate_series(1, 1000) n;
         insert into user_token_balances
             (user_id, balance, total_earned, transaction_count, last_regeneration, created_at)
         select id, {each}, {each}, {each}, now(), now() from users;
         insert into token_transactions
             (user_id, entry_number, id, amount, type, source, event_key, balance_after, created_at)
         select 'user_' || md5(p::text), n, 'txn_' || md5(p || '-' || n), 1, 'EARN_BONUS', 'bench',
                'bench:' || md5(n || ':' || p), n, now() - n * interval '1 minute'
           from generate_series(1, 1000) p, generate_series(1, {each}) n;
         analyze",
        each = ENTRIES / 1_000,
    )
}

/// The table of backups.
pub(super) fn table(measured: &[Measured]) -> Table {
    let columns = ["", "database MB", "seconds", "MB/s", "pg_dump, pg_restore", "×"];
    let mut table = Table::new(
        "Backup into the object store and restore out of it, against pg_dump and pg_restore with a file (medians)",
        &columns,
    );
    for one in measured {
        table.row(vec![
            one.what.to_owned(),
            format!("{:.0}", one.database_megabytes),
            format!("{:.1}", one.seconds),
            format!("{:.0}", one.database_megabytes / one.seconds),
            format!("{:.1}", one.plain_seconds),
            format!("{:.2}", one.ratio),
        ]);
    }
    table
}
