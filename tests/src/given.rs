//! What `cargo dev test` has prepared: servers, a migrated template database, built functions.

use std::path::PathBuf;

/// Tests run beside each other on few cores.
const INSTANCES_PER_FUNCTION: usize = 3;

/// What the tests find in their environment.
#[derive(Clone)]
pub struct Given {
    /// The superuser's URL, not pooled, without a database at the end.
    pub direct: String,
    /// The functions' URL through PgBouncer, without a database at the end.
    pub pooled: String,
    /// The monitoring role's URL, not pooled, without a database at the end.
    pub monitor: String,
    /// What follows the database in these three, such as `?target_session_attrs=read-write`.
    pub parameters: &'static str,
    /// A migrated database to copy.
    pub template: String,
    /// A database to use as it is, instead of a copy.
    pub database: Option<String>,
    /// The folder with the functions' binaries.
    pub binaries: PathBuf,
    /// A folder that the servers' account can reach, for servers of a test's own; `cargo dev test` removes it.
    pub folder: PathBuf,
    /// Where the functions' mails go (`MAIL_URL`); a folder of each stack's own without it.
    pub mail_url: Option<String>,
    /// Further variables of the functions.
    pub variables: Vec<(String, String)>,
    /// The most instances of one function.
    pub instances_per_function: usize,
    /// Python, for scripts of the tests.
    pub python: PathBuf,
    /// What `PYTHONPATH` has to be for them.
    pub python_path: PathBuf,
    /// Node, for scripts of the tests.
    pub node: PathBuf,
    /// The folder with `node_modules` for them.
    pub node_folder: PathBuf,
}

impl Given {
    /// Reads it, or says how to run the tests.
    pub fn get() -> Self {
        Given {
            direct: without_database(&variable("TEST_DIRECT_URL")),
            pooled: without_database(&variable("TEST_POOLED_URL")),
            monitor: without_database(&variable("TEST_MONITOR_URL")),
            parameters: "",
            template: variable("TEST_TEMPLATE_DATABASE"),
            database: None,
            binaries: variable("TEST_BINARIES").into(),
            folder: variable("TEST_FOLDER").into(),
            mail_url: None,
            variables: Vec::new(),
            instances_per_function: INSTANCES_PER_FUNCTION,
            python: variable("TEST_PYTHON").into(),
            python_path: variable("TEST_PYTHONPATH").into(),
            node: variable("TEST_NODE").into(),
            node_folder: variable("TEST_NODE_FOLDER").into(),
        }
    }
}

/// The project's root.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[expect(clippy::disallowed_methods, clippy::panic, reason = "the tests' own set-up, given by `cargo dev test`")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo dev test`"))
}

fn without_database(url: &str) -> String {
    url.rsplit_once('/').map_or(url, |(base, _)| base).to_owned()
}
