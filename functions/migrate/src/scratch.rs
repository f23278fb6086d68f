//! Databases for a moment: made beside the real one, on the same server, and dropped whatever happens.

use std::process::Stdio;

use shared::clock::Clock;
use shared::secret::hex;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::catalogue::{Catalogue, Difference, grantee};
use crate::deploy::deploy;
use crate::direct::{Access, close, connect};
use crate::error::MigrateError;
use crate::migration::Migration;
use crate::settings::Settings;

/// The start of every scratch database's name.
const PREFIX: &str = "migrate_scratch_";

/// What a killed run left is dropped by a later one; nobody works in a scratch database for so long.
const STALE_SECONDS: i64 = 24 * 60 * 60;

const STALE: &str = "
    select datname::text from pg_database
     where datname ~ '^migrate_scratch_[0-9]+_' and split_part(datname, '_', 3)::bigint < $1";

/// What a scratch database starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing.
    Empty,
    /// What the database of the settings has.
    Copy,
}

/// Does `work` with the settings of a scratch database, which is dropped afterwards, also after a failure.
pub(crate) async fn with_scratch<T>(
    settings: &Settings,
    start: Start,
    work: impl AsyncFnOnce(&Settings) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let source = database_name(settings).await?;
    let admin = maintenance(settings, &source).await?;
    drop_stale(&admin).await;
    let name = format!("{PREFIX}{}_{}", Clock::new(None).now().as_second(), random());
    let scratch = Settings { url: settings.url.clone().with_database(&name), ..settings.clone() };
    let outcome = match make(&admin, &name, &source, start, settings).await {
        Ok(()) => {
            // Whose it is, should somebody find it.
            let comment = format!("comment on database {name} is '{}'", source.replace('\'', "''"));
            drop(admin.batch_execute(&comment).await);
            work(&scratch).await
        }
        Err(error) => Err(error),
    };
    let dropped = admin.batch_execute(&format!("drop database if exists {name} with (force)")).await;
    close(admin).await;
    if let Err(error) = dropped {
        tracing::warn!("the scratch database {name} could not be dropped ({error}); drop it");
    }
    outcome
}

/// The catalogue that the migrations make out of nothing.
pub(crate) async fn expected_catalogue(
    settings: &Settings,
    migrations: &[Migration],
) -> Result<Catalogue, MigrateError> {
    with_scratch(settings, Start::Empty, async |scratch: &Settings| {
        let client = connect(scratch, Access::Write).await?;
        let deployed = deploy(&client, migrations, scratch).await;
        let catalogue = Catalogue::read(&client).await;
        close(client).await;
        deployed?;
        Ok(catalogue?)
    })
    .await
}

/// What differs, without the grants that a provider gives its own roles on everything.
pub(crate) fn relevant_differences(actual: &Catalogue, expected: &Catalogue) -> Vec<Difference> {
    let known: Vec<&str> = expected.grantees().collect();
    let mut differences = actual.differences(expected);
    differences.retain(|difference| grantee(&difference.object).is_none_or(|role| known.contains(&role)));
    differences
}

/// A session with another database of the same server: a database can neither be copied nor dropped from inside.
pub(crate) async fn maintenance(settings: &Settings, source: &str) -> Result<Client, MigrateError> {
    let other = if source == "postgres" { "template1" } else { "postgres" };
    let url = settings.url.clone().with_database(other);
    connect(&Settings { url, ..settings.clone() }, Access::Write).await
}

/// The name of the settings' database.
pub(crate) async fn database_name(settings: &Settings) -> Result<String, MigrateError> {
    let client = connect(settings, Access::Read).await?;
    let row = client.query_typed_one("select current_database()::text", &[]).await?;
    let name = row.try_get(0)?;
    close(client).await;
    Ok(name)
}

/// A name as SQL writes it.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A few random digits for a name.
pub(crate) fn random() -> String {
    let mut bytes = [0; 6];
    shared::ids::fill_random(&mut bytes);
    hex(&bytes)
}

async fn drop_stale(admin: &Client) {
    let before = Clock::new(None).now().as_second() - STALE_SECONDS;
    let stale = admin.query_typed(STALE, &[(&before, tokio_postgres::types::Type::INT8)]).await.unwrap_or_default();
    for name in stale.iter().filter_map(|row| row.try_get::<_, String>(0).ok()) {
        tracing::info!("dropping {name}, which a stopped run left");
        drop(admin.batch_execute(&format!("drop database if exists {} with (force)", quoted(&name))).await);
    }
}

async fn make(admin: &Client, name: &str, source: &str, start: Start, settings: &Settings) -> Result<(), MigrateError> {
    let template = if start == Start::Empty { "template0".to_owned() } else { quoted(source) };
    tracing::info!("making the scratch database {name}");
    let made = admin.batch_execute(&format!("create database {name} template {template}")).await;
    match made {
        // Somebody is connected: only a dump sees the database as it is at one moment.
        Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) && start == Start::Copy => {
            admin.batch_execute(&format!("create database {name} template template0")).await?;
            dump_and_restore(source, name, settings).await
        }
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Err(MigrateError::Request(format!(
            "no scratch database could be made ({error}): give the user of DIRECT_URL the right (alter role … createdb)"
        ))),
        made => Ok(made?),
    }
}

/// `pg_dump | pg_restore`. The password goes through the environment of the two, which only their user can read.
async fn dump_and_restore(source: &str, name: &str, settings: &Settings) -> Result<(), MigrateError> {
    let failed = |what: String| {
        MigrateError::Request(format!(
            "sessions are connected, so the database can't be copied as a template, and {what}: close the sessions, or run \
             this where pg_dump and pg_restore of the server's version are installed"
        ))
    };
    let url = settings.config.optional("DIRECT_URL").unwrap_or_default();
    let for_libpq =
        |database: &str| libpq_url(url, database).ok_or_else(|| failed("DIRECT_URL can't be given to pg_dump".into()));
    let (from, to) = (for_libpq(source)?, for_libpq(name)?);
    tracing::info!("sessions are connected: copying with pg_dump and pg_restore");
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
    match copied {
        Ok(outcome) => outcome.map_err(failed),
        Err(_) => Err(failed("the copying thread ended".to_owned())),
    }
}

fn copy(from: &LibpqUrl, to: &LibpqUrl) -> Result<(), String> {
    let program = |name: &str, url: &LibpqUrl, arguments: &[&str]| {
        let mut command = std::process::Command::new(program_path(name));
        command.args(arguments).arg("--dbname").arg(&url.without_password).env("PGPASSWORD", &url.password);
        command
    };
    let mut dump = program("pg_dump", from, &["--format=custom", "--compress=0"])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("pg_dump can't be run ({error})"))?;
    let Some(output) = dump.stdout.take() else { return Err("pg_dump has no output".to_owned()) };
    let restored = program("pg_restore", to, &["--exit-on-error", "--single-transaction"])
        .stdin(Stdio::from(output))
        .output()
        .map_err(|error| format!("pg_restore can't be run ({error})"));
    let dumped = dump.wait().map_err(|error| format!("pg_dump was lost ({error})"))?;
    let restored = restored?;
    if dumped.success() && restored.status.success() {
        return Ok(());
    }
    let says = String::from_utf8_lossy(&restored.stderr);
    Err(format!("pg_dump and pg_restore failed ({})", says.lines().next().unwrap_or("see above")))
}

/// The newest of the system's, as Debian keeps them out of the path.
fn program_path(name: &str) -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &std::path::Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).filter(|path| path.join("bin").join(name).exists());
    let newest = newest.max_by_key(|path| version(path));
    newest.map_or_else(|| name.into(), |path| path.join("bin").join(name))
}

struct LibpqUrl {
    without_password: String,
    password: String,
}

/// The URL of another database of the server as libpq takes it: it knows none of the providers' own parameters.
fn libpq_url(url: &str, database: &str) -> Option<LibpqUrl> {
    let mut parsed = url::Url::parse(url).ok()?;
    let password =
        percent_encoding::percent_decode_str(parsed.password().unwrap_or_default()).decode_utf8().ok()?.into_owned();
    parsed.set_password(None).ok()?;
    parsed.set_path(database);
    let known = ["sslmode", "sslrootcert", "channel_binding", "host", "port", "options"];
    let query: Vec<(String, String)> = parsed
        .query_pairs()
        .filter(|(name, _)| known.contains(&name.as_ref()))
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    parsed.query_pairs_mut().clear().extend_pairs(query);
    Some(LibpqUrl { without_password: parsed.to_string().trim_end_matches('?').to_owned(), password })
}
